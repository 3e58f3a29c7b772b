//! Which points can be seen: runs of neighbors in draw order, with a box around each.
//!
//! Where neighbors in draw order are often neighbors in the picture too, a closer view needs few of the runs.

use std::ops::Range;

use explorer_points::Bounds;
use explorer_points::FrameUniform;
use explorer_points::PointPosition;

/// Points a chunk: those of one workgroup, `WORKGROUP_SIZE` in the shaders.
pub(crate) const CHUNK: u32 = 256;

/// How far from its place, in device pixels, rounding may put a dot.
const ROUNDING_DPX: f64 = 2.0;

/// The box around the points of a chunk that have a position, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ChunkBox {
    min: [u16; 2],
    max: [u16; 2],
}

impl ChunkBox {
    const EMPTY: Self = Self { min: [u16::MAX; 2], max: [0; 2] };

    fn around(positions: &[PointPosition]) -> Self {
        positions.iter().filter_map(|position| position.xy()).fold(Self::EMPTY, |so_far, xy| {
            let [min, max] =
                [[0, 1].map(|axis| so_far.min[axis].min(xy[axis])), [0, 1].map(|axis| so_far.max[axis].max(xy[axis]))];
            Self { min, max }
        })
    }

    fn joined(self, other: Self) -> Self {
        let [min, max] = [
            [0, 1].map(|axis| self.min[axis].min(other.min[axis])),
            [0, 1].map(|axis| self.max[axis].max(other.max[axis])),
        ];
        Self { min, max }
    }

    fn meets(self, window: &Bounds) -> bool {
        [0, 1].into_iter().all(|axis| {
            self.min[axis] <= self.max[axis]
                && f64::from(self.min[axis]) <= window.max[axis]
                && f64::from(self.max[axis]) >= window.min[axis]
        })
    }
}

/// The boxes of all chunks.
pub(crate) struct Chunks {
    n_points: u32,
    boxes: Vec<ChunkBox>,
}

impl Chunks {
    /// Of so many points, none of which has a position.
    pub(crate) fn new(n_points: u32) -> Self {
        Self { n_points, boxes: vec![ChunkBox::EMPTY; n_points.div_ceil(CHUNK) as usize] }
    }

    /// Takes in positions from point `offset` on. Where they replace part of a chunk, its box grows at most.
    pub(crate) fn write(&mut self, offset: u32, positions: &[PointPosition]) {
        let points = offset..offset + positions.len() as u32;
        for chunk in offset / CHUNK..points.end.div_ceil(CHUNK) {
            let of_chunk = chunk * CHUNK..((chunk + 1) * CHUNK).min(self.n_points);
            let written = of_chunk.start.max(points.start)..of_chunk.end.min(points.end);
            let around =
                ChunkBox::around(&positions[(written.start - offset) as usize..(written.end - offset) as usize]);
            let chunk_box = &mut self.boxes[chunk as usize];
            *chunk_box = if written == of_chunk { around } else { chunk_box.joined(around) };
        }
    }

    /// The chunks, ascending, that hold some of these points and may be seen in a frame.
    pub(crate) fn in_view(&self, frame: &FrameUniform, points: Range<u32>) -> Vec<u32> {
        let window = window(frame);
        let end = points.end.min(self.n_points).div_ceil(CHUNK);
        (points.start / CHUNK..end).filter(|&chunk| self.boxes[chunk as usize].meets(&window)).collect()
    }
}

/// Points of the first `n_points` that these chunks hold.
pub(crate) fn n_points_in(chunks: &[u32], n_points: u32) -> u32 {
    chunks.iter().map(|chunk| CHUNK.min(n_points - chunk * CHUNK)).sum()
}

/// What a frame shows, in embedding units, with room for dots whose center lies outside.
fn window(frame: &FrameUniform) -> Bounds {
    let center = [0, 1].map(|axis| f64::from(frame.center_whole[axis]) + f64::from(frame.center_fraction[axis]));
    let reach = frame.viewport_dpx.map(|side| {
        (f64::from(side) / 2.0 + f64::from(frame.radius_dpx) + ROUNDING_DPX) / f64::from(frame.dpx_per_unit)
    });
    Bounds { min: [0, 1].map(|axis| center[axis] - reach[axis]), max: [0, 1].map(|axis| center[axis] + reach[axis]) }
}

/// The points of a prefix that a frame may show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InView {
    /// All points of the prefix.
    n_points: u32,
    /// The chunks of those in view, ascending; `None` for all.
    chunks: Option<Vec<u32>>,
}

impl InView {
    pub(crate) fn all(n_points: u32) -> Self {
        Self { n_points, chunks: None }
    }

    pub(crate) fn chunks(n_points: u32, chunks: Vec<u32>) -> Self {
        Self { n_points, chunks: Some(chunks) }
    }

