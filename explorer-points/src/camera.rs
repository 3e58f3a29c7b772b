//! The viewport's algebra: embedding units ↔ CSS pixels. Pure, in `f64`.
//!
//! Embedding units are the 16-bit coordinates that points are stored in, `0..=65534`, y upwards.
//! CSS pixels count from the viewport's top left corner, y downwards.

use crate::point::PointPosition;

/// The largest embedding coordinate; 65535 stands for "no position".
pub const EMBEDDING_MAX: f64 = 65534.0;

/// At this span one step of the 16-bit grid is about a dot's width; closer there is nothing to see.
const MIN_SPAN: f64 = 128.0;

/// At this span the data fill a quarter of the viewport.
const MAX_SPAN: f64 = 4.0 * EMBEDDING_MAX;

/// The canvas: its size in device pixels and how many of them make one CSS pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Viewport {
    /// Width in device pixels.
    pub width_dpx: u32,
    /// Height in device pixels.
    pub height_dpx: u32,
    /// Device pixels per CSS pixel.
    pub device_pixel_ratio: f64,
}

impl Viewport {
    /// The viewport of a canvas of that many CSS pixels; at least one device pixel each way.
    #[must_use]
    pub fn from_css(width_px: f64, height_px: f64, device_pixel_ratio: f64) -> Self {
        let dpx = |px: f64| (px * device_pixel_ratio).round().max(1.0) as u32;
        Self { width_dpx: dpx(width_px), height_dpx: dpx(height_px), device_pixel_ratio }
    }

    /// The same canvas with half the device pixels along each side, rounded up.
    #[must_use]
    pub fn halved(&self) -> Self {
        Self {
            width_dpx: self.width_dpx.div_ceil(2),
            height_dpx: self.height_dpx.div_ceil(2),
            device_pixel_ratio: self.device_pixel_ratio / 2.0,
        }
    }

    /// The same canvas with so many times the device pixels along each side.
    #[must_use]
    pub fn enlarged(&self, factor: u32) -> Self {
        Self {
            width_dpx: self.width_dpx.saturating_mul(factor),
            height_dpx: self.height_dpx.saturating_mul(factor),
            device_pixel_ratio: self.device_pixel_ratio * f64::from(factor),
        }
    }

    /// Width in CSS pixels.
    #[must_use]
    pub fn width_px(&self) -> f64 {
        f64::from(self.width_dpx) / self.device_pixel_ratio
    }

    /// Height in CSS pixels.
    #[must_use]
    pub fn height_px(&self) -> f64 {
        f64::from(self.height_dpx) / self.device_pixel_ratio
    }

    fn shorter_side_px(&self) -> f64 {
        self.width_px().min(self.height_px())
    }
}

/// An axis-aligned box in embedding units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Lowest x and y.
    pub min: [f64; 2],
    /// Highest x and y.
    pub max: [f64; 2],
}

impl Bounds {
    /// The whole square that coordinates can lie in.
    pub const SQUARE: Self = Self { min: [0.0; 2], max: [EMBEDDING_MAX; 2] };

    /// The box around all points that have a position; `None` where none has.
    #[must_use]
    pub fn of_positions<'p>(positions: impl IntoIterator<Item = &'p PointPosition>) -> Option<Self> {
        let mut min = [u16::MAX; 2];
        let mut max = [0; 2];
        for [x, y] in positions.into_iter().filter_map(|position| position.xy()) {
            min = [min[0].min(x), min[1].min(y)];
            max = [max[0].max(x), max[1].max(y)];
        }
        (min[0] <= max[0]).then(|| Self { min: min.map(f64::from), max: max.map(f64::from) })
    }

    /// How many times larger it is shown when it is fitted in the place of another.
    #[must_use]
    pub fn gain_over(&self, other: &Self) -> f64 {
        let gain = |axis: usize| (other.max[axis] - other.min[axis]) / (self.max[axis] - self.min[axis]);
        gain(0).min(gain(1))
    }

    /// The same, about its center made as large as a share of another's larger side.
    #[must_use]
    pub fn at_least(&self, other: &Self, share: f64) -> Self {
        let least = share * (other.max[0] - other.min[0]).max(other.max[1] - other.min[1]);
        let center = self.center();
        let half = [0, 1].map(|axis| (self.max[axis] - self.min[axis]).max(least) / 2.0);
        Self { min: [0, 1].map(|axis| center[axis] - half[axis]), max: [0, 1].map(|axis| center[axis] + half[axis]) }
    }

    fn center(&self) -> [f64; 2] {
        [0, 1].map(|axis| f64::midpoint(self.min[axis], self.max[axis]))
    }
}

/// Where the viewer looks. Says the same on every screen, so it can be kept in a link.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    /// The embedding point in the viewport's center.
    pub center: [f64; 2],
    /// Embedding units along the viewport's shorter side.
    pub span: f64,
}

