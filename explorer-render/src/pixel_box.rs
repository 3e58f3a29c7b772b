//! The pixels around the pointer, and the nearest point among them.

use explorer_points::Viewport;
use explorer_points::cpu::point_of_key;
use std::ops::Range;

/// More pixels each way than anyone needs to hit a dot.
const LARGEST_REACH_DPX: f64 = 32.0;

/// A box of pixels of the index buffer, cut to the viewport.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PixelBox {
    columns: Range<u32>,
    rows: Range<u32>,
    /// The pointer in device pixels.
    at: [f64; 2],
    reach: f64,
    viewport_width: u32,
}

impl PixelBox {
    /// The pixels that may be within the tolerance; `None` where the pointer is outside.
    pub(crate) fn around(viewport: &Viewport, at_px: [f64; 2], tolerance_px: f64) -> Option<Self> {
        let ratio = viewport.device_pixel_ratio;
        let at = at_px.map(|px| px * ratio);
        let size = [viewport.width_dpx, viewport.height_dpx];
        let is_inside = |axis: usize| (0.0..f64::from(size[axis])).contains(&at[axis]);
        if !is_inside(0) || !is_inside(1) {
            return None;
        }
        let reach = (tolerance_px.max(0.0) * ratio).min(LARGEST_REACH_DPX);
        let range = |axis: usize| {
            let low = (at[axis] - reach).floor().max(0.0) as u32;
            let high = (at[axis] + reach).floor() as u32;
            low..(high + 1).min(size[axis])
        };
        Some(Self { columns: range(0), rows: range(1), at, reach, viewport_width: viewport.width_dpx })
    }

    pub(crate) fn n_pixels(&self) -> u64 {
        (self.columns.len() * self.rows.len()) as u64
    }

    /// The slots of each row in the index buffer.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Range<u64>> {
        let slot = |row: u32, column: u32| u64::from(row) * u64::from(self.viewport_width) + u64::from(column);
        self.rows.clone().map(move |row| slot(row, self.columns.start)..slot(row, self.columns.end))
    }

    /// The point at the pointer's pixel, or in the nearest pixel within reach. `keys` are the
    /// box's pixels, row by row; the one drawn above wins between equals.
    pub(crate) fn nearest_point(&self, keys: &[u32]) -> Option<u32> {
        let columns = self.columns.len();
        let distance = |slot: usize| {
            let pixel = [
                f64::from(self.columns.start) + (slot % columns) as f64,
                f64::from(self.rows.start) + (slot / columns) as f64,
            ];
            // To the pixel's square: 0 for the pointer's own.
            let [dx, dy] =
                [0, 1].map(|axis| (pixel[axis] - self.at[axis]).max(self.at[axis] - pixel[axis] - 1.0).max(0.0));
            dx.hypot(dy)
        };
        keys.iter()
            .enumerate()
            .filter(|&(_, &key)| key != 0)
            .map(|(slot, &key)| (distance(slot), key))
            .filter(|&(distance, _)| distance <= self.reach)
            .min_by(|(a, a_key), (b, b_key)| a.total_cmp(b).then(b_key.cmp(a_key)))
            .and_then(|(_, key)| point_of_key(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(point: u32) -> u32 {
        0xff_ffff - point
    }

    #[test]
    fn the_box_is_cut_to_the_viewport() {
        let viewport = Viewport::from_css(50.0, 40.0, 2.0);
        let corner = PixelBox::around(&viewport, [0.25, 39.75], 1.0).unwrap();
        assert_eq!((corner.columns.clone(), corner.rows.clone()), (0..3, 77..80));
        assert_eq!(corner.n_pixels(), 9);
        assert_eq!(corner.rows().next(), Some(7700..7703));
        let pixel = PixelBox::around(&viewport, [10.0, 10.0], 0.0).unwrap();
        assert_eq!(pixel.n_pixels(), 1);
        assert_eq!(PixelBox::around(&viewport, [-0.1, 3.0], 5.0), None);
        assert_eq!(PixelBox::around(&viewport, [50.0, 3.0], 5.0), None);
        assert_eq!(PixelBox::around(&viewport, [f64::NAN, 3.0], 5.0), None);
    }

    #[test]
    fn the_own_pixel_wins_then_the_nearest() {
        let viewport = Viewport::from_css(100.0, 100.0, 1.0);
        let around = PixelBox::around(&viewport, [10.6, 10.5], 1.0).unwrap();
        assert_eq!((around.columns.clone(), around.rows.clone()), (9..12, 9..12));
        let mut keys = [0; 9];
        assert_eq!(around.nearest_point(&keys), None);
        // A corner's square is 0.64 away, the left one 0.6, the right one 0.4.
        keys[0] = key(1);
        assert_eq!(around.nearest_point(&keys), Some(1));
        keys[3] = key(2);
        assert_eq!(around.nearest_point(&keys), Some(2));
        keys[5] = key(3);
        assert_eq!(around.nearest_point(&keys), Some(3));
        keys[4] = key(4);
        assert_eq!(around.nearest_point(&keys), Some(4));
    }
}
