//! The sets of cells that get moments: all cells, the labels of columns, pairs of labels.

use std::ops::Range;

use super::{Cube, MomentsColumn};

/// A partition has at most this many parts: 128 kB of sums a gene, which stay in the cache.
pub const MAX_PARTS: usize = 4096;

/// All sets that get moments, each with a number: that of all cells is 0.
pub struct CellSets {
    /// Cells of every set.
    pub n_cells: Vec<u64>,
    /// Name of every column, and the sets of its labels, missing last where some cell has none.
    pub columns: Vec<(String, Range<usize>)>,
    /// The sets of the stored pairs of labels.
    pub cube: Option<Range<usize>>,
    /// Together they tell all sets apart.
    pub partitions: Vec<Partition>,
}

/// Parts that have no cell in common, of which sets are made up. A value is added to one part of each
/// partition instead of to one set of each column: labels of one column are often made up of those of
/// another, as donors are of one sex each.
pub struct Partition {
    /// Part of every cell, in storage order.
    pub part_of_cell: Vec<u16>,
    /// Number of parts.
    pub n_parts: usize,
    /// The set that every part belongs to, for each column that is told by these parts; `None` for cells of pairs of
    /// labels that are not stored.
    pub set_of_part: Vec<Vec<Option<u32>>>,
}

impl CellSets {
    /// The sets of so many cells: all, those of the columns' labels, those of pairs.
    pub fn new(n_obs: usize, columns: &[MomentsColumn], cube: Option<&Cube>) -> Self {
        let mut sets = Self { n_cells: vec![n_obs as u64], columns: Vec::new(), cube: None, partitions: Vec::new() };
        let all = Partition { part_of_cell: vec![0; n_obs], n_parts: 1, set_of_part: vec![vec![Some(0)]] };
        sets.partitions.push(all);
        // The pairs come first, since they tell their two columns as well, but their sets come last.
        if let Some(cube) = cube {
            sets.partitions[0].refine(&cube.as_column);
        }
        for column in columns {
            let range = sets.number(column);
            sets.tell(column, &range);
            sets.columns.push((column.name.clone(), range));
        }
        if let Some(cube) = cube {
            let first = sets.n_cells.len();
            sets.n_cells.extend(cube.n_cells.iter().map(|&n_cells| u64::from(n_cells)));
            let range = first..sets.n_cells.len();
            sets.tell(&cube.as_column, &range);
            sets.cube = Some(range);
        }
        sets
    }

    /// Numbers the sets of a column, and counts their cells.
    fn number(&mut self, column: &MomentsColumn) -> Range<usize> {
        let mut n_cells = vec![0; column.n_categories + 1];
        column.codes.iter().for_each(|&code| n_cells[code as usize] += 1);
        n_cells.pop_if(|missing| *missing == 0);
        let first = self.n_cells.len();
        self.n_cells.extend(n_cells);
        first..self.n_cells.len()
    }

    /// Has the partition tell a column that needs the fewest more parts for it, or one of its own. The sets are those
    /// of the labels, which may be without that of the missing ones.
    fn tell(&mut self, column: &MomentsColumn, sets: &Range<usize>) {
        let grown = self.partitions.iter().enumerate().map(|(at, partition)| {
            let n_parts = partition.count_refined(column);
            (n_parts - partition.n_parts, n_parts, at)
        });
        let at = grown.filter(|&(_, n_parts, _)| n_parts <= MAX_PARTS).min().map(|(_, _, at)| at);
        let at = at.unwrap_or_else(|| {
            let part_of_cell = vec![0; column.codes.len()];
            self.partitions.push(Partition { part_of_cell, n_parts: 1, set_of_part: Vec::new() });
            self.partitions.len() - 1
        });
        let label_of_part = self.partitions[at].refine(column);
        let set = |label: usize| Some(sets.start + label).filter(|set| sets.contains(set)).map(|set| set as u32);
        self.partitions[at].set_of_part.push(label_of_part.into_iter().map(set).collect());
    }
}

impl Partition {
    /// Parts that it takes to tell a column too.
    fn count_refined(&self, column: &MomentsColumn) -> usize {
        let n_labels = column.n_categories + 1;
        let mut is_there = vec![false; self.n_parts * n_labels];
        for (&part, &code) in self.part_of_cell.iter().zip(&column.codes) {
            is_there[usize::from(part) * n_labels + code as usize] = true;
        }
        is_there.into_iter().filter(|&is_there| is_there).count()
    }

