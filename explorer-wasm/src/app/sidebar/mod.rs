//! What stands beside the picture: columns on the left; genes, sets and comparisons on the right.

mod category;
mod cell_sets;
mod gene_sets;
mod genes;
mod obs;
mod own_columns;

pub use cell_sets::Sets;
pub use gene_sets::GeneSetSection;
pub use genes::Genes;
pub use obs::ObsColumns;
pub use own_columns::OwnLabelDialog;
