//! Where data become points: the only module that knows both the data and the renderer.

mod scene;
mod stale;
mod tissue;
mod view;

use explorer_render::Backend;
pub use explorer_render::Bounds;

pub use scene::Scene;
pub use tissue::{TissueLayer, most_pixels};
pub use view::{Plane, View};

/// Which device draws: WebGPU's where this program can and nobody asks for `webgl2`.
pub fn backend(asked: Option<&str>) -> Backend {
    if asked == Some(WEBGL2) || cfg!(not(feature = "webgpu")) { Backend::WebGl2 } else { Backend::WebGpu }
}

/// What a page's address says to have WebGL2 draw.
pub const WEBGL2: &str = "webgl2";
