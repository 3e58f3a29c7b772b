//! What is drawn beside the points and what pointers mean: arithmetic of the screen, in CSS pixels.
//!
//! Components measure and draw; where things lie, what a drag asks for and which rows a list has is decided here.

mod brush;
mod caption;
mod category_rows;
mod gesture;
mod histogram;
mod labels;
mod legend;
mod text;
mod volcano;

pub use brush::{Axis, BrushChange, BrushPhase, End, Grip, Span};
pub use caption::{Align, Caption, Mark, TextStyle};
pub use category_rows::{BarPart, CategoryValue, RowOrder, ValueCount, category_rows};
pub use gesture::{Gesture, HeldKeys, Intent};
pub use histogram::{Bars, CountScale, HISTOGRAM_HEIGHT, bar_path};
pub use labels::{LABEL_HALF_HEIGHT_PX, unobstructed};
pub use legend::{LegendEntry, LegendModel};
pub use text::fitted;
pub use volcano::{MARGIN_PX, Point, Rect, VolcanoLabel, VolcanoLayout, ticks};
