//! Points, the camera on them and the frame that shows them, and how they are drawn without a GPU.
//!
//! [`cpu`] has the twins of the renderer's shaders: for tests, and for what draws where there is no device. Pure.

mod camera;
pub mod cpu;
mod frame;
mod pick;
mod point;
mod point_size;

pub use camera::{Bounds, Camera, EMBEDDING_MAX, Viewport};
pub use frame::{Backdrop, DrawMode, FrameParams, FrameUniform, SINGLE_PIXEL_RADIUS_DPX};
pub use pick::{PickScene, pick_cpu};
pub use point::{MAX_POINTS, PointPosition, PointStyle, StyleChange};
pub use point_size::point_diameter_px;
