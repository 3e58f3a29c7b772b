//! Embeddings: from coordinates of any scale to 16-bit units, and to the tiles of the points pack.

use std::io;

use explorer_core::{
    data::{Embedding, Frame, Number},
    format,
};
use rayon::prelude::*;
use shared_fbs::{
    manifest::{self, Bounds},
    order::Levels,
    tile::{NO_POSITION, Points},
};

use super::{
    cell_order::CellOrder,
    far::{self, BoundingBox},
    pack::{CAREFUL_LEVEL, Frame as PackFrame, PackWriter},
};

/// The largest unit of a position; one more means "no position".
const MAX_UNIT: f64 = (NO_POSITION - 1) as f64;

/// Positions of all cells, in the input's order.
pub struct Digitized {
    /// The first two dimensions.
    pub plane: Embedding,
    /// The third one.
    pub depth: Option<Depth>,
    /// Places of the cells that have no position because they lie far from all others.
    pub far: Vec<[f64; 2]>,
}

/// A third dimension, with a step of its own, so that it costs the plane no digits.
pub struct Depth {
    /// 0 to 65 534, or "no position", one a cell.
    pub zs: Vec<u16>,
    /// Coordinate of unit 0.
    pub origin: f64,
    /// Coordinate units a unit; positive.
    pub step: f64,
}

impl Digitized {
    /// What is said of the cells that lie far from all others.
    pub fn far_message(&self) -> Option<String> {
        let first = self.far.first()?;
        let place = first.map(|value| Number::Float64(value).to_string()).join(", ");
        let place = match self.far.len() {
            1 => return Some(format!("1 cell lies far from all others, at ({place}); it has no position")),
            _ if self.far.iter().all(|other| other == first) => format!("at ({place})"),
            _ => format!("the first at ({place})"),
        };
        let cells = format::integer(self.far.len() as u64);
        Some(format!("{cells} cells lie far from all others, {place}; they have no position"))
    }
}

/// Coordinates of cells, cell after cell.
#[derive(Clone, Copy)]
pub struct Coordinates<'a> {
    /// As many a cell as there are dimensions.
    pub values: &'a [f64],
    /// 2 or 3.
    pub n_dims: usize,
}

/// Digitizes coordinates, rounding to the nearest of 65 535 steps from the least one; one step serves both axes of the
/// plane. A cell has no position when it has no finite place in the plane, or when that is [far](far::take_far) from all
/// others. A third dimension that cells of the plane lack is left out.
///
/// `None` when no cell has a position.
pub fn digitize(coordinates: Coordinates<'_>) -> Option<Digitized> {
    let cells = || coordinates.values.chunks_exact(coordinates.n_dims);
    let plane: Vec<[f64; 2]> = cells().map(|cell| [cell[0], cell[1]]).collect();
    let mut placed: Vec<bool> = plane.iter().map(|[x, y]| x.is_finite() && y.is_finite()).collect();
    let has_depth =
        coordinates.n_dims == 3 && cells().zip(&placed).all(|(cell, placed)| !placed || cell[2].is_finite());
    let far = far::take_far(&plane, &mut placed);
    let around = BoundingBox::around(plane.iter().zip(&placed).filter(|(_, placed)| **placed).map(|(point, _)| *point));
    let extent = around.extent();
    if !extent.is_finite() {
        return None;
    }
    let step = step_of(extent);
    let units = |axis: usize, origin: f64, step: f64| -> Vec<u16> {
        let unit = |cell: &[f64]| ((cell[axis] - origin) / step).round().min(MAX_UNIT) as u16;
        cells().zip(&placed).map(|(cell, &placed)| if placed { unit(cell) } else { NO_POSITION }).collect()
    };
    let [origin_x, origin_y] = around.min;
    let depth = has_depth.then(|| {
        let depths = || cells().zip(&placed).filter(|(_, placed)| **placed).map(|(cell, _)| cell[2]);
        let origin = depths().fold(f64::INFINITY, f64::min);
        let step = step_of(depths().fold(f64::NEG_INFINITY, f64::max) - origin);
        Depth { zs: units(2, origin, step), origin, step }
    });
    Some(Digitized {
        plane: Embedding {
            xs: units(0, origin_x, step),
            ys: units(1, origin_y, step),
            frame: Frame::new(origin_x, origin_y, step),
            depth: None,
        },
        depth,
        far: far.into_iter().map(|cell| plane[cell]).collect(),
    })
}

/// The step that takes an extent to the largest unit.
fn step_of(extent: f64) -> f64 {
    if extent > 0.0 { extent / MAX_UNIT } else { 1.0 }
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
            let zs = depth.as_ref().map(|depth| take(&depth.zs));
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
        origin_z: depth.as_ref().map_or(0.0, |depth| depth.origin),
        step: plane.frame.step,
        step_z: depth.as_ref().map_or(0.0, |depth| depth.step),
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
            let largest = points.as_flattened().iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
            // A number as large as these may itself be rounded twice: as a coordinate, and as origin plus steps.
            let bound = plane.frame.step * 0.5 * (1.0 + 1e-4) + 2.0 * largest * f64::EPSILON;
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
    fn a_third_dimension_is_kept_where_all_cells_of_the_plane_have_it() {
        let point = |cell: u32| [f64::from(cell), f64::from(cell % 7), f64::from(cell % 3) - 4.0];
        let points: Vec<[f64; 3]> = (0..30).map(point).collect();
        let Depth { zs, origin, step } = of_space(&points).depth.unwrap();
        assert_eq!((origin, step), (-4.0, 2.0 / MAX_UNIT));
        assert_eq!(zs[..3], [0, 32_767, 65_534]);
        // However long it is, the plane keeps its digits.
        let long: Vec<[f64; 3]> = points.iter().map(|[x, y, z]| [*x, *y, z * 1000.0]).collect();
        assert_eq!(of_space(&long).plane, of_space(&points).plane);
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
