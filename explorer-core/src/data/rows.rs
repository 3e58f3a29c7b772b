//! The rows of the input, by which cells are named wherever a name outlives the dataset.

use roaring::RoaringBitmap;

use super::{CellIdx, CellRow};

/// Both directions of the map between storage order and the rows of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellRows {
    rows: Vec<u32>,
    cells: Vec<u32>,
}

impl CellRows {
    /// The map of a dataset with these rows, one a cell; `None` where they are not each number below their count once.
    pub fn new(rows: Vec<u32>) -> Option<Self> {
        const NOWHERE: u32 = u32::MAX;
        let mut cells = vec![NOWHERE; rows.len()];
        for (cell, &row) in (0..).zip(&rows) {
            let place = cells.get_mut(row as usize).filter(|place| **place == NOWHERE)?;
            *place = cell;
        }
        Some(Self { rows, cells })
    }

    /// Number of cells.
    pub fn n_obs(&self) -> usize {
        self.rows.len()
    }

    /// The row of a cell; `None` where there is no such cell.
    pub fn row_of(&self, cell: CellIdx) -> Option<CellRow> {
        self.rows.get(cell.0 as usize).copied().map(CellRow)
    }

    /// The cell of a row; `None` where there is no such row.
    pub fn cell_of(&self, row: CellRow) -> Option<CellIdx> {
        self.cells.get(row.0 as usize).copied().map(CellIdx)
    }

    /// Items of all cells, in the order of their rows.
    pub fn by_row<T: Default>(&self, items: impl IntoIterator<Item = T>) -> Vec<T> {
        let mut by_row: Vec<T> = std::iter::repeat_with(T::default).take(self.n_obs()).collect();
        for (&row, item) in self.rows.iter().zip(items) {
            by_row[row as usize] = item;
        }
        by_row
    }

    /// The rows of some cells.
    pub fn rows_of(&self, cells: impl IntoIterator<Item = CellIdx>) -> RoaringBitmap {
        cells.into_iter().filter_map(|cell| self.row_of(cell)).map(|CellRow(row)| row).collect()
    }

    /// The cells of some rows; rows that the input does not have are left out, and cost nothing.
    pub fn cells_of<'a>(&'a self, rows: &'a RoaringBitmap) -> impl Iterator<Item = CellIdx> + 'a {
        rows.range(..self.cells.len() as u32).filter_map(|row| self.cell_of(CellRow(row)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_list_of_rows_is_the_same_cells_in_every_order(
            order in (1_u32..200).prop_flat_map(|n| Just((0..n).collect::<Vec<u32>>()).prop_shuffle()),
            picked in prop::collection::btree_set(0_u32..200, 0..50),
        ) {
            let n = order.len() as u32;
            let stored = CellRows::new((0..n).collect()).unwrap();
            let rebuilt = CellRows::new(order).unwrap();
            let cells = picked.into_iter().filter(|&cell| cell < n).map(CellIdx);
            let list = stored.rows_of(cells);
            // What one dataset lists, the other finds: by the rows of its own cells.
            let found: Vec<CellIdx> = rebuilt.cells_of(&list).collect();
            prop_assert_eq!(rebuilt.rows_of(found), list);
        }
    }

    #[test]
    fn rows_that_are_no_order_are_refused() {
        assert_eq!(CellRows::new(vec![0, 0]), None);
        assert_eq!(CellRows::new(vec![1, 2]), None);
        let rows = CellRows::new(vec![2, 0, 1]).unwrap();
        assert_eq!(rows.cell_of(CellRow(2)), Some(CellIdx(0)));
        assert_eq!(rows.row_of(CellIdx(3)), None);
        assert_eq!(rows.by_row(["c", "a", "b"]), ["a", "b", "c"]);
        assert!(rows.cells_of(&[2, 9].into()).eq([CellIdx(0)]));
        // A link may list every row that there can be in a few bytes.
        let all = RoaringBitmap::full();
        assert_eq!(rows.cells_of(&all).count(), 3);
    }
}
