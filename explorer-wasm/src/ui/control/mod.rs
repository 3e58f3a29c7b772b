//! The small parts that every panel is made of.

mod button;
mod checkbox;
mod cut;
mod dialog;
mod file_drop;
mod focus;
mod hint;
mod menu;
mod popover;
mod progress;
mod search_field;
mod segmented;
mod select;
mod size;
mod splitter;
mod virtual_list;
mod wrong;

pub use button::{Button, ButtonKind, IconButton};
pub use checkbox::{Check, Checkbox};
pub use cut::Cut;
pub use dialog::Dialog;
pub use file_drop::{FileButton, FileDrop};
pub(crate) use focus::{focus, focus_soon, keep_focus};
pub use hint::HintLayer;
pub use menu::{Menu, MenuItem, MenuItems};
pub use popover::Popover;
pub(crate) use popover::unique_id;
pub use progress::Progress;
pub use search_field::SearchField;
pub use segmented::{Segment, Segmented};
pub use select::{Choice, Select, SelectField};
pub(crate) use size::watch_size;
pub use splitter::{Grows, Splitter};
pub(crate) use virtual_list::TabStop;
pub use virtual_list::{VirtualList, row_height_px};
pub(crate) use wrong::Wrong;
