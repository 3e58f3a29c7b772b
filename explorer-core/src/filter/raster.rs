//! Lasso by raster: most cells are decided by a look-up, only those near an edge by geometry.

use super::CellMask;
use super::polygon::{Edge, edges, is_inside, whole_units};
use crate::data::Embedding;

/// Longest side of the raster in pixels: 256 kB, which stays in a second-level cache.
const MAX_SIDE: u32 = 512;

/// Farther out than this, in units, a crossing's rounding error could exceed [`MARGIN`].
const FAR: f64 = (1u64 << 40) as f64;

/// Units by which an edge is widened before its pixels are marked, so that no rounding can put a
/// cell of an unmarked pixel on the other side.
const MARGIN: f64 = 1.0;

const OUTSIDE: u8 = 0;
const INSIDE: u8 = 1;
const EDGE: u8 = 2;

/// The cells inside the polygon, exactly as the even-odd test on every cell would give.
///
/// `vertices`: at least three finite corners, in units.
pub(super) fn mask(vertices: &[[f64; 2]], embedding: &Embedding) -> CellMask {
    let n_obs = embedding.xs.len();
    let Some(raster) = Raster::new(vertices) else {
        return CellMask::none(n_obs);
    };
    let cells = embedding.xs.iter().zip(&embedding.ys).map(|(&x, &y)| raster.test(x, y)).collect();
    CellMask::from_zeros_and_ones(cells)
}

/// The polygon's bounding box cut into square pixels of `2^shift` units.
struct Raster {
    left: u16,
    bottom: u16,
    /// Units from the first to the last column and row that the polygon can hold.
    width: u16,
    height: u16,
    shift: u32,
    /// Pixels in a row.
    columns: usize,
    /// Row by row, each [`OUTSIDE`], [`INSIDE`] or [`EDGE`].
    pixels: Vec<u8>,
    /// For each row, the edges that reach into it.
    row_edges: Vec<Vec<Edge>>,
}

impl Raster {
    /// `None` when the polygon's bounding box holds no position at all.
    fn new(vertices: &[[f64; 2]]) -> Option<Self> {
        let is_far = vertices.iter().flatten().any(|v| v.abs() > FAR);
        let slack = if is_far { f64::INFINITY } else { MARGIN };
        let (left, right) = bounds(vertices, 0, slack)?;
        let (bottom, top) = bounds(vertices, 1, slack)?;
        let (width, height) = (right - left, top - bottom);
        let mut shift = 0;
        while u32::from(width.max(height)) >> shift >= MAX_SIDE {
            shift += 1;
        }
        let columns = usize::from(width >> shift) + 1;
        let rows = usize::from(height >> shift) + 1;
        let mut raster = Self {
            left,
            bottom,
            width,
            height,
            shift,
            columns,
            pixels: vec![OUTSIDE; columns * rows],
            row_edges: vec![Vec::new(); rows],
        };
        for edge in edges(vertices) {
            raster.mark(edge, is_far);
        }
        raster.fill();
        Some(raster)
    }

    /// Marks the pixels near an edge and files the edge under the rows that it reaches.
    fn mark(&mut self, edge: Edge, is_far: bool) {
        let ([x0, y0], [x1, y1]) = (edge.from, edge.to);
        let (low, high) = (y0.min(y1), y0.max(y1));
        let rows = self.row_edges.len();
        let Some((first, last)) = self.pixel_range(low, high, self.bottom, rows) else {
            return;
        };
        for row in first..=last {
            self.row_edges[row].push(edge);
            // The part of the edge within this row's band of units.
            let band_low = f64::from(self.bottom) + (row << self.shift) as f64 - MARGIN;
            let band_high = band_low + (1 << self.shift) as f64 + 2.0 * MARGIN;
            let at = |y: f64| x0 + (x1 - x0) * ((y - y0) / (y1 - y0)).clamp(0.0, 1.0);
            let (from, to) = if is_far {
                (f64::from(self.left), f64::from(self.left) + f64::from(self.width))
            } else if high - low < 2.0 * MARGIN {
                (x0, x1)
            } else {
                (at(band_low), at(band_high))
            };
            let marked = self.pixel_range(from.min(to), from.max(to), self.left, self.columns);
            if let Some((first, last)) = marked {
                let start = row * self.columns;
                self.pixels[start + first..=start + last].fill(EDGE);
            }
        }
    }

    /// The pixels along one axis that an interval of units, widened by the margin, touches.
    fn pixel_range(&self, low: f64, high: f64, origin: u16, n: usize) -> Option<(usize, usize)> {
        let origin = f64::from(origin);
        let span = (n << self.shift) as f64;
        let (low, high) = (low - origin - MARGIN, high - origin + MARGIN);
        if high < 0.0 || low >= span {
            return None;
        }
        let first = low.max(0.0) as usize >> self.shift;
        let last = (high.min(span - 1.0) as usize) >> self.shift;
        Some((first, last))
    }

