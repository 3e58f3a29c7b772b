//! Which point lies under the pointer, on the CPU: exact, and quick enough for every device. A
//! linear scan, a few milliseconds for a million points.

use crate::cpu::{center_dpx, is_single_pixel, order_key};
use crate::frame::{FrameParams, FrameUniform};
use crate::point::{PointPosition, PointStyle};

/// What can be picked: the points, as they were uploaded, and the frame that shows them.
#[derive(Debug, Clone, Copy)]
pub struct PickScene<'a> {
    /// The frame.
    pub params: &'a FrameParams,
    /// Positions in draw order.
    pub positions: &'a [PointPosition],
    /// Styles, as many as positions.
    pub styles: &'a [PointStyle],
}

/// The point at CSS pixels `at_px`: of the dots that contain it the one drawn above the others, or
/// else the dot whose edge is nearest, within `tolerance_px`. `None` where there is neither.
///
/// At a pixel's center the first is the point that the splat path draws opaquely there.
#[must_use]
pub fn pick_cpu(scene: &PickScene<'_>, at_px: [f64; 2], tolerance_px: f64) -> Option<u32> {
    let frame = FrameUniform::new(scene.params, scene.positions.len() as u32);
    let ratio = scene.params.viewport.device_pixel_ratio;
    let at = at_px.map(|px| (px * ratio) as f32);
    let tolerance = (tolerance_px.max(0.0) * ratio) as f32;

    let mut best: Option<Candidate> = None;
    for (point, (position, &style)) in (0..frame.prefix).zip(scene.positions.iter().zip(scene.styles)) {
        let Some(xy) = position.xy() else { continue };
        let center = center_dpx(&frame, xy);
        let gap = gap_dpx(&frame, [center[0] - at[0], center[1] - at[1]]);
        if gap > tolerance || style.is_hidden() {
            continue;
        }
        let candidate = Candidate { point, gap, order: order_key(style) };
        if best.is_none_or(|best| candidate.beats(&best)) {
            best = Some(candidate);
        }
    }
    best.map(|candidate| candidate.point)
}

#[derive(Clone, Copy)]
struct Candidate {
    point: u32,
    gap: f32,
    order: u32,
}

impl Candidate {
    /// The nearer wins, then the one above; an earlier point keeps its place against its equals.
    fn beats(&self, other: &Self) -> bool {
        self.gap < other.gap || (self.gap == other.gap && self.order > other.order)
    }
}

/// Device pixels from a dot's edge to a place outside of it; 0 within. A single-pixel dot is a
/// square.
fn gap_dpx(frame: &FrameUniform, [dx, dy]: [f32; 2]) -> f32 {
    if is_single_pixel(frame) {
        return (dx.abs().max(dy.abs()) - 0.5).max(0.0);
    }
    let squared = dx * dx + dy * dy;
    if squared <= frame.radius_dpx * frame.radius_dpx { 0.0 } else { squared.sqrt() - frame.radius_dpx }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu;
    use crate::frame::tests::params;
    use proptest::prelude::*;

    fn points() -> impl Strategy<Value = Vec<(PointPosition, PointStyle)>> {
        let point = (0..=65535_u16, 0..=65534_u16, any::<u32>())
            .prop_map(|(x, y, style)| (PointPosition::new(x, y), PointStyle::from_words(&[style])[0]));
        prop::collection::vec(point, 0..300)
    }

    proptest! {
        #[test]
        fn picking_a_pixel_finds_the_point_drawn_there(points in points(), diameter_px in 0.3..6.0, prefix in 0..300_u32) {
            let (positions, styles): (Vec<_>, Vec<_>) = points.into_iter().unzip();
            let params = FrameParams { point_diameter_px: diameter_px, prefix, ..params() };
            let scene = PickScene { params: &params, positions: &positions, styles: &styles };
            let keys = cpu::splat(&params, &positions, &styles);
            for (slot, &key) in keys.iter().enumerate().step_by(7) {
                let [x, y] = [slot as u32 % 200, slot as u32 / 200];
                let at_px = [x, y].map(|dpx| (f64::from(dpx) + 0.5) / 2.0);
                let is_core = key & (1 << 30) != 0;
                let picked = pick_cpu(&scene, at_px, 0.0);
                // A rim of a selected point lies over the cores of unselected ones, and there the
                // pointer is outside of it.
                if is_core || key == 0 {
                    prop_assert_eq!(picked, cpu::point_of_key(key));
                }
            }
        }

        #[test]
        fn tolerance_finds_the_nearest_edge(points in points(), x in 0.0..100.0, y in 0.0..80.0) {
            let (positions, styles): (Vec<_>, Vec<_>) = points.into_iter().unzip();
            let params = params();
            let scene = PickScene { params: &params, positions: &positions, styles: &styles };
            let near = pick_cpu(&scene, [x, y], 8.0);
            let far = pick_cpu(&scene, [x, y], 1000.0);
            if near.is_some() {
                prop_assert_eq!(near, far);
            }
            let any_drawn = positions.iter().zip(&styles).any(|(p, s)| p.xy().is_some() && !s.is_hidden());
            prop_assert_eq!(far.is_some(), any_drawn);
        }
    }
}
