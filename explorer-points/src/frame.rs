//! What varies from frame to frame, and its mirror in the renderer's `shaders/uniforms.wgsl`.

use crate::camera::{Bounds, Camera, Viewport};
use bytemuck::{Pod, Zeroable};

/// What is drawn of the points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DrawMode {
    /// A dot per point in the color of its style.
    #[default]
    Points,
    /// How many selected points cover each pixel, on a logarithmic scale. Entries 0 to 254 of the
    /// LUT are read as a ramp from few to many. Without compute shaders points are drawn instead.
    Density,
}

/// How the image behind the points is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backdrop {
    /// Its edges, in embedding units; its first row is the uppermost.
    pub bounds: Bounds,
    /// How much of it is seen over the background, 0 to 1.
    pub opacity: f32,
}

/// All that varies from frame to frame. Plain data; comparing two tells whether the picture does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameParams {
    /// Where the viewer looks.
    pub camera: Camera,
    /// The canvas; a surface of another size is resized to it.
    pub viewport: Viewport,
    /// Diameter of a dot in CSS pixels, see [`crate::point_diameter_px`].
    pub point_diameter_px: f64,
    /// What the color of an unselected point is mixed with, sRGB, and how much of that it takes, 0 to 1.
    pub unselected: ([u8; 3], f32),
    /// The one color index to emphasize: all other points are drawn like unselected ones.
    pub highlight: Option<u8>,
    /// Background, sRGB.
    pub background: [u8; 3],
    /// Draw the first so many points.
    pub prefix: u32,
    /// Points or density.
    pub mode: DrawMode,
    /// The image behind the points, where one is shown.
    pub backdrop: Option<Backdrop>,
}

impl FrameParams {
    /// Diameter of a dot in device pixels.
    #[must_use]
    pub fn point_diameter_dpx(&self) -> f64 {
        self.point_diameter_px * self.viewport.device_pixel_ratio
    }
}

/// Up to this radius a dot is exactly the pixel its center lies in: crisp, and one atomic each.
pub const SINGLE_PIXEL_RADIUS_DPX: f32 = 0.75;

/// The largest radius drawn, so that a broken parameter cannot make a frame endless. The spots of a tissue fill a screen.
const LARGEST_RADIUS_DPX: f32 = 2048.0;

/// Mirror of `Frame` in the renderer's `shaders/uniforms.wgsl`, where a test compares the layouts.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct FrameUniform {
    /// Width and height in device pixels.
    pub viewport_dpx: [u32; 2],
    /// The camera's center, whole part: subtracted from the points' integers exactly, so that the
    /// closest zoom does not jitter.
    pub center_whole: [i32; 2],
    /// The rest of the center, 0 to 1.
    pub center_fraction: [f32; 2],
    /// Device pixels per embedding unit.
    pub dpx_per_unit: f32,
    /// Radius of a dot in device pixels.
    pub radius_dpx: f32,
    /// Background, sRGB, 0 to 1, opaque.
    pub background: [f32; 4],
    /// A color, and how much of it unselected points take.
    pub unselected: [f32; 4],
    /// The compute passes add points `first..prefix`.
    pub first: u32,
    /// The end of the points that are drawn.
    pub prefix: u32,
    /// The color index to emphasize; [`u32::MAX`] for none.
    pub highlight: u32,
    /// How much of the image behind the points is seen; 0 where there is none.
    pub image_opacity: f32,
    /// The image's upper left corner in device pixels.
    pub image_corner_dpx: [f32; 2],
    /// Its size in device pixels.
    pub image_size_dpx: [f32; 2],
}

/// No color is highlighted.
pub(crate) const NO_HIGHLIGHT: u32 = u32::MAX;

impl FrameUniform {
    /// The uniform of a frame of `n_points` at most, with `first` 0.
    #[must_use]
    pub fn new(params: &FrameParams, n_points: u32) -> Self {
        let camera = params.camera.clamped();
        let whole = camera.center.map(f64::floor);
        let viewport = &params.viewport;
        let with_alpha = |color: [u8; 3], alpha| {
            let [red, green, blue] = color.map(|channel| f32::from(channel) / 255.0);
            [red, green, blue, alpha]
        };
        let (unselected, share) = params.unselected;
        let Bounds { min, max } = params.backdrop.map_or(Bounds::SQUARE, |backdrop| backdrop.bounds);
        let [corner, opposite] = [[min[0], max[1]], [max[0], min[1]]]
            .map(|place| camera.px_from_embedding(viewport, place).map(|px| (px * viewport.device_pixel_ratio) as f32));
        Self {
            viewport_dpx: [viewport.width_dpx, viewport.height_dpx],
            center_whole: whole.map(|value| value as i32),
            center_fraction: [0, 1].map(|axis| (camera.center[axis] - whole[axis]) as f32),
            dpx_per_unit: (camera.px_per_unit(viewport) * viewport.device_pixel_ratio) as f32,
            radius_dpx: ((params.point_diameter_dpx() / 2.0) as f32).clamp(0.0, LARGEST_RADIUS_DPX),
            background: with_alpha(params.background, 1.0),
            unselected: with_alpha(unselected, share.clamp(0.0, 1.0)),
            first: 0,
            prefix: params.prefix.min(n_points),
            highlight: params.highlight.map_or(NO_HIGHLIGHT, u32::from),
            image_opacity: params.backdrop.map_or(0.0, |backdrop| backdrop.opacity.clamp(0.0, 1.0)),
            image_corner_dpx: corner,
            image_size_dpx: [0, 1].map(|axis| opposite[axis] - corner[axis]),
        }
    }

    /// Whether the same points cover the same pixels in both frames.
    #[must_use]
    pub fn places_points_like(&self, other: &Self) -> bool {
        self.viewport_dpx == other.viewport_dpx
            && self.center_whole == other.center_whole
            && self.center_fraction == other.center_fraction
            && self.dpx_per_unit == other.dpx_per_unit
            && self.radius_dpx == other.radius_dpx
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn params() -> FrameParams {
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

    #[test]
    fn the_center_is_split_without_loss() {
        let uniform = FrameUniform::new(&params(), 500);
        assert_eq!(uniform.center_whole, [32767, 32767]);
        assert_eq!(uniform.center_fraction, [0.25, 0.75]);
        assert_eq!(uniform.prefix, 500);
        assert_eq!(uniform.radius_dpx, 3.0);
        assert_eq!(uniform.dpx_per_unit, 160.0 / 65534.0);
    }

    #[test]
    fn colors_do_not_move_points() {
        let before = FrameUniform::new(&params(), 500);
        let mut params = params();
        params.highlight = Some(3);
        params.background = [0; 3];
        params.unselected = ([0; 3], 0.0);
        assert!(before.places_points_like(&FrameUniform::new(&params, 500)));
        params.camera.center[0] += 0.001;
        assert!(!before.places_points_like(&FrameUniform::new(&params, 500)));
    }
}
