//! What is drawn beside the points and what pointers mean: arithmetic of the screen, in CSS pixels.
//!
//! Components measure and draw; where things lie, what a drag asks for and which rows a list has is decided here.

mod axes;
mod brush;
mod caption;
mod category_rows;
mod contour;
mod de_sort;
mod density;
mod extent;
mod gene_layout;
mod gesture;
mod histogram;
mod labels;
mod legend;
mod other_effects;
mod outline;
mod rectangle;
mod rows;
mod sample_sort;
mod sheet;
mod svg;
mod text;
mod typing;

pub use axes::{AXIS_BELOW_PX, AXIS_LEFT_PX, AxisMarks, AxisPlace, AxisText};
pub use brush::{Axis, BoundError, BrushChange, BrushPhase, End, Grip, Span, number};
pub use caption::{Align, Caption, Mark, TextStyle};
pub use category_rows::{BarPart, CategoryLabels, CategoryValue, RowOrder, Rows, ValueCount, bar_background};
pub use de_sort::{DeColumn, DeSort};
pub use density::{Contour, DensityGrid};
pub use gene_layout::{GeneLabel, GeneLayout, GeneTick, MARGIN_PX, Point, Rect};
pub use gesture::{Gesture, HeldKeys, Intent, Wheel};
pub use histogram::{BarCount, Bars, CountScale, HISTOGRAM_HEIGHT, bar_path};
pub use labels::{LABEL_HALF_HEIGHT_PX, unobstructed};
pub use legend::{LegendEntry, LegendModel, NO_VALUE, range_text, scale_texts};
pub use other_effects::{Agreement, OtherEffects, Standing};
pub use outline::closed_path;
pub use rectangle::{RectangleError, typed_rectangle};
pub use rows::{RowWindow, key_onward, row_by_key, scroll_to_show};
pub use sample_sort::{SampleColumn, SampleSort};
pub use sheet::{HEAD_HEIGHT_PX, SheetPlaces, n_grid_columns};
pub use svg::{
    CONTOUR_FILL, CONTOUR_LINE, CONTOUR_PX, SvgPanel, SvgPicture, TITLE_HEIGHT_PX, TITLE_LEFT_PX, xml_escaped,
};
pub use text::{fitted, free_name, gene_names, wrong_name};
pub use typing::{takes_key, takes_text};
