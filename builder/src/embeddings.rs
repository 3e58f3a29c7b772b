//! Embeddings: from coordinates of any scale to 16-bit units, and to the tiles of the points pack.

use std::io;

use explorer_core::data::{Embedding, Frame, Number};
use rayon::prelude::*;
use shared_fbs::{
    manifest::{self, Bounds},
    order::Levels,
    tile::{NO_POSITION, Points},
};

use super::{
    cell_order::CellOrder,
    far::{self, BoundingBox, Coordinates},
    pack::{CAREFUL_LEVEL, Frame as PackFrame, PackWriter},
};

/// The largest unit of a position; one more means "no position".
const MAX_UNIT: f64 = (NO_POSITION - 1) as f64;

/// A third dimension this many times as long as the others is not drawn: one step serves all, and would flatten them.
const MAX_DEPTH: f64 = 16.0;

/// Positions of all cells, in the input's order.
pub struct Digitized {
    /// The first two dimensions.
    pub plane: Embedding,
    /// The third one, and the coordinate of its unit 0.
    pub depth: Option<(Vec<u16>, f64)>,
    /// Where cells without a position are that lie far from all others, and how many.
    pub far: Vec<Vec<f64>>,
}

impl Digitized {
    /// What is said of the cells that lie far from all others.
    pub fn far_message(&self) -> Option<String> {
        let first = self.far.first()?;
        let numbers: Vec<String> = first.iter().map(|&value| Number::Float64(value).to_string()).collect();
        let place = numbers.join(", ");
        let place = match self.far.len() {
            1 => return Some(format!("1 cell lies far from all others, at ({place}); it has no position")),
            _ if self.far.iter().all(|other| other == first) => format!("at ({place})"),
            _ => format!("the first at ({place})"),
        };
        Some(format!("{} cells lie far from all others, {place}; they have no position", self.far.len()))
    }
}

/// Digitizes coordinates of two or three dimensions, rounding to the nearest of 65 535 steps from the least one; one step
/// serves all axes. A cell has no position when a coordinate is not finite, or when it lies [far](far::take_far) from
/// all others. A third dimension that some positions lack, or that is much longer than the others, is left out.
///
/// `None` when no cell has a position.
pub fn digitize(coordinates: Coordinates<'_>) -> Option<Digitized> {
    if let Some(flat) = without_depth(coordinates) {
        return digitize(Coordinates { values: &flat, n_dims: 2 });
    }
    let Coordinates { n_dims, .. } = coordinates;
    let mut placed: Vec<bool> =
        (0..coordinates.n_cells()).map(|cell| coordinates.of(cell).iter().all(|value| value.is_finite())).collect();
    let far = far::take_far(coordinates, &mut placed);
    let around = bounding_box(coordinates, &placed);
    let extent = around.extent(n_dims);
    if !extent.is_finite() {
        return None;
    }
    let step = if extent > 0.0 { extent / MAX_UNIT } else { 1.0 };
    let units = |axis: usize| -> Vec<u16> {
        let unit = |(cell, &placed): (usize, &bool)| {
            if !placed {
                return NO_POSITION;
            }
            ((coordinates.of(cell)[axis] - around.min[axis]) / step).round().min(MAX_UNIT) as u16
        };
        placed.iter().enumerate().map(unit).collect()
    };
    let frame = Frame { origin_x: around.min[0], origin_y: around.min[1], step };
    Some(Digitized {
        plane: Embedding { xs: units(0), ys: units(1), frame },
        depth: (n_dims == 3).then(|| (units(2), around.min[2])),
        far: far.into_iter().map(|cell| coordinates.of(cell).to_vec()).collect(),
    })
}

fn bounding_box(coordinates: Coordinates<'_>, placed: &[bool]) -> BoundingBox {
    let placed = placed.iter().enumerate().filter(|(_, placed)| **placed);
    BoundingBox::around(coordinates.n_dims, placed.map(|(cell, _)| coordinates.of(cell)))
}

