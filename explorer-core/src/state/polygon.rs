//! Lasso outlines in embedding coordinates, in a form that a link holds exactly.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::{
    ColumnLabel,
    json::{JsonError, PolygonJson},
    link::escape::{escaped, label, parse_label, split, unescaped},
};
use crate::data::Orientation;

/// `ilogb(extent) - this` is the exponent of a polygon's grid: the longer side of its bounding box
/// is then 4 096 to 8 192 steps long, under a fifth of a pixel when it fills a screen.
const GRID_BITS: i32 = 12;

/// Vertices stay below 2^this in grid steps, so that `f64` holds them exactly.
const VERTEX_BITS: i32 = 52;

/// Grids outside 2^±this belong to no embedding.
const MAX_EXPONENT: i32 = 200;

/// A closed outline in the coordinates of an embedding's file.
///
/// Vertices lie on a grid whose step is a power of two, between 1/4 096 and 1/8 192 of the longer
/// side of the outline's bounding box. They are rounded to it when the outline is made, not when
/// it is written, so a selection restored from a link holds exactly the cells it held before.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "PolygonJson", into = "PolygonJson")]
pub struct Polygon {
    exponent: i32,
    vertices: Vec<(i64, i64)>,
    orientation: Orientation,
    embedding: Option<String>,
    only: Option<ColumnLabel>,
}

impl Polygon {
    /// An outline from the points a pointer passed, without those that lie within `tolerance`
    /// (embedding units; 0 keeps every corner) of the line through their neighbors.
    ///
    /// `None` when fewer than three points are left, when all lie on one line, or when a
    /// coordinate is not a finite number.
    pub fn from_path(path: &[(f64, f64)], tolerance: f64) -> Option<Self> {
        if path.iter().any(|(x, y)| !x.is_finite() || !y.is_finite()) {
            return None;
        }
        let path = simplified(path, tolerance);
        let exponent = grid_exponent(&path)?;
        let to_grid = |coordinate: f64| libm::ldexp(coordinate, -exponent).round() as i64;
        let mut vertices: Vec<(i64, i64)> = path.iter().map(|&(x, y)| (to_grid(x), to_grid(y))).collect();
        vertices.dedup();
        while vertices.len() > 1 && vertices.first() == vertices.last() {
            vertices.pop();
        }
        Self::checked(exponent, vertices)
    }

    /// The rectangle with two opposite corners; `None` when it has no area.
    pub fn rectangle(corner: (f64, f64), opposite: (f64, f64)) -> Option<Self> {
        let ((x0, y0), (x1, y1)) = (corner, opposite);
        Self::from_path(&[(x0, y0), (x1, y0), (x1, y1), (x0, y1)], 0.0)
    }

    /// The same outline, drawn in what is seen from there of an embedding of three dimensions: its coordinates are those of
    /// that [plane](crate::data::Projection).
    #[must_use]
    pub fn seen_from(self, orientation: Orientation) -> Self {
        Self { orientation, ..self }
    }

    /// From where the embedding was seen in which it was drawn.
    pub fn orientation(&self) -> Orientation {
        self.orientation
    }

    /// The embedding whose coordinates are meant, by its key in `obsm`, where that is another one than its
    /// [`Selection`](super::Selection) goes by.
    pub fn embedding(&self) -> Option<&str> {
        self.embedding.as_deref()
    }

    /// The same outline in a selection that goes by the embedding `to`, out of one that goes by `from`.
    #[must_use]
    pub(super) fn moved(mut self, from: &str, to: &str) -> Self {
        let of = self.embedding.take().unwrap_or_else(|| from.to_owned());
        self.embedding = (of != to).then_some(of);
        self
    }

    /// The label whose cells alone it takes; `None` for all that are inside.
    pub fn only(&self) -> Option<&ColumnLabel> {
        self.only.as_ref()
    }

    /// The same outline around the cells of a label alone, or around all.
    #[must_use]
    pub fn around(self, only: Option<ColumnLabel>) -> Self {
        Self { only, ..self }
    }