impl Camera {
    /// The camera that shows all of `bounds` with `padding_px` CSS pixels free on every side.
    #[must_use]
    pub fn fit(bounds: &Bounds, viewport: &Viewport, padding_px: f64) -> Self {
        // Where the padding would eat the viewport, the data keep a tenth of it.
        let free = |side_px: f64| (side_px - 2.0 * padding_px).max(side_px * 0.1);
        let px_per_unit = (free(viewport.width_px()) / (bounds.max[0] - bounds.min[0]))
            .min(free(viewport.height_px()) / (bounds.max[1] - bounds.min[1]));
        Self { center: bounds.center(), span: viewport.shorter_side_px() / px_per_unit }.clamped()
    }

    /// CSS pixels per embedding unit.
    #[must_use]
    pub fn px_per_unit(&self, viewport: &Viewport) -> f64 {
        viewport.shorter_side_px() / self.span
    }

    /// CSS pixels of an embedding point.
    #[must_use]
    pub fn px_from_embedding(&self, viewport: &Viewport, [x, y]: [f64; 2]) -> [f64; 2] {
        let px_per_unit = self.px_per_unit(viewport);
        [
            viewport.width_px() / 2.0 + (x - self.center[0]) * px_per_unit,
            viewport.height_px() / 2.0 - (y - self.center[1]) * px_per_unit,
        ]
    }

    /// The embedding point at CSS pixels; inverse of [`Self::px_from_embedding`].
    #[must_use]
    pub fn embedding_from_px(&self, viewport: &Viewport, [x_px, y_px]: [f64; 2]) -> [f64; 2] {
        let px_per_unit = self.px_per_unit(viewport);
        [
            self.center[0] + (x_px - viewport.width_px() / 2.0) / px_per_unit,
            self.center[1] - (y_px - viewport.height_px() / 2.0) / px_per_unit,
        ]
    }

    /// Zooms by `factor` (above 1: closer) so that the embedding point under the pointer stays
    /// there. At the limits of the zoom the factor has less effect or none.
    #[must_use]
    pub fn zoomed_about(&self, viewport: &Viewport, pointer_px: [f64; 2], factor: f64) -> Self {
        let span = (self.span / factor).clamp(MIN_SPAN, MAX_SPAN);
        let kept = self.embedding_from_px(viewport, pointer_px);
        let ratio = span / self.span;
        Self { center: [0, 1].map(|axis| kept[axis] + (self.center[axis] - kept[axis]) * ratio), span }.clamped()
    }

    /// Moves the picture by CSS pixels, as a drag does.
    #[must_use]
    pub fn panned_by(&self, viewport: &Viewport, [dx_px, dy_px]: [f64; 2]) -> Self {
        let px_per_unit = self.px_per_unit(viewport);
        Self { center: [self.center[0] - dx_px / px_per_unit, self.center[1] + dy_px / px_per_unit], span: self.span }
            .clamped()
    }