/// The first two dimensions, where there is a third one that is not to be drawn.
fn without_depth(coordinates: Coordinates<'_>) -> Option<Vec<f64>> {
    if coordinates.n_dims < 3 {
        return None;
    }
    let points = || (0..coordinates.n_cells()).map(|cell| coordinates.of(cell));
    let is_finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
    let mut placed: Vec<bool> = points().map(|point| is_finite(&point[..2])).collect();
    let has_depth = points().zip(&placed).all(|(point, placed)| !placed || is_finite(point));
    let is_flat = has_depth && {
        far::take_far(coordinates, &mut placed);
        let around = bounding_box(coordinates, &placed);
        around.extent(3) <= MAX_DEPTH * around.extent(2)
    };
    (!is_flat).then(|| points().flat_map(|point| point[..2].iter().copied()).collect())
}

/// Writes the tiles of one embedding, level after level.
pub fn write(
    key: &str,
    digitized: &Digitized,
    order: &CellOrder,
    levels: &Levels,
    pack: &mut PackWriter,
) -> io::Result<manifest::Embedding> {
    let Digitized { plane, depth, far } = digitized;
    let tiles: Vec<(PackFrame, Bounds)> = levels
        .tiles()
        .par_iter()
        .map(|tile| {
            let take = |units: &[u16]| tile.iter().map(|cell| units[order.rows[cell as usize] as usize]).collect();
            let zs = depth.as_ref().map(|(zs, _)| take(zs));
            let points = Points { xs: take(&plane.xs), ys: take(&plane.ys), zs };
            (PackFrame::new(&points.encode(), CAREFUL_LEVEL), bounds(&points))
        })
        .collect();
    let range = pack.extend(tiles.iter().map(|tile| &tile.0))?;
    Ok(manifest::Embedding {
        key: key.to_owned(),
        n_dims: if depth.is_some() { 3 } else { 2 },
        n_positioned: plane.xs.iter().filter(|&&x| x != NO_POSITION).count() as u32,
        n_far: far.len() as u32,
        origin_x: plane.frame.origin_x,
        origin_y: plane.frame.origin_y,
        origin_z: depth.as_ref().map_or(0.0, |(_, origin)| *origin),
        step: plane.frame.step,
        tiles: Some(range),
        bounds: tiles.into_iter().map(|tile| tile.1).collect(),
        ..manifest::Embedding::default()
    })
}

fn bounds(points: &Points) -> Bounds {
    let range = |units: &[u16]| {
        let placed = units.iter().copied().filter(|&unit| unit != NO_POSITION);
        placed.fold((u16::MAX, 0), |(min, max), unit| (min.min(unit), max.max(unit)))
    };
    let ((min_x, max_x), (min_y, max_y)) = (range(&points.xs), range(&points.ys));
    let (min_z, max_z) = points.zs.as_deref().map_or((0, 0), range);
    Bounds { min_x, min_y, min_z, max_x, max_y, max_z }
}