    /// The same outline in the embedding of another name.
    #[must_use]
    pub(super) fn named(self, name_of: impl Fn(String) -> String) -> Self {
        Self { embedding: self.embedding.map(name_of), ..self }
    }

    pub(super) fn only_mut(&mut self) -> Option<&mut ColumnLabel> {
        self.only.as_mut()
    }

    /// The corners in embedding coordinates, in drawing order; the last joins the first.
    pub fn points(&self) -> impl ExactSizeIterator<Item = (f64, f64)> + '_ {
        let coordinate = |steps: i64| libm::ldexp(steps as f64, self.exponent);
        self.vertices.iter().map(move |&(x, y)| (coordinate(x), coordinate(y)))
    }

    /// The step of the grid that the corners lie on, in embedding units: a power of two.
    pub(super) fn step(&self) -> f64 {
        libm::ldexp(1.0, self.exponent)
    }

    /// The outline with these corners, rounded to a grid of that step; `None` where the step is no power
    /// of two or they enclose no area.
    pub(super) fn on_grid(points: &[(f64, f64)], step: f64) -> Option<Self> {
        if !(step.is_normal() && step > 0.0) || points.iter().any(|(x, y)| !x.is_finite() || !y.is_finite()) {
            return None;
        }
        let exponent = libm::ilogb(step);
        // Too large a number saturates, and is then refused.
        let to_grid = |coordinate: f64| (coordinate / step).round() as i64;
        let vertices = points.iter().map(|&(x, y)| (to_grid(x), to_grid(y))).collect();
        (libm::ldexp(1.0, exponent) == step).then(|| Self::checked(exponent, vertices)).flatten()
    }

    /// The outline as base64url text: the grid's exponent, then each corner's difference from the
    /// one before, all as zigzag variable-length integers. The orientation follows unless it is the usual one,
    /// and, after colons, the other embedding and the label where there are any.
    pub(super) fn to_text(&self) -> String {
        let mut bytes = Vec::with_capacity(4 * self.vertices.len() + 8);
        push_integer(&mut bytes, i64::from(self.exponent));
        let mut last = (0, 0);
        for &(x, y) in &self.vertices {
            push_integer(&mut bytes, x - last.0);
            push_integer(&mut bytes, y - last.1);
            last = (x, y);
        }
        let mut outline = URL_SAFE_NO_PAD.encode(bytes);
        if !self.orientation.is_front() {
            outline = format!("{outline}.{}", self.orientation.to_text());
        }
        let embedding = self.embedding.as_deref().map(escaped).unwrap_or_default();
        match &self.only {
            Some(ColumnLabel { column, label: of }) => {
                format!("{outline}:{embedding}:{}:{}", escaped(column), label(of))
            }
            None if embedding.is_empty() => outline,
            None => format!("{outline}:{embedding}"),
        }
    }

    /// The outline that [`Polygon::to_text`] wrote; `None` for any other text.
    pub(super) fn from_text(whole: &str) -> Option<Self> {
        let (text, embedding, only) = match split(whole, ':')[..] {
            [outline] => (outline, "", None),
            [outline, embedding] => (outline, embedding, None),
            [outline, embedding, column, of] => {
                let only = ColumnLabel { column: unescaped(column), label: parse_label(of) };
                (outline, embedding, Some(only))
            }
            _ => return None,
        };
        let embedding = (!embedding.is_empty()).then(|| unescaped(embedding));
        let (text, orientation) = match text.split_once('.') {
            Some((text, orientation)) => (text, Orientation::from_text(orientation)?),
            None => (text, Orientation::FRONT),
        };
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let mut rest = bytes.as_slice();
        let exponent = i32::try_from(take_integer(&mut rest)?).ok()?;
        let mut vertices = Vec::new();
        let (mut x, mut y) = (0_i64, 0_i64);
        while !rest.is_empty() {
            x = x.checked_add(take_integer(&mut rest)?)?;
            y = y.checked_add(take_integer(&mut rest)?)?;
            vertices.push((x, y));
        }
        Some(Self { orientation, embedding, only, ..Self::checked(exponent, vertices)? })
    }

    fn checked(exponent: i32, vertices: Vec<(i64, i64)>) -> Option<Self> {
        let limit = 1_u64 << VERTEX_BITS;
        let fits = vertices.iter().all(|(x, y)| x.unsigned_abs() <= limit && y.unsigned_abs() <= limit);
        (exponent.abs() <= MAX_EXPONENT && fits && spans_area(&vertices)).then_some(Self {
            exponent,
            vertices,
            orientation: Orientation::FRONT,
            embedding: None,
            only: None,
        })
    }
}