    /// How many they are: what a frame of the whole prefix costs.
    #[must_use]
    pub fn n_points(&self) -> u32 {
        match &self.chunks {
            None => self.n_points,
            Some(chunks) => n_points_in(chunks, self.n_points),
        }
    }

    /// The shorter prefix that holds so many of them; the whole one where there are no more.
    #[must_use]
    pub fn prefix(&self, n_in_view: u32) -> u32 {
        match &self.chunks {
            _ if n_in_view >= self.n_points() => self.n_points,
            None => n_in_view,
            Some(chunks) => chunks[(n_in_view / CHUNK) as usize] * CHUNK + n_in_view % CHUNK,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tests::params;
    use explorer_points::{Camera, FrameParams, Viewport};

    /// Points along a curve, so that neighbors are near; one in 16 has no position.
    fn curve(n_points: u32) -> Vec<PointPosition> {
        let point = |at: u32| {
            let turn = f64::from(at % 10_000) / 10_000.0;
            let xy = [turn, (turn * 20.0).sin().mul_add(0.4, 0.5)].map(|share| (share * 65_000.0) as u16);
            if at % 16 == 3 { PointPosition::NONE } else { PointPosition::new(xy[0], xy[1]) }
        };
        (0..n_points).map(point).collect()
    }

    fn frame(center: [f64; 2], span: f64) -> (FrameParams, FrameUniform) {
        let params = FrameParams {
            camera: Camera { center, span },
            viewport: Viewport::from_css(400.0, 300.0, 1.5),
            prefix: u32::MAX,
            ..params()
        };
        (params, FrameUniform::new(&params, u32::MAX))
    }

    proptest! {
        #[test]
        fn every_point_in_sight_is_in_a_chunk_in_view(
            n_points in 1u32..30_000,
            center in [0.0..65_534.0, 0.0..65_534.0],
            span in 200.0..60_000.0,
            cuts in prop::collection::vec(0u32..30_000, 0..4),
        ) {
            let positions = curve(n_points);
            let mut chunks = Chunks::new(n_points);
            // In pieces, the last first.
            let mut ends: Vec<u32> = cuts.into_iter().map(|cut| cut.min(n_points)).chain([0, n_points]).collect();
            ends.sort_unstable();
            for piece in ends.windows(2).rev() {
                chunks.write(piece[0], &positions[piece[0] as usize..piece[1] as usize]);
            }
            let (params, frame) = frame(center, span);
            let in_view = chunks.in_view(&frame, 0..n_points);
            prop_assert!(in_view.is_sorted());
            for (point, xy) in (0..).zip(&positions).filter_map(|(point, position)| Some((point, position.xy()?))) {
                let px = params.camera.px_from_embedding(&params.viewport, xy.map(f64::from));
                let is_in_sight = (0.0..400.0).contains(&px[0]) && (0.0..300.0).contains(&px[1]);
                prop_assert!(!is_in_sight || in_view.binary_search(&(point / CHUNK)).is_ok());
            }
        }

        #[test]
        fn a_prefix_holds_as_many_in_view_as_asked(n_points in 1u32..30_000, span in 200.0..60_000.0, share in 0.0..1.2) {
            let mut chunks = Chunks::new(n_points);
            chunks.write(0, &curve(n_points));
            let (_, frame) = frame([30_000.0, 30_000.0], span);
            let listed = chunks.in_view(&frame, 0..n_points);
            let in_view = InView::chunks(n_points, listed.clone());
            let asked = (f64::from(in_view.n_points()) * share) as u32;
            let prefix = in_view.prefix(asked);
            let held = (0..prefix).filter(|point| listed.binary_search(&(point / CHUNK)).is_ok()).count() as u32;
            prop_assert_eq!(held, asked.min(in_view.n_points()));
            prop_assert!(asked < in_view.n_points() || prefix == n_points);
        }
    }

    #[test]
    fn a_close_view_needs_few_chunks_and_a_whole_one_all() {
        let n_points = 20_000;
        let mut chunks = Chunks::new(n_points);
        chunks.write(0, &curve(n_points));
        let n_in_view = |center, span| chunks.in_view(&frame(center, span).1, 0..n_points).len();
        assert_eq!(n_in_view([32_767.0; 2], 65_534.0), 79);
        assert!((1..10).contains(&n_in_view([10_000.0, 34_000.0], 2_000.0)));
    }

    #[test]
    fn points_without_a_position_are_never_in_view() {
        let chunks = Chunks::new(1000);
        assert_eq!(chunks.in_view(&frame([32_767.0; 2], 65_534.0).1, 0..1000), [0; 0]);
        assert_eq!(InView::chunks(1000, Vec::new()).prefix(0), 1000);
        assert_eq!(InView::all(1000).prefix(10), 10);
    }
}
