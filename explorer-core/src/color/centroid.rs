//! Where the labels of a column stand: in the middle of their cells.

use crate::data::{Categorical, CellIdx, Embedding, NO_POSITION};
use crate::filter::CellMask;

/// The middle of a label's cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Centroid {
    /// The median of their horizontal coordinates, in the file's units.
    pub x: f64,
    /// The median of their vertical coordinates.
    pub y: f64,
    /// Towards the viewer; 0 where the embedding has two dimensions.
    pub z: f64,
    /// How many they are.
    pub n_cells: u32,
}

/// The centroid of every label, by code, over the cells that have a place and are in `within` (all
/// cells, if not given); `None` for labels without any. The median of an even number of cells lies
/// midway between the two in the middle, as `numpy.median`.
pub fn label_centroids(
    column: &Categorical,
    embedding: &Embedding,
    within: Option<&CellMask>,
) -> Vec<Option<Centroid>> {
    let mut places: Vec<[Vec<u16>; 3]> = vec![<_>::default(); column.categories.len()];
    let positions = embedding.xs.iter().zip(&embedding.ys).zip(0_u32..);
    for ((&x, &y), cell) in positions.filter(|((x, y), _)| **x != NO_POSITION && **y != NO_POSITION) {
        if within.is_some_and(|mask| mask.as_bytes()[cell as usize] == 0) {
            continue;
        }
        if let Some([xs, ys, zs]) = places.get_mut(column.codes.get(CellIdx(cell)) as usize) {
            xs.push(x);
            ys.push(y);
            zs.extend(embedding.depth.as_ref().map(|depth| depth.zs[cell as usize]));
        }
    }
    let centroids = places.into_iter().map(|[mut xs, mut ys, mut zs]| {
        let (x, y) = embedding.frame.coordinates(median(&mut xs)?, median(&mut ys)?);
        let depth = embedding.depth.as_ref().zip(median(&mut zs));
        let z = depth.map_or(0.0, |(depth, z)| depth.space.coordinates([0.0, 0.0, z])[2]);
        Some(Centroid { x, y, z, n_cells: xs.len() as u32 })
    });
    centroids.collect()
}

fn median(values: &mut [u16]) -> Option<f64> {
    let middle = values.len().checked_sub(1)? / 2;
    let (below, &mut low, above) = values.select_nth_unstable(middle);
    let is_odd = below.len() == above.len();
    let high = if is_odd { low } else { above.iter().copied().min().unwrap_or(low) };
    Some(f64::midpoint(f64::from(low), f64::from(high)))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::data::{Codes, Frame};

    const FRAME: Frame = Frame::new(-10.0, 5.0, 0.5);

    fn column(codes: Vec<u8>, n_labels: usize) -> Categorical {
        let categories = (0..n_labels).map(|label| label.to_string()).collect();
        Categorical { codes: Codes::U8(codes), categories, ordered: false }
    }

    #[test]
    fn cells_out_of_sight_without_a_place_or_a_label_do_not_count() {
        let column = column(vec![0, 0, 0, 1, 2, 0], 3);
        let none = NO_POSITION;
        let embedding = Embedding {
            xs: vec![2, 4, none, none, 8, 100],
            ys: vec![0, 10, none, none, 6, 100],
            frame: FRAME,
            depth: None,
        };
        let within = CellMask::from_bytes(vec![1, 1, 1, 1, 1, 0]);
        let found = label_centroids(&column, &embedding, Some(&within));
        let expected = |x, y, n_cells| Some(Centroid { x, y, z: 0.0, n_cells });
        assert_eq!(found, [expected(-8.5, 7.5, 2), None, expected(-6.0, 8.0, 1)]);
    }

    proptest! {
        #[test]
        fn medians_are_those_of_the_sorted_values(cells in vec((0u8..5, 0u16..60_000, 0u16..60_000), 0..200)) {
            let (codes, positions): (Vec<u8>, Vec<(u16, u16)>) =
                cells.iter().map(|&(code, x, y)| (code, (x, y))).unzip();
            let (xs, ys) = positions.into_iter().unzip();
            // Code 4 is no label: those cells have none.
            let found = label_centroids(&column(codes, 4), &Embedding { xs, ys, frame: FRAME, depth: None }, None);
            for (label, found) in found.into_iter().enumerate() {
                let middle = |pick: fn(&(u8, u16, u16)) -> u16| {
                    let mut values: Vec<f64> =
                        cells.iter().filter(|cell| usize::from(cell.0) == label).map(|cell| f64::from(pick(cell))).collect();
                    values.sort_by(f64::total_cmp);
                    let n = values.len();
                    (n > 0).then(|| (values[(n - 1) / 2] + values[n / 2]) / 2.0)
                };
                let expected = middle(|cell| cell.1).zip(middle(|cell| cell.2)).map(|(x, y)| FRAME.coordinates(x, y));
                prop_assert_eq!(found.map(|centroid| (centroid.x, centroid.y)), expected);
            }
        }
    }
}
