//! The storage order of cells: by main label, within a label along a Hilbert curve.

use explorer_core::data::Embedding;
use rayon::prelude::*;
use shared_fbs::tile::NO_POSITION;

/// Both directions of the map between the input's rows and the storage order.
pub struct CellOrder {
    /// The input's row of every cell.
    pub rows: Vec<u32>,
    /// The cell of every row of the input.
    pub cells: Vec<u32>,
}

impl CellOrder {
    /// Sorts the input's rows by label (missing last), then along the curve through the embedding
    /// (cells without a position last), then by row. Both arguments are in the input's order.
    pub fn new(n_obs: usize, labels: Option<&[i32]>, embedding: Option<&Embedding>) -> Self {
        let label = |row: usize| labels.map_or(0, |labels| labels[row].cast_unsigned());
        let place = |row: usize| {
            embedding.map_or(0, |embedding| {
                let (x, y) = (embedding.xs[row], embedding.ys[row]);
                if x == NO_POSITION { u64::MAX } else { u64::from(hilbert(x, y)) }
            })
        };
        let mut keyed: Vec<(u32, u64, u32)> =
            (0..n_obs).into_par_iter().map(|row| (label(row), place(row), row as u32)).collect();
        keyed.par_sort_unstable();
        let rows: Vec<u32> = keyed.into_iter().map(|key| key.2).collect();
        let mut cells = vec![0; n_obs];
        for (cell, &row) in rows.iter().enumerate() {
            cells[row as usize] = cell as u32;
        }
        Self { rows, cells }
    }
}

/// The distance of a point along the Hilbert curve of order 16 (the iterative algorithm of
/// Wikipedia, "Hilbert curve", `xy2d`).
fn hilbert(x: u16, y: u16) -> u32 {
    let (mut x, mut y) = (u32::from(x), u32::from(y));
    let mut distance = 0u32;
    let mut side = 1u32 << 15;
    while side > 0 {
        let right = u32::from(x & side > 0);
        let upper = u32::from(y & side > 0);
        // At side 2^15 the product is at most 3 · 2^30, so the sum fits.
        distance += side * side * ((3 * right) ^ upper);
        if upper == 0 {
            if right == 1 {
                x = 0xffff - x;
                y = 0xffff - y;
            }
            std::mem::swap(&mut x, &mut y);
        }
        side /= 2;
    }
    distance
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn neighbors_on_the_curve_are_neighbors_in_the_plane() {
        let mut points: Vec<(u32, u16, u16)> =
            (0..64u16).flat_map(|x| (0..64u16).map(move |y| (hilbert(x, y), x, y))).collect();
        points.sort_unstable();
        for pair in points.windows(2) {
            assert_eq!(pair[0].1.abs_diff(pair[1].1) + pair[0].2.abs_diff(pair[1].2), 1, "{pair:?}");
        }
    }

    proptest! {
        #[test]
        fn order_is_a_permutation_sorted_by_label(labels in prop::collection::vec(-1i32..4, 0..200)) {
            let order = CellOrder::new(labels.len(), Some(&labels), None);
            for (cell, &row) in order.rows.iter().enumerate() {
                prop_assert_eq!(order.cells[row as usize] as usize, cell);
            }
            let missing_last: Vec<u32> = order.rows.iter().map(|&row| labels[row as usize].cast_unsigned()).collect();
            prop_assert!(missing_last.is_sorted());
        }
    }
}
