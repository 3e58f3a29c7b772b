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
//! What needs no GPU is `explorer-points`: the viewport's algebra ([`Camera`]), the dots' size ([`point_diameter_px`]),
//! picking ([`pick_cpu`]) and the twins of the shaders ([`cpu`]).

mod budget;
mod chunks;
mod compute_paths;
mod error;
mod gpu;
mod passes;
mod pixel_box;
mod points;
mod readback;
mod render_path;
mod renderer;
mod runs;
mod target;

pub use budget::{Completion, FrameBudget, Pace, Ration, Resolution};
pub use chunks::InView;
pub use error::RenderError;
pub use explorer_points::{
    Backdrop, Bounds, Camera, DrawMode, EMBEDDING_MAX, FrameParams, MAX_POINTS, PickScene, PointPosition, PointStyle,
    StyleChange, Viewport, cpu, pick_cpu, point_diameter_px,
};
pub use gpu::{Backend, Gpu};
pub use readback::Image;
pub use render_path::{Compute, RenderPath, choose_render_path};
pub use renderer::{RenderOutcome, Renderer};
/// What a surface is made of: `SurfaceTarget::Canvas(canvas)` in a page.
pub use wgpu::SurfaceTarget;

#[cfg(test)]
mod tests {
    use super::{Camera, DrawMode, FrameParams, Viewport};

    /// A frame of a small picture.
    pub fn params() -> FrameParams {
        FrameParams {
            camera: Camera { center: [32767.25, 32767.75], span: 65534.0 },
            viewport: Viewport::from_css(100.0, 80.0, 2.0),
            point_diameter_px: 3.0,
            unselected: ([128; 3], 0.8),
            highlight: None,
            background: [250, 251, 252],
            prefix: 1000,
            mode: DrawMode::Points,
            backdrop: None,
        }
    }
}
