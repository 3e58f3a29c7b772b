//! Cells by group, and what genes come to in each group.
//!
//! A [`Grouping`] says which groups there are, [`GroupedCells`] also which cell is in which. The sums of genes by group
//! are a [`GroupTable`], how their values lie a [`Spread`]; [`cluster_order`] brings like rows together.

mod cells;
mod cluster;
mod spread;
mod table;

pub use cells::{ColumnOfLabels, Group, GroupColumn, GroupedCells, Grouping, GroupingError, MOST_GROUPS, NO_GROUP};
pub use cluster::cluster_order;
pub use spread::{N_DENSITIES, Spread};
pub use table::GroupTable;
pub(crate) use table::summaries_of_tile;