/// The place of the embedding to show first: the one that the file names, else the first of
/// spatial, umap, tsne, pca, else the first. Keys may carry the prefix `X_`.
pub fn default_of(keys: &[&str], stated: Option<&str>) -> usize {
    let bare = |key: &str| key.strip_prefix("X_").unwrap_or(key).to_lowercase();
    let position = |wanted: &str| keys.iter().position(|key| bare(key) == bare(wanted));
    stated.and_then(position).or_else(|| ["spatial", "umap", "tsne", "pca"].into_iter().find_map(position)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of_plane(points: &[[f64; 2]]) -> Option<Digitized> {
        digitize(Coordinates { values: points.as_flattened(), n_dims: 2 })
    }

    fn of_space(points: &[[f64; 3]]) -> Digitized {
        digitize(Coordinates { values: points.as_flattened(), n_dims: 3 }).expect("some cell has a position")
    }

    proptest! {
        #[test]
        fn the_error_is_at_most_half_a_step_wherever_the_origin_is(
            points in prop::collection::vec([-50.0..50.0_f64, -50.0..50.0_f64], 20..100),
            origin in prop_oneof![Just([0.0, 0.0]), Just([1.3e7, 6.9e6]), Just([1e9, 3e9]), Just([-1e9, 1e-3])],
        ) {
            let points: Vec<[f64; 2]> = points.iter().map(|[x, y]| [x + origin[0], y + origin[1]]).collect();
            let Digitized { plane, .. } = of_plane(&points).unwrap();
            let bound = plane.frame.step * 0.5 * (1.0 + 1e-4);
            for (cell, point) in points.iter().enumerate().filter(|(cell, _)| plane.xs[*cell] != NO_POSITION) {
                let (x, y) = plane.frame.coordinates(f64::from(plane.xs[cell]), f64::from(plane.ys[cell]));
                prop_assert!((x - point[0]).abs() <= bound && (y - point[1]).abs() <= bound);
            }
        }
    }

    #[test]
    fn missing_and_constant_coordinates_are_handled() {
        let Digitized { plane, far, .. } = of_plane(&[[f64::NAN, 1.0], [2.0, 2.0], [2.0, f64::INFINITY]]).unwrap();
        assert_eq!((plane.xs, far.len()), (vec![NO_POSITION, 0, NO_POSITION], 0));
        assert!(of_plane(&[[f64::NAN, 1.0]]).is_none());
        assert!(of_plane(&[]).is_none());
    }

    #[test]
    fn cells_a_step_apart_far_from_zero_have_places_of_their_own() {
        let points: Vec<[f64; 2]> = (0..60).map(|cell| [1e9 + f64::from(cell), 3e9]).collect();
        let xs = of_plane(&points).unwrap().plane.xs;
        assert!(xs.is_sorted_by(|a, b| a < b), "{xs:?}");
    }

    #[test]
    fn far_cells_have_no_position_and_are_told() {
        let near = (0..30).map(|cell| [f64::from(cell), f64::from(cell % 7)]);
        let points: Vec<[f64; 2]> = near.chain([[-9999.0; 2]; 3]).collect();
        let digitized = of_plane(&points).unwrap();
        assert_eq!(digitized.plane.xs[30..], [NO_POSITION; 3]);
        assert!(digitized.plane.frame.step < 0.001);
        let message = digitized.far_message().unwrap();
        assert_eq!(message, "3 cells lie far from all others, at (-9999, -9999); they have no position");
    }

    #[test]
    fn a_third_dimension_is_kept_where_it_can_be_drawn() {
        let point = |cell: u32| [f64::from(cell), f64::from(cell % 7), f64::from(cell % 3) - 4.0];
        let points: Vec<[f64; 3]> = (0..30).map(point).collect();
        let (zs, origin) = of_space(&points).depth.unwrap();
        assert_eq!((origin, zs[0], zs[3]), (-4.0, 0, 0));
        assert_eq!(zs[2], (2.0 / (29.0 / MAX_UNIT)).round() as u16);
        let long: Vec<[f64; 3]> = points.iter().map(|[x, y, z]| [*x, *y, z * 1000.0]).collect();
        assert!(of_space(&long).depth.is_none());
        let lacking: Vec<[f64; 3]> = points.iter().map(|[x, y, _]| [*x, *y, f64::NAN]).collect();
        let flat = of_space(&lacking);
        assert!(flat.depth.is_none() && flat.plane.xs.iter().all(|&x| x != NO_POSITION));
    }

    #[test]
    fn the_default_follows_the_reference() {
        assert_eq!(default_of(&["X_pca", "X_tsne", "X_umap"], None), 2);
        assert_eq!(default_of(&["X_pca", "X_umap", "spatial"], None), 2);
        assert_eq!(default_of(&["X_pca", "X_umap"], Some("pca")), 0);
        assert_eq!(default_of(&["X_a", "X_b"], Some("absent")), 0);
    }
}
