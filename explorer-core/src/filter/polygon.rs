//! Lassos, in the coordinates of the file.

use super::{CellMask, raster};
use crate::data::{Embedding, NO_POSITION};

/// A closed polygon in the embedding's coordinates; its inside follows the even-odd rule.
///
/// With fewer than three vertices, or with a coordinate that is not finite, it holds nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Polygon {
    /// Corners `[x, y]`; the last joins the first.
    pub vertices: Vec<[f64; 2]>,
}

impl Polygon {
    /// The cells inside; cells without a position are outside.
    pub fn mask(&self, embedding: &Embedding) -> CellMask {
        match self.in_units(embedding) {
            Some(vertices) => raster::mask(&vertices, embedding),
            None => CellMask::none(embedding.xs.len()),
        }
    }

    fn in_units(&self, embedding: &Embedding) -> Option<Vec<[f64; 2]>> {
        let vertices: Vec<[f64; 2]> = self.vertices.iter().map(|&[x, y]| embedding.frame.units(x, y).into()).collect();
        let is_area = vertices.len() >= 3 && vertices.iter().flatten().all(|v| v.is_finite());
        is_area.then_some(vertices)
    }
}

/// The whole units between two bounds in any order, or `None` where there are none (NaN included).
pub(super) fn whole_units(a: f64, b: f64) -> Option<(u16, u16)> {
    let last = f64::from(NO_POSITION - 1);
    if a.is_nan() || b.is_nan() {
        return None;
    }
    let low = libm::ceil(a.min(b)).max(0.0);
    let high = libm::floor(a.max(b)).min(last);
    (low <= high).then_some((low as u16, high as u16))
}

/// Whether a point lies inside by the even-odd rule, given the polygon's edges.
///
/// This is the definition that the raster must agree with on every cell.
pub(super) fn is_inside(edges: impl Iterator<Item = Edge>, x: f64, y: f64) -> bool {
    edges.fold(false, |inside, edge| inside ^ edge.crossing(y).is_some_and(|crossing| x < crossing))
}

/// One side of a polygon, in units.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub from: [f64; 2],
    pub to: [f64; 2],
}

impl Edge {
    /// Where the edge crosses the horizontal through `y`: half open, so that a shared corner counts
    /// for one of its two edges only.
    pub fn crossing(self, y: f64) -> Option<f64> {
        let ([x0, y0], [x1, y1]) = (self.from, self.to);
        ((y0 > y) != (y1 > y)).then(|| (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    }
}

/// The sides of a polygon given by its corners.
pub(super) fn edges(vertices: &[[f64; 2]]) -> impl Iterator<Item = Edge> + '_ {
    let previous = vertices.iter().cycle().skip(vertices.len().max(1) - 1);
    vertices.iter().zip(previous).map(|(&to, &from)| Edge { from, to })
}