    /// Splits parts so that each has one label of a column, and returns it for each.
    fn refine(&mut self, column: &MomentsColumn) -> Vec<usize> {
        let n_labels = column.n_categories + 1;
        let mut is_there = vec![false; self.n_parts * n_labels];
        for (&part, &code) in self.part_of_cell.iter().zip(&column.codes) {
            is_there[usize::from(part) * n_labels + code as usize] = true;
        }
        // Numbered by old part and label, so that the numbers do not depend on the cells' order.
        let present: Vec<usize> = (0..is_there.len()).filter(|&at| is_there[at]).collect();
        let mut new_part = vec![0; is_there.len()];
        for (number, &at) in (0..).zip(&present) {
            new_part[at] = number;
        }
        for (part, &code) in self.part_of_cell.iter_mut().zip(&column.codes) {
            *part = new_part[usize::from(*part) * n_labels + code as usize];
        }
        for sets in &mut self.set_of_part {
            *sets = present.iter().map(|at| sets[at / n_labels]).collect();
        }
        self.n_parts = present.len();
        present.into_iter().map(|at| at % n_labels).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn columns(n_obs: usize, n_labels: &[usize], seed: u32) -> Vec<MomentsColumn> {
        let code = |cell: usize, at: usize| (cell as u32).wrapping_mul(2_654_435_761 + 2 * at as u32 + seed) >> 8;
        let column = |(at, &n): (usize, &usize)| MomentsColumn {
            name: at.to_string(),
            n_categories: n,
            codes: (0..n_obs).map(|cell| code(cell, at) % (n as u32 + at as u32 % 2)).collect(),
        };
        n_labels.iter().enumerate().map(column).collect()
    }

    /// Leaves so many pairs of a cube.
    fn store_fewer(cube: &mut Cube, n_stored: usize) {
        let n_stored = n_stored.min(cube.pairs.len());
        cube.pairs.truncate(n_stored);
        cube.n_cells.truncate(n_stored);
        cube.as_column.n_categories = n_stored;
        cube.as_column.codes.iter_mut().for_each(|code| *code = (*code).min(n_stored as u32));
    }

    proptest! {
        #[test]
        fn parts_make_up_the_sets(
            n_obs in 1usize..3000,
            n_labels in prop::collection::vec(1usize..200, 0..6),
            seed: u16,
            with_cube: bool,
            n_stored in 0usize..300,
        ) {
            let columns = columns(n_obs, &n_labels, seed.into());
            let mut cube = if with_cube && columns.len() > 1 { Cube::new(&columns[0], &columns[1]) } else { None };
            if let Some(cube) = &mut cube {
                store_fewer(cube, n_stored);
            }
            let sets = CellSets::new(n_obs, &columns, cube.as_ref());
            prop_assert_eq!(sets.columns.len(), columns.len());
            prop_assert_eq!(sets.cube.is_some(), cube.is_some());
            let mut n_cells = vec![0; sets.n_cells.len()];
            let mut found = vec![Vec::new(); n_obs];
            for partition in &sets.partitions {
                prop_assert!(partition.n_parts <= MAX_PARTS);
                for (cell, &part) in partition.part_of_cell.iter().enumerate() {
                    for set_of_part in &partition.set_of_part {
                        prop_assert_eq!(set_of_part.len(), partition.n_parts);
                        if let Some(set) = set_of_part[usize::from(part)] {
                            n_cells[set as usize] += 1;
                            found[cell].push(set as usize);
                        }
                    }
                }
            }
            prop_assert_eq!(&n_cells, &sets.n_cells);
            for (cell, mut found) in found.into_iter().enumerate() {
                let mut expected = vec![0];
                let labels = sets.columns.iter().zip(&columns);
                expected.extend(labels.map(|((_, range), column)| range.start + column.codes[cell] as usize));
                let of_pair = |(cube, range): (&Cube, &Range<usize>)| range.start + cube.as_column.codes[cell] as usize;
                let is_stored = |set: &usize| sets.cube.as_ref().is_some_and(|range| range.contains(set));
                expected.extend(cube.iter().zip(&sets.cube).map(of_pair).filter(is_stored));
                found.sort_unstable();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
