//! Pairs of labels: the cells of every cell type, sample by sample.

use std::{cmp::Reverse, collections::HashMap};

use super::{MomentsColumn, sets::MAX_PARTS};

/// So many pairs are stored at most, each in a tile: with the cells of none, all parts that a partition has.
const MAX_PAIRS: usize = MAX_PARTS - 1;

/// Cells of a pair that is worth its tile. At 60 000 genes, 1 024 cells take 1.6 MB as cells and 425 kB as sums, 512
/// cells 335 kB: of 2 040 pairs of 483 000 cells, the 87 so large hold 42 % of the cells for 0.045 bytes a value, the
/// 193 of 512 cells would hold 58 % for 0.09.
const MIN_CELLS: u32 = 1024;

/// So few pairs are worth their bytes whatever cells they have.
const FEW_PAIRS: usize = 256;

/// The pairs of labels of two columns that are worth a tile, and the pair of every cell.
pub struct Cube {
    /// Name of the first column: the main label.
    pub column: String,
    /// Name of the second: the sample.
    pub by: String,
    /// (code, code in `by`) of every stored pair, ascending; missing is `n_categories`.
    pub pairs: Vec<(u32, u32)>,
    /// Cells of every stored pair.
    pub n_cells: Vec<u32>,
    /// The pairs as the labels of a column: codes are indices into `pairs`, missing stands for all other pairs.
    pub as_column: MomentsColumn,
}

impl Cube {
    /// The cube of two columns: all pairs if they are few, else the large ones, the largest first; `None` if no pair
    /// is large.
    pub fn new(column: &MomentsColumn, by: &MomentsColumn) -> Option<Self> {
        let of_cells = || column.codes.iter().copied().zip(by.codes.iter().copied());
        let mut counts: HashMap<(u32, u32), u32> = HashMap::new();
        for pair in of_cells() {
            *counts.entry(pair).or_default() += 1;
        }
        let mut stored: Vec<((u32, u32), u32)> = counts.into_iter().collect();
        if stored.len() > FEW_PAIRS {
            stored.retain(|&(_, n_cells)| n_cells >= MIN_CELLS);
            stored.sort_unstable_by_key(|&(pair, n_cells)| (Reverse(n_cells), pair));
            stored.truncate(MAX_PAIRS);
        }
        if stored.is_empty() {
            return None;
        }
        stored.sort_unstable();
        let places: HashMap<(u32, u32), u32> = stored.iter().map(|&(pair, _)| pair).zip(0..).collect();
        let missing = stored.len() as u32;
        let codes = of_cells().map(|pair| places.get(&pair).copied().unwrap_or(missing)).collect();
        let (pairs, n_cells): (Vec<_>, Vec<_>) = stored.into_iter().unzip();
        let as_column = MomentsColumn { name: String::new(), n_categories: pairs.len(), codes };
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

    /// The cube of pairs with so many cells each, as labels of one sample.
    fn cube_of(n_cells: &[u32]) -> Option<Cube> {
        let codes = (0u32..).zip(n_cells).flat_map(|(code, &n)| std::iter::repeat_n(code, n as usize));
        let types = column("type", n_cells.len(), codes.collect());
        let samples = column("sample", 1, vec![0; types.codes.len()]);
        Cube::new(&types, &samples)
    }

    proptest! {
        #[test]
        fn few_pairs_are_all_stored(codes in prop::collection::vec((0u32..5, 0u32..4), 1..200)) {
            let (types, samples) = codes.iter().copied().unzip();
            let cube = Cube::new(&column("type", 4, types), &column("sample", 3, samples)).unwrap();
            prop_assert!(cube.pairs.is_sorted_by(|a, b| a < b));
            prop_assert!(cube.n_cells.iter().all(|&n| n > 0));
            prop_assert_eq!(cube.n_cells.iter().sum::<u32>() as usize, codes.len());
            for (&pair, &expected) in cube.as_column.codes.iter().zip(&codes) {
                prop_assert_eq!(cube.pairs[pair as usize], expected);
            }
        }

        #[test]
        fn of_many_pairs_the_large_are_stored(large in prop::collection::btree_map(0usize..300, 1000u32..1050, 0..20)) {
            let mut n_cells = vec![1; 300];
            large.iter().for_each(|(&pair, &n)| n_cells[pair] = n);
            let expected: Vec<u32> = (0..300).filter(|&pair| n_cells[pair as usize] >= MIN_CELLS).collect();
            let Some(cube) = cube_of(&n_cells) else {
                prop_assert_eq!(expected, Vec::<u32>::new());
                return Ok(());
            };
            prop_assert_eq!(cube.pairs.iter().map(|pair| pair.0).collect::<Vec<_>>(), expected.clone());
            let cells_of = |pair: u32| cube.as_column.codes.iter().filter(|&&code| code == pair).count() as u32;
            for (place, &pair) in (0..).zip(&expected) {
                prop_assert_eq!([cube.n_cells[place as usize], cells_of(place)], [n_cells[pair as usize]; 2]);
            }
            let others: u32 = n_cells.iter().filter(|&&n| n < MIN_CELLS).sum();
            prop_assert_eq!(cells_of(expected.len() as u32), others);
        }
    }

    #[test]
    fn the_largest_come_first() {
        let mut n_cells = vec![MIN_CELLS; MAX_PAIRS + 2];
        n_cells[MAX_PAIRS + 1] += 1;
        let cube = cube_of(&n_cells).unwrap();
        let stored = (0..MAX_PAIRS as u32 - 1).chain([MAX_PAIRS as u32 + 1]);
        assert!(cube.pairs.iter().map(|pair| pair.0).eq(stored));
    }

    #[test]
    fn without_a_large_pair_there_is_no_cube() {
        assert!(cube_of(&[1; FEW_PAIRS]).is_some() && cube_of(&[1; FEW_PAIRS + 1]).is_none());
        assert!(cube_of(&[]).is_none());
    }
}
