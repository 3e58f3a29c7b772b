//! Embeddings: from coordinates of any scale to 16-bit units, and to the tiles of the points pack.

use std::io;

use explorer_core::data::{Embedding, Frame};
use rayon::prelude::*;
use shared_fbs::{
    manifest::{self, Bounds},
    order::Levels,
    tile::{NO_POSITION, Points},
};

use super::pack::{CAREFUL_LEVEL, Frame as PackFrame, PackWriter};

/// The largest unit of a position; one more means "no position".
const MAX_UNIT: f64 = (NO_POSITION - 1) as f64;

/// Digitizes coordinates, rounding to the nearest of 65 535 steps; one step serves both axes. A
/// cell has no position when either coordinate is not finite.
///
/// `None` when no cell has a position.
pub fn digitize(coordinates: &[[f32; 2]]) -> Option<Embedding> {
    let positioned = || coordinates.iter().filter(|point| point.iter().all(|axis| axis.is_finite()));
    let mut min = [f64::INFINITY; 2];
    let mut max = [f64::NEG_INFINITY; 2];
    for point in positioned() {
        for axis in 0..2 {
            min[axis] = min[axis].min(f64::from(point[axis]));
            max[axis] = max[axis].max(f64::from(point[axis]));
        }
    }
    let extent = (max[0] - min[0]).max(max[1] - min[1]);
    if !extent.is_finite() {
        return None;
    }
    let step = if extent > 0.0 { extent / MAX_UNIT } else { 1.0 };
    let frame = Frame { origin_x: min[0], origin_y: min[1], step };
    let (xs, ys) = coordinates
        .iter()
        .map(|&[x, y]| {
            if !(x.is_finite() && y.is_finite()) {
                return (NO_POSITION, NO_POSITION);
            }
            let (x, y) = frame.units(f64::from(x), f64::from(y));
            (x.round().min(MAX_UNIT) as u16, y.round().min(MAX_UNIT) as u16)
        })
        .unzip();
    Some(Embedding { xs, ys, frame })
}

/// Writes the tiles of one embedding (in storage order), level after level.
pub fn write(
    key: &str,
    embedding: &Embedding,
    levels: &Levels,
    pack: &mut PackWriter,
) -> io::Result<manifest::Embedding> {
    let tiles: Vec<(PackFrame, Bounds)> = levels
        .tiles()
        .par_iter()
        .map(|tile| {
            let mut points = Points::default();
            for cell in tile.iter() {
                points.xs.push(embedding.xs[cell as usize]);
                points.ys.push(embedding.ys[cell as usize]);
            }
            (PackFrame::new(&points.encode(), CAREFUL_LEVEL), bounds(&points))
        })
        .collect();
    let range = pack.extend(tiles.iter().map(|tile| &tile.0))?;
    let n_positioned = embedding.xs.iter().filter(|&&x| x != NO_POSITION).count() as u32;
    Ok(manifest::Embedding {
        key: key.to_owned(),
        n_dims: 2,
        n_positioned,
        origin_x: embedding.frame.origin_x,
        origin_y: embedding.frame.origin_y,
        step: embedding.frame.step,
        tiles: Some(range),
        bounds: tiles.into_iter().map(|tile| tile.1).collect(),
        ..manifest::Embedding::default()
    })
}

fn bounds(points: &Points) -> Bounds {
    let mut bounds = Bounds { min_x: u16::MAX, min_y: u16::MAX, ..Bounds::default() };
    for (&x, &y) in points.xs.iter().zip(&points.ys).filter(|point| *point.0 != NO_POSITION) {
        bounds.min_x = bounds.min_x.min(x);
        bounds.min_y = bounds.min_y.min(y);
        bounds.max_x = bounds.max_x.max(x);
        bounds.max_y = bounds.max_y.max(y);
    }
    bounds
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

    proptest! {
        #[test]
        fn the_error_is_at_most_half_a_step(points in prop::collection::vec([-1e4f32..1e4, -1e4f32..1e4], 1..100)) {
            let embedding = digitize(&points).unwrap();
            let bound = embedding.frame.step * 0.5 * (1.0 + 1e-9);
            for (i, point) in points.iter().enumerate() {
                let (x, y) = embedding.frame.coordinates(f64::from(embedding.xs[i]), f64::from(embedding.ys[i]));
                prop_assert!((x - f64::from(point[0])).abs() <= bound && (y - f64::from(point[1])).abs() <= bound);
            }
        }
    }

    #[test]
    fn missing_and_constant_coordinates_are_handled() {
        let embedding = digitize(&[[f32::NAN, 1.0], [2.0, 2.0], [2.0, f32::INFINITY]]).unwrap();
        assert_eq!(embedding.xs, [NO_POSITION, 0, NO_POSITION]);
        assert_eq!(digitize(&[[f32::NAN, 1.0]]), None);
        assert_eq!(digitize(&[]), None);
    }

    #[test]
    fn the_default_follows_the_reference() {
        assert_eq!(default_of(&["X_pca", "X_tsne", "X_umap"], None), 2);
        assert_eq!(default_of(&["X_pca", "X_umap", "spatial"], None), 2);
        assert_eq!(default_of(&["X_pca", "X_umap"], Some("pca")), 0);
        assert_eq!(default_of(&["X_a", "X_b"], Some("absent")), 0);
    }
}
