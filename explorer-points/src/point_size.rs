//! How large a dot should be.

use crate::camera::Viewport;

/// The diameter of a dot in CSS pixels that suits `n_points` in a viewport, `zoom` times closer
/// than the view that fits them all.
///
/// Grows with the fourth root of the area a point has for itself, and gently with the zoom: 700
/// points at 1440 × 900 are 8 px, 70 000 are 2.5 px, a million 1.3 px. Between 1 and 24 px.
#[must_use]
pub fn point_diameter_px(n_points: u32, zoom: f64, viewport: &Viewport) -> f64 {
    const AT_ONE_PX_PER_POINT: f64 = 1.22;
    const LARGEST_UNZOOMED_PX: f64 = 12.0;
    let px_per_point = viewport.width_px() * viewport.height_px() / f64::from(n_points.max(1));
    let unzoomed = (AT_ONE_PX_PER_POINT * px_per_point.powf(0.25)).min(LARGEST_UNZOOMED_PX);
    (unzoomed * zoom.max(0.0).powf(0.35)).clamp(1.0, 24.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_pleasant() {
        let viewport = Viewport::from_css(1440.0, 900.0, 2.0);
        let size = |n_points, zoom| point_diameter_px(n_points, zoom, &viewport);
        assert!((7.0..9.0).contains(&size(700, 1.0)));
        assert!((2.0..3.0).contains(&size(70_000, 1.0)));
        assert!((1.0..1.5).contains(&size(1_000_000, 1.0)));
        assert_eq!(size(16_000_000, 1.0), 1.0);
        assert_eq!(size(0, 1.0), 12.0);
        assert!(size(70_000, 16.0) > 2.0 * size(70_000, 1.0));
        assert!(size(70_000, 16.0) < 4.0 * size(70_000, 1.0));
        assert_eq!(size(1, 1000.0), 24.0);
    }

    #[test]
    fn a_phone_gets_smaller_dots_than_a_desk() {
        let phone = Viewport::from_css(390.0, 844.0, 3.0);
        let desk = Viewport::from_css(1440.0, 900.0, 1.0);
        assert!(point_diameter_px(700, 1.0, &phone) < point_diameter_px(700, 1.0, &desk));
    }
}
