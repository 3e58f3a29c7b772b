//! Making summaries, and adding them up.

mod cells;
mod counts;
mod error;
mod part;
mod spool;
mod summarize;

pub use cells::{CellColumn, CellTable, Choices};
pub use counts::{Counts, H5adCounts, Majors};
pub use error::SummaryError;
pub use part::PartWriter;
pub use summarize::{GENERATOR, Input, Summary, Terms, compact, manifest, summarize, write_manifest};
