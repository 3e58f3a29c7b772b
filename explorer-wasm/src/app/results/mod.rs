//! What stands below the picture: the result that is open.

mod announcement;
mod answer;
mod comparison;
mod markers;
mod plot;

pub use announcement::Announcement;
pub use answer::AnswerPanel;
pub use comparison::ComparisonPanel;
pub use markers::{MarkersPanel, find_markers};
pub use plot::PlotPanel;
