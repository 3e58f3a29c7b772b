//! The one reader of datasets: what a dataset holds, by meaning, from wherever its tiles come.
//!
//! [`Tiles`] is all that a host has to offer: the verified bytes of some tiles of a pack. [`Dataset`] makes of it
//! columns, genes, positions and moments; [`Dataset::sum`] adds up a share of a comparison. The page, its workers, the
//! server, the command line and the tests all read through it.

mod by_group;
mod columns;
mod error;
mod expression;
pub mod fetch;
mod find_cells;
mod gene_pass;
mod label_set;
pub(crate) mod lookup;
mod marker_share;
mod open;
mod points;
mod portrait;
mod share;
mod subset;
mod sums;
mod tiles;
mod tissue;

pub use error::{Damage, DatasetError};
pub use find_cells::FoundCells;
pub use label_set::LabelSet;
pub use marker_share::{MarkerShare, label_tiles};
pub use open::Dataset;
pub use points::{frame, space};
pub use share::{Share, Task, shares_of_genes};
pub use subset::{LEFT_OUT, MOST_IMAGE_BYTES, SubsetCells, SubsetEstimate, SubsetMatrix};
pub use tiles::{Pace, Priority, Tiles};
pub use tissue::{RgbaImage, Tissue};