    /// The nearest camera within the limits: its center in the square, its span such that there
    /// is something to see. Whatever is not a number becomes the whole square's.
    #[must_use]
    pub fn clamped(&self) -> Self {
        let finite = |value: f64, otherwise: f64| if value.is_nan() { otherwise } else { value };
        Self {
            center: self.center.map(|value| finite(value, EMBEDDING_MAX / 2.0).clamp(0.0, EMBEDDING_MAX)),
            span: finite(self.span, EMBEDDING_MAX).clamp(MIN_SPAN, MAX_SPAN),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn viewport() -> impl Strategy<Value = Viewport> {
        (50.0..4000.0, 50.0..3000.0, 0.5..4.0)
            .prop_map(|(width, height, ratio)| Viewport::from_css(width, height, ratio))
    }

    fn camera() -> impl Strategy<Value = Camera> {
        (0.0..EMBEDDING_MAX, 0.0..EMBEDDING_MAX, MIN_SPAN..MAX_SPAN)
            .prop_map(|(x, y, span)| Camera { center: [x, y], span })
    }

    fn near(a: [f64; 2], b: [f64; 2], tolerance: f64) -> bool {
        (a[0] - b[0]).abs() <= tolerance && (a[1] - b[1]).abs() <= tolerance
    }

    proptest! {
        #[test]
        fn px_and_embedding_are_inverse(viewport in viewport(), camera in camera(), x in 0.0..EMBEDDING_MAX, y in 0.0..EMBEDDING_MAX) {
            let back = camera.embedding_from_px(&viewport, camera.px_from_embedding(&viewport, [x, y]));
            prop_assert!(near(back, [x, y], 1e-6));
        }

        #[test]
        fn zoom_keeps_the_point_under_the_pointer(
            viewport in viewport(), camera in camera(), fx in 0.0..1.0, fy in 0.0..1.0, factor in 0.2..5.0,
        ) {
            let pointer = [fx * viewport.width_px(), fy * viewport.height_px()];
            let zoomed = camera.zoomed_about(&viewport, pointer, factor);
            // A center stopped at the square's edge is the one exception.
            prop_assume!(zoomed.center.iter().all(|&value| value > 0.0 && value < EMBEDDING_MAX));
            let before = camera.embedding_from_px(&viewport, pointer);
            let after = zoomed.embedding_from_px(&viewport, pointer);
            prop_assert!(near(before, after, 1e-6), "{before:?} {after:?}");
        }

        #[test]
        fn zooming_in_and_out_returns(viewport in viewport(), camera in camera(), factor in 0.5..2.0) {
            let pointer = [viewport.width_px() / 2.0, viewport.height_px() / 2.0];
            let there = camera.zoomed_about(&viewport, pointer, factor);
            prop_assume!(there.span > MIN_SPAN && there.span < MAX_SPAN);
            let back = there.zoomed_about(&viewport, pointer, 1.0 / factor);
            prop_assert!(near(back.center, camera.center, 1e-6));
            prop_assert!((back.span / camera.span - 1.0).abs() < 1e-12);
        }

        #[test]
        fn a_pan_moves_the_picture_with_the_pointer(viewport in viewport(), camera in camera(), dx in -50.0..50.0, dy in -50.0..50.0) {
            let panned = camera.panned_by(&viewport, [dx, dy]);
            prop_assume!(panned.center.iter().all(|&value| value > 0.0 && value < EMBEDDING_MAX));
            let before = camera.px_from_embedding(&viewport, [1000.0, 2000.0]);
            let after = panned.px_from_embedding(&viewport, [1000.0, 2000.0]);
            prop_assert!(near(after, [before[0] + dx, before[1] + dy], 1e-6));
        }

        #[test]
        fn fit_shows_all_of_the_bounds(viewport in viewport(), x0 in 0.0..EMBEDDING_MAX, y0 in 0.0..EMBEDDING_MAX, x1 in 0.0..EMBEDDING_MAX, y1 in 0.0..EMBEDDING_MAX, padding in 0.0..40.0) {
            let bounds = Bounds { min: [x0.min(x1), y0.min(y1)], max: [x0.max(x1), y0.max(y1)] };
            let camera = Camera::fit(&bounds, &viewport, padding);
            prop_assume!(camera.span < MAX_SPAN);
            for corner in [bounds.min, bounds.max] {
                let [x, y] = camera.px_from_embedding(&viewport, corner);
                let padding = padding.min(viewport.shorter_side_px() * 0.45) - 1e-6;
                prop_assert!(x >= padding && x <= viewport.width_px() - padding, "{x}");
                prop_assert!(y >= padding && y <= viewport.height_px() - padding, "{y}");
            }
        }
    }

    #[test]
    fn a_part_gains_by_the_side_that_it_fills_the_most() {
        let all = Bounds { min: [0.0; 2], max: [100.0, 50.0] };
        let part = Bounds { min: [10.0, 20.0], max: [20.0, 45.0] };
        assert_eq!(part.gain_over(&all), 2.0);
        assert_eq!(part.at_least(&all, 0.2), Bounds { min: [5.0, 20.0], max: [25.0, 45.0] });
        let one = Bounds { min: [40.0; 2], max: [40.0; 2] };
        assert_eq!(one.at_least(&all, 0.1), Bounds { min: [35.0; 2], max: [45.0; 2] });
        assert_eq!(one.at_least(&all, 0.1).gain_over(&all), 5.0);
    }

    #[test]
    fn a_single_point_can_be_fitted() {
        let viewport = Viewport::from_css(800.0, 600.0, 1.0);
        let bounds = Bounds { min: [7.0, 9.0], max: [7.0, 9.0] };
        let camera = Camera::fit(&bounds, &viewport, 20.0);
        assert_eq!(camera.center, [7.0, 9.0]);
        assert_eq!(camera.span, MIN_SPAN);
    }

    #[test]
    fn nonsense_from_a_link_becomes_a_camera() {
        let camera = Camera { center: [f64::NAN, 1e300], span: f64::NEG_INFINITY };
        let clamped = camera.clamped();
        assert_eq!(clamped.center, [EMBEDDING_MAX / 2.0, EMBEDDING_MAX]);
        assert_eq!(clamped.span, MIN_SPAN);
    }

    #[test]
    fn bounds_leave_out_points_without_position() {
        let positions = [PointPosition::NONE, PointPosition::new(10, 30), PointPosition::new(20, 5)];
        let bounds = Bounds::of_positions(&positions).unwrap();
        assert_eq!((bounds.min, bounds.max), ([10.0, 5.0], [20.0, 30.0]));
        assert_eq!(Bounds::of_positions(&[PointPosition::NONE]), None);
    }
}
