//! Pairs of labels: the cells of every cell type, sample by sample.

use super::MomentsColumn;

/// Columns with more pairs of labels than this get no cube: each pair takes a tile.
const MAX_PAIRS: usize = 4096;

/// Cells a pair should have on average: below, the moments of pairs take a good part of the bytes of their cells.
const MIN_CELLS_PER_PAIR: usize = 1024;

/// So few pairs are worth their bytes whatever cells they have.
const FEW_PAIRS: usize = 256;

/// The pairs of labels of two columns that some cell has, and the pair of every cell.
pub struct Cube {
    /// Name of the first column: the main label.
    pub column: String,
    /// Name of the second: the sample.
    pub by: String,
    /// (code, code in `by`) of every pair, ascending; missing is `n_categories`.
    pub pairs: Vec<(u32, u32)>,
    /// Cells of every pair.
    pub n_cells: Vec<u32>,
    /// The pairs as the labels of a column: codes are indices into `pairs`.
    pub as_column: MomentsColumn,
}

impl Cube {
    /// The cube of two columns; `None` with more pairs than are worth their tiles.
    pub fn new(column: &MomentsColumn, by: &MomentsColumn) -> Option<Self> {
        let max_pairs = (column.codes.len() / MIN_CELLS_PER_PAIR).clamp(FEW_PAIRS, MAX_PAIRS);
        let of_cells = || column.codes.iter().copied().zip(by.codes.iter().copied());
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        for pair in of_cells() {
            if let Err(at) = pairs.binary_search(&pair) {
                if pairs.len() == max_pairs {
                    return None;
                }
                pairs.insert(at, pair);
            }
        }
        let place = |pair| pairs.binary_search(&pair).expect("every cell's pair was put there") as u32;
        let pair_of_cell: Vec<u32> = of_cells().map(place).collect();
        let mut n_cells = vec![0; pairs.len()];
        for &pair in &pair_of_cell {
            n_cells[pair as usize] += 1;
        }
        let as_column = MomentsColumn { name: String::new(), n_categories: pairs.len(), codes: pair_of_cell };
        Some(Self { column: column.name.clone(), by: by.name.clone(), pairs, n_cells, as_column })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn column(name: &str, n_categories: usize, codes: Vec<u32>) -> MomentsColumn {
        MomentsColumn { name: name.to_owned(), n_categories, codes }
    }

    proptest! {
        #[test]
        fn every_cell_has_its_pair_and_every_pair_a_cell(codes in prop::collection::vec((0u32..5, 0u32..4), 0..200)) {
            let (types, samples) = codes.iter().copied().unzip();
            let cube = Cube::new(&column("type", 4, types), &column("sample", 3, samples)).unwrap();
            prop_assert!(cube.pairs.is_sorted_by(|a, b| a < b));
            prop_assert!(cube.n_cells.iter().all(|&n| n > 0));
            prop_assert_eq!(cube.n_cells.iter().sum::<u32>() as usize, codes.len());
            for (&pair, &expected) in cube.as_column.codes.iter().zip(&codes) {
                prop_assert_eq!(cube.pairs[pair as usize], expected);
            }
        }
    }

    #[test]
    fn too_many_pairs_are_no_cube() {
        let is_cube = |n_pairs: usize, n_obs: usize| {
            let types = column("type", n_pairs, (0..n_obs).map(|cell| (cell % n_pairs) as u32).collect());
            Cube::new(&types, &column("sample", 1, vec![0; n_obs])).is_some()
        };
        assert!(is_cube(256, 1000) && !is_cube(257, 1000));
        assert!(is_cube(1000, 1_024_000) && !is_cube(1001, 1_024_000));
        assert!(is_cube(4096, 1 << 22) && !is_cube(4097, 1 << 23));
    }
}
