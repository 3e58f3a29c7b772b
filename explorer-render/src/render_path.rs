//! Which of the two paths to the picture a frame takes.

use crate::budget::Completion;
use explorer_points::DrawMode;

/// A way from points to pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenderPath {
    /// Compute pass into the index buffer, then a resolve pass.
    Splat,
    /// One instanced quad per point.
    Quads,
    /// Compute pass that counts points per pixel, then a tone map.
    Density,
}

impl RenderPath {
    /// What a [`crate::FrameBudget`] must know of the path.
    #[must_use]
    pub fn completion(self) -> Completion {
        match self {
            Self::Splat | Self::Density => Completion::Incremental,
            Self::Quads => Completion::Redraw,
        }
    }
}

/// The most points for which quads are taken whatever their size.
const FEW_POINTS: u32 = 5_000;
/// The most points for which quads are taken when dots are large.
const MANY_QUADS: u32 = 100_000;
/// The diameter from which on the edge between two dots is seen, and quads draw it best.
const LARGE_DOT_DPX: f64 = 5.0;
/// The diameter from which on a dot has more pixels than one thread should go over: spots of a tissue from close by.
const HUGE_DOT_DPX: f64 = 256.0;

/// The path for a frame of `n_points` (all of them, not the prefix drawn, so that a moving picture
/// does not switch paths) of a diameter in device pixels.
///
/// A device without compute shaders draws quads, density included. With them, quads are for few
/// points or large dots, where they look best; on a software adapter a million quads took 6 300 to
/// 8 700 ms and a million splats 100 to 310 ms.
#[must_use]
pub fn choose_render_path(compute: Compute, mode: DrawMode, n_points: u32, diameter_dpx: f64) -> RenderPath {
    match (compute, mode) {
        (Compute::Missing, _) => RenderPath::Quads,
        (Compute::Present, DrawMode::Density) => RenderPath::Density,
        (Compute::Present, DrawMode::Points) => {
            let large = diameter_dpx >= LARGE_DOT_DPX;
            let huge = diameter_dpx >= HUGE_DOT_DPX;
            if n_points <= FEW_POINTS || (large && n_points <= MANY_QUADS) || huge {
                RenderPath::Quads
            } else {
                RenderPath::Splat
            }
        }
    }
}

/// Whether a device runs compute shaders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compute {
    /// It does: WebGPU.
    Present,
    /// It does not: WebGL2.
    Missing,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dense_scenes_splat_and_sparse_ones_draw_quads() {
        let path =
            |n_points, diameter_dpx| choose_render_path(Compute::Present, DrawMode::Points, n_points, diameter_dpx);
        assert_eq!(path(700, 2.0), RenderPath::Quads);
        assert_eq!(path(70_000, 2.5), RenderPath::Splat);
        assert_eq!(path(70_000, 8.0), RenderPath::Quads);
        assert_eq!(path(1_000_000, 12.0), RenderPath::Splat);
        assert_eq!(path(1_000_000, 300.0), RenderPath::Quads);
    }

    #[test]
    fn without_compute_there_are_only_quads() {
        for mode in [DrawMode::Points, DrawMode::Density] {
            assert_eq!(choose_render_path(Compute::Missing, mode, 1_000_000, 1.0), RenderPath::Quads);
        }
    }
}
