//! What stands below the picture: the result that is open.

mod announcement;
mod comparison;
mod comparison_parts;
mod markers;
mod plot;

pub use announcement::Announcement;
pub use comparison::ComparisonPanel;
pub use markers::{MarkersPanel, find_markers};
pub use plot::PlotPanel;