    /// Decides the pixels that no edge touches, a row at a time: all cells of such a pixel lie on
    /// the same side, so one of its points speaks for them.
    fn fill(&mut self) {
        let mut crossings = Vec::new();
        for (row, row_edges) in self.row_edges.iter().enumerate() {
            let y = f64::from(self.bottom) + (row << self.shift) as f64;
            crossings.clear();
            crossings.extend(row_edges.iter().filter_map(|edge| edge.crossing(y)));
            crossings.sort_unstable_by(f64::total_cmp);
            let mut passed = 0;
            let pixels = &mut self.pixels[row * self.columns..][..self.columns];
            for (column, pixel) in pixels.iter_mut().enumerate() {
                let x = f64::from(self.left) + (column << self.shift) as f64;
                while crossings.get(passed).is_some_and(|&crossing| crossing <= x) {
                    passed += 1;
                }
                let is_odd = (crossings.len() - passed) % 2 == 1;
                if *pixel != EDGE {
                    *pixel = if is_odd { INSIDE } else { OUTSIDE };
                }
            }
        }
    }

    /// 1 when the cell lies inside, else 0. Cells without a position fall past the box.
    fn test(&self, x: u16, y: u16) -> u8 {
        let (dx, dy) = (x.wrapping_sub(self.left), y.wrapping_sub(self.bottom));
        if dx > self.width || dy > self.height {
            return 0;
        }
        let (column, row) = (usize::from(dx >> self.shift), usize::from(dy >> self.shift));
        match self.pixels[row * self.columns + column] {
            EDGE => {
                let row_edges = self.row_edges[row].iter().copied();
                u8::from(is_inside(row_edges, f64::from(x), f64::from(y)))
            }
            decided => decided,
        }
    }
}

/// First and last whole unit of the polygon's extent along one axis, widened by `slack`.
fn bounds(vertices: &[[f64; 2]], axis: usize, slack: f64) -> Option<(u16, u16)> {
    let along = || vertices.iter().map(|vertex| vertex[axis]);
    whole_units(along().fold(f64::INFINITY, f64::min) - slack, along().fold(f64::NEG_INFINITY, f64::max) + slack)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use crate::data::{Embedding, Frame, NO_POSITION};
    use crate::filter::polygon::{edges, is_inside};
    use crate::filter::{CellMask, Polygon};

    fn embedding(positions: &[(u16, u16)], frame: Frame) -> Embedding {
        let (xs, ys) = positions.iter().copied().unzip();
        Embedding { xs, ys, frame, depth: None }
    }

    /// Negative throughout: a bounding box that starts at a positive number would lose it all.
    const NEGATIVE: Frame = Frame::new(-20.0, -35.0, 0.0001);

    fn brute_force(polygon: &Polygon, embedding: &Embedding) -> CellMask {
        let vertices: Vec<[f64; 2]> =
            polygon.vertices.iter().map(|&[x, y]| embedding.frame.units(x, y).into()).collect();
        CellMask::from_fn(embedding.xs.len(), |cell| {
            let (x, y) = (embedding.xs[cell], embedding.ys[cell]);
            x != NO_POSITION && vertices.len() >= 3 && is_inside(edges(&vertices), f64::from(x), f64::from(y))
        })
    }

    fn position() -> impl Strategy<Value = (u16, u16)> {
        prop_oneof![
            1 => Just((NO_POSITION, NO_POSITION)),
            8 => (0..NO_POSITION, 0..NO_POSITION),
            // Crowded, so that polygons of whole units hit points exactly.
            8 => (100u16..140, 65_500u16..NO_POSITION),
        ]
    }

    fn vertex() -> impl Strategy<Value = [f64; 2]> {
        let wide = -1e5..2e5f64;
        prop_oneof![
            4 => (wide.clone(), wide).prop_map(|(x, y)| [x, y]),
            4 => (95i32..145, 65_490i32..65_545).prop_map(|(x, y)| [f64::from(x), f64::from(y)]),
            1 => (-1e14..1e14f64, -1e14..1e14f64).prop_map(|(x, y)| [x, y]),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn raster_is_brute_force(
            positions in vec(position(), 1..600),
            corners in vec(vertex(), 0..40),
            negative in any::<bool>(),
        ) {
            let unit = Frame::new(0.0, 0.0, 1.0);
            let frame = if negative { NEGATIVE } else { unit };
            let vertices = corners.iter().map(|&[x, y]| frame.coordinates(x, y).into()).collect();
            let polygon = Polygon { vertices };
            let embedding = embedding(&positions, frame);
            prop_assert_eq!(polygon.mask(&embedding), brute_force(&polygon, &embedding));
        }
    }

    #[test]
    fn a_square_holds_its_middle_where_all_is_negative() {
        let embedding = embedding(&[(500, 500), (5000, 5000), (NO_POSITION, NO_POSITION)], NEGATIVE);
        let square = [[0.0, 0.0], [1000.0, 0.0], [1000.0, 1000.0], [0.0, 1000.0]];
        let vertices = square.map(|[x, y]| NEGATIVE.coordinates(x, y).into()).to_vec();
        assert_eq!(Polygon { vertices }.mask(&embedding).as_bytes(), [1, 0, 0]);
    }

    #[test]
    fn what_is_no_area_holds_nothing() {
        let embedding = embedding(&[(1, 1)], NEGATIVE);
        for vertices in [
            vec![],
            vec![[-1e9, -1e9], [1e9, 1e9]],
            vec![[f64::NAN, 0.0], [1e9, 0.0], [0.0, 1e9]],
            vec![[f64::INFINITY, 0.0], [1e9, 0.0], [0.0, 1e9]],
        ] {
            assert_eq!(Polygon { vertices }.mask(&embedding).count(), 0);
        }
    }
}
