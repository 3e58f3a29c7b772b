//! Draws millions of points with wgpu: positions and styles in, a frame out.
//!
//! The crate knows no biology and no page. A document opens one device ([`Gpu`]) and makes a [`Renderer`] for each canvas.
//! Its owner orders the points so that every prefix is a
//! fair random sample, uploads them once ([`Renderer::write_positions`],
//! [`Renderer::write_styles`], [`Renderer::set_lut`]) and then hands over one [`FrameParams`] per
//! frame. All that varies between frames is in there.
//!
//! Two paths lead to the same picture:
//!
//! * **splat** (needs compute shaders): a compute pass writes `order | point index` for every
//!   pixel into an index buffer, a resolve pass colors the pixels. Recoloring, highlighting and
//!   picking then cost pixels, not points. Dense scenes take it, see [`choose_render_path`].
//! * **quads** (anything, WebGL2 included): one anti-aliased instanced quad per point. Sparse
//!   scenes with large dots take it everywhere, WebGL2 always.
//!
//! The pure parts need no GPU and are tested without one: the viewport's algebra ([`Camera`]), the
//! dots' size ([`point_diameter_px`]), the frame budget ([`FrameBudget`]), picking
//! ([`pick_cpu`]) and the twins of the shaders ([`cpu`]).

mod budget;
mod camera;
mod chunks;
mod compute_paths;
pub mod cpu;
mod error;
mod frame;
mod gpu;
mod passes;
mod pick;
mod pixel_box;
mod point;
mod point_size;
mod points;
mod readback;
mod render_path;
mod renderer;
mod runs;
mod target;

pub use budget::{Completion, FrameBudget, Pace, Ration, Resolution};
pub use camera::{Bounds, Camera, EMBEDDING_MAX, Viewport};
pub use chunks::InView;
pub use error::RenderError;
pub use frame::{DrawMode, FrameParams};
pub use gpu::{Backend, Gpu};
pub use pick::{PickScene, pick_cpu};
pub use point::{MAX_POINTS, PointPosition, PointStyle, StyleChange};
pub use point_size::point_diameter_px;
pub use readback::Image;
pub use render_path::{Compute, RenderPath, choose_render_path};
pub use renderer::{RenderOutcome, Renderer};
/// What a surface is made of: `SurfaceTarget::Canvas(canvas)` in a page.
pub use wgpu::SurfaceTarget;
