//! What stands below the picture: the result that is open.

mod comparison;
mod markers;

pub use comparison::ComparisonPanel;
pub use markers::{MarkersPanel, find_markers};