impl TryFrom<PolygonJson> for Polygon {
    type Error = JsonError;

    fn try_from(form: PolygonJson) -> Result<Self, JsonError> {
        let PolygonJson { points, step, orientation, embedding, only } = form;
        let outline = match step {
            Some(step) => Self::on_grid(&points, step),
            None => Self::from_path(&points, 0.0),
        };
        Ok(Self { orientation, embedding, only, ..outline.ok_or(JsonError::Polygon)? })
    }
}

impl From<Polygon> for PolygonJson {
    fn from(polygon: Polygon) -> Self {
        let (points, step) = (polygon.points().collect(), Some(polygon.step()));
        let Polygon { orientation, embedding, only, .. } = polygon;
        Self { points, step, orientation, embedding, only }
    }
}

/// The exponent of the grid for a path; `None` when it has no extent or an absurd one.
fn grid_exponent(path: &[(f64, f64)]) -> Option<i32> {
    let (mut low, mut high) = (*path.first()?, *path.first()?);
    for &(x, y) in path {
        low = (low.0.min(x), low.1.min(y));
        high = (high.0.max(x), high.1.max(y));
    }
    let extent = (high.0 - low.0).max(high.1 - low.1);
    let farthest =
        [low.0, low.1, high.0, high.1].into_iter().fold(0.0_f64, |most, coordinate| most.max(coordinate.abs()));
    if extent <= 0.0 || !extent.is_finite() {
        return None;
    }
    let exponent = (libm::ilogb(extent) - GRID_BITS).max(libm::ilogb(farthest) - (VERTEX_BITS - 1));
    (exponent.abs() <= MAX_EXPONENT).then_some(exponent)
}

/// Whether three of the vertices make a triangle.
fn spans_area(vertices: &[(i64, i64)]) -> bool {
    let Some((&first, rest)) = vertices.split_first() else {
        return false;
    };
    let Some(&second) = rest.iter().find(|&&vertex| vertex != first) else {
        return false;
    };
    let from_first = |(x, y): (i64, i64)| (i128::from(x - first.0), i128::from(y - first.1));
    let (ax, ay) = from_first(second);
    rest.iter().any(|&vertex| {
        let (bx, by) = from_first(vertex);
        ax * by != ay * bx
    })
}

/// Ramer, Douglas and Peucker's simplification, iterative.
fn simplified(path: &[(f64, f64)], tolerance: f64) -> Vec<(f64, f64)> {
    // An outline that ends where it began would leave the first chord without a direction, which
    // `distance_to_chord` handles as the distance to the point.
    if path.len() < 3 || tolerance.is_nan() || tolerance <= 0.0 {
        return path.to_vec();
    }
    let mut kept = vec![false; path.len()];
    kept[0] = true;
    kept[path.len() - 1] = true;
    let mut chords = vec![(0, path.len() - 1)];
    while let Some((start, end)) = chords.pop() {
        let farthest = (start + 1..end)
            .map(|at| (distance_to_chord(path[at], path[start], path[end]), at))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((distance, at)) = farthest
            && distance > tolerance
        {
            kept[at] = true;
            chords.push((start, at));
            chords.push((at, end));
        }
    }
    path.iter().zip(kept).filter_map(|(&point, kept)| kept.then_some(point)).collect()
}

fn distance_to_chord(point: (f64, f64), start: (f64, f64), end: (f64, f64)) -> f64 {
    let (dx, dy) = (end.0 - start.0, end.1 - start.1);
    let (px, py) = (point.0 - start.0, point.1 - start.1);
    let length_squared = dx * dx + dy * dy;
    let along = if length_squared > 0.0 { ((px * dx + py * dy) / length_squared).clamp(0.0, 1.0) } else { 0.0 };
    libm::hypot(px - along * dx, py - along * dy)
}

