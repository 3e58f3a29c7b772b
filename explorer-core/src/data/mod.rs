//! The typed columns that everything computes on.
//!
//! All columns of a dataset have length `n_obs` and share one cell order, the *storage order* of
//! the tiles: cell `i` of any column is cell `i` of every other.

pub mod assemble;
mod column;
mod embedding;
mod gene_names;
mod gene_values;
mod label_order;
mod mean;
mod number_labels;
mod numbers;
mod orientation;
mod projection;
mod rows;
mod scatter;
mod sparse;

pub use column::{Categorical, CellIdx, CellRow, Codes, Column, Continuous, FileColumn, GeneIdx};
pub use embedding::{Depth, Embedding, Frame, MAX_UNIT, NO_POSITION};
pub use gene_names::{GeneFinder, GeneNames};
pub use gene_values::GeneValues;
pub use label_order::label_order;
pub use mean::GeneSum;
pub use number_labels::{MOST_NUMBER_LABELS, NumberLabels, number_label, number_of_label};
pub use numbers::{Number, Numbers, fit_f32};
pub use orientation::{NoOrientation, Orientation};
pub use projection::{Projection, Space, priority_of_depth};
pub use rows::CellRows;
pub use scatter::{PLOT_FRAME, PlotRanges, scatter_positions};
pub use sparse::SparseVec;
