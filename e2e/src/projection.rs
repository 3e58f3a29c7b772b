//! Where embedding coordinates are on the screen.

use anyhow::{Result, ensure};

/// The map from embedding coordinates to CSS pixels of the picture: one scale for both axes, the
/// vertical one turned round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Projection {
    scale: f64,
    origin: [f64; 2],
}

impl Projection {
    /// The map under which a rectangle, dragged from one place to another, has the corners that the
    /// link says. Learnt from the page alone, it knows nothing of the renderer.
    ///
    /// # Errors
    /// When no such map exists: axes are scaled differently or mirrored.
    pub fn from_rectangle(from_px: [f64; 2], to_px: [f64; 2], corners: &[(f64, f64)]) -> Result<Self> {
        let bounds = |pick: fn(&(f64, f64)) -> f64| {
            corners
                .iter()
                .map(pick)
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
        };
        let ((x0, x1), (y0, y1)) = (bounds(|corner| corner.0), bounds(|corner| corner.1));
        let [left, right] = [from_px[0].min(to_px[0]), from_px[0].max(to_px[0])];
        let [top, bottom] = [from_px[1].min(to_px[1]), from_px[1].max(to_px[1])];
        let (across, down) = ((right - left) / (x1 - x0), (bottom - top) / (y1 - y0));
        ensure!(across > 0.0 && down > 0.0, "the outline {corners:?} has no area");
        ensure!((across / down - 1.0).abs() < 0.02, "pixels a unit differ: {across} across, {down} down");
        let scale = f64::midpoint(across, down);
        Ok(Self { scale, origin: [left - x0 * scale, top + y1 * scale] })
    }

    /// CSS pixels of embedding coordinates, from the picture's upper left corner.
    pub fn px(&self, (x, y): (f64, f64)) -> [f64; 2] {
        [self.origin[0] + x * self.scale, self.origin[1] - y * self.scale]
    }

    /// CSS pixels a coordinate unit.
    pub fn px_per_unit(&self) -> f64 {
        self.scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rectangle_tells_all() {
        let corners = [(1.0, 5.0), (3.0, 5.0), (3.0, 2.0), (1.0, 2.0)];
        let projection = Projection::from_rectangle([100.0, 50.0], [140.0, 110.0], &corners).unwrap();
        assert_eq!(projection.px((1.0, 5.0)), [100.0, 50.0]);
        assert_eq!(projection.px((3.0, 2.0)), [140.0, 110.0]);
        assert_eq!(projection.px_per_unit(), 20.0);
        assert!(Projection::from_rectangle([0.0, 0.0], [40.0, 40.0], &corners).is_err());
    }
}
