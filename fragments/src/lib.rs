//! Files of ATAC fragments: checked against the cells that they are of as the CELLxGENE schema (7.1.0) wants, sorted,
//! compressed in blocks and indexed.
//!
//! A file of fragments is text of five columns under gzip: chromosome, start, stop, barcode, number of reads. It may have
//! billions of rows, so it is read once, sorted by way of a [`Scratch`], and never held in memory. What is wrong is told
//! once a cause, with counts and the first rows; [`Finding::compat`] has the words of `cellxgene-schema`.
//!
//! Nothing here opens a file: bytes come and go by [`std::io`]'s traits.

mod cells;
mod finding;
mod genome;
mod process;
mod row;
mod scratch;
mod sort;

pub use cells::{Cells, Primary};
pub use finding::{Finding, Rule};
pub use genome::{GENOMES, Genome, Requirement, requirement_of_assay};
pub use process::{FragmentError, Indexed, Processed, process};
pub use scratch::{MemoryScratch, Scratch};