fn push_integer(bytes: &mut Vec<u8>, value: i64) {
    let mut zigzag = ((value << 1) ^ (value >> 63)) as u64;
    while zigzag >= 0x80 {
        bytes.push(zigzag as u8 | 0x80);
        zigzag >>= 7;
    }
    bytes.push(zigzag as u8);
}

fn take_integer(bytes: &mut &[u8]) -> Option<i64> {
    let mut zigzag = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        zigzag |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_rectangle_keeps_its_corners_and_is_short() {
        let polygon = Polygon::rectangle((-3.0, 1.5), (5.0, 2.25)).unwrap();
        let points: Vec<_> = polygon.points().collect();
        assert_eq!(points, [(-3.0, 1.5), (5.0, 1.5), (5.0, 2.25), (-3.0, 2.25)]);
        assert!(polygon.to_text().len() <= 30, "{}", polygon.to_text());
    }

    #[test]
    fn flat_short_and_unreal_paths_are_no_polygon() {
        let none: [&[(f64, f64)]; 6] = [
            &[],
            &[(1.0, 1.0), (2.0, 2.0)],
            &[(1.0, 1.0), (2.0, 2.0), (5.0, 5.0)],
            &[(0.0, 0.0), (f64::NAN, 1.0), (2.0, 0.0)],
            &[(0.0, 0.0), (f64::INFINITY, 1.0), (2.0, 0.0)],
            &[(f64::MIN, 0.0), (f64::MAX, 1.0), (2.0, 0.0)],
        ];
        for path in none {
            assert_eq!(Polygon::from_path(path, 0.0), None, "{path:?}");
        }
    }

    #[test]
    fn a_figure_of_eight_is_a_polygon() {
        let path = [(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)];
        assert!(Polygon::from_path(&path, 0.0).is_some());
    }

    #[test]
    fn simplifying_a_circle_keeps_its_shape() {
        let circle: Vec<_> = (0..=1000)
            .map(|at| f64::from(at) * std::f64::consts::TAU / 1000.0)
            .map(|angle| (10.0 * angle.cos(), 10.0 * angle.sin()))
            .collect();
        let polygon = Polygon::from_path(&circle, 0.01).unwrap();
        assert!(polygon.points().len() < 150, "{}", polygon.points().len());
        for (x, y) in polygon.points() {
            assert!((x.hypot(y) - 10.0).abs() < 0.01);
        }
    }

    #[test]
    fn broken_text_is_refused() {
        let good = Polygon::rectangle((0.0, 0.0), (1.0, 1.0)).unwrap().to_text();
        for text in ["", "!", "AA", "_____________________", &good[..good.len() - 2]] {
            assert_eq!(Polygon::from_text(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_round_trips_and_precision_holds(
            path in prop::collection::vec((-1e3..1e3_f64, -1e3..1e3_f64), 3..60),
            offset in prop_oneof![Just(0.0), -1e9..1e9_f64],
        ) {
            let path: Vec<_> = path.into_iter().map(|(x, y)| (x + offset, y)).collect();
            if let Some(polygon) = Polygon::from_path(&path, 0.0) {
                prop_assert_eq!(Polygon::from_text(&polygon.to_text()), Some(polygon.clone()));
                let again: Vec<_> = polygon.points().collect();
                prop_assert_eq!(again.len(), path.len());
                let extent = 2e3;
                for (a, b) in path.iter().zip(&again) {
                    prop_assert!((a.0 - b.0).abs() <= extent / 4096.0 / 2.0);
                    prop_assert!((a.1 - b.1).abs() <= extent / 4096.0 / 2.0);
                }
            }
        }

        #[test]
        fn any_text_is_read_without_panic(text in "[A-Za-z0-9_-]{0,80}") {
            if let Some(polygon) = Polygon::from_text(&text) {
                prop_assert_eq!(Polygon::from_text(&polygon.to_text()), Some(polygon));
            }
        }
    }
}
