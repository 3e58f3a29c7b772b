//! A block of consecutive cells in memory, in both orders: by cell, and by gene.

use super::runs::Run;

/// A value with its place in the other direction: its gene in a row of a cell, its cell in a row of a gene.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Entry(u64);

impl Entry {
    /// A value's bits at a place.
    pub fn new(place: u32, bits: u32) -> Self {
        Self(u64::from(place) << 32 | u64::from(bits))
    }

    /// The gene or cell.
    pub fn place(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The value's bits.
    pub fn bits(self) -> u32 {
        self.0 as u32
    }
}

/// A sparse matrix, row after row.
#[derive(Default)]
pub struct Sparse {
    /// Where each row begins; one more than there are rows.
    starts: Vec<u32>,
    entries: Vec<Entry>,
}

impl Sparse {
    /// The values of a row.
    pub fn row(&self, row: usize) -> &[Entry] {
        &self.entries[self.starts[row] as usize..self.starts[row + 1] as usize]
    }

    /// The values of a row, to be changed.
    pub fn row_mut(&mut self, row: usize) -> &mut [Entry] {
        &mut self.entries[self.starts[row] as usize..self.starts[row + 1] as usize]
    }

    /// Where the rows `rows` begin, and all their values.
    pub fn rows(&self, rows: std::ops::Range<usize>) -> (&[u32], &[Entry]) {
        let starts = &self.starts[rows.start..=rows.end];
        (starts, &self.entries[starts[0] as usize..starts[rows.len()] as usize])
    }

    /// Reads runs that come in any order, at most one a row, into `n_rows` rows; `row_of` and `column_of`
    /// number rows and columns anew.
    fn read(&mut self, runs: &[u8], n_rows: usize, row_of: impl Fn(u32) -> u32, column_of: impl Fn(u32) -> u32) {
        let mut rest = runs;
        let mut run_of_row: Vec<Option<Run<'_>>> = vec![None; n_rows];
        while !rest.is_empty() {
            let run = Run::take(&mut rest);
            run_of_row[row_of(run.row) as usize] = Some(run);
        }
        self.starts.clear();
        self.starts.push(0);
        self.entries.clear();
        let (mut columns, mut bits) = (Vec::new(), Vec::new());
        for run in run_of_row {
            if let Some(run) = run {
                columns.clear();
                bits.clear();
                run.columns(&mut columns);
                run.bits(&mut bits);
                let entries = columns.iter().zip(&bits);
                self.entries.extend(entries.map(|(&column, &bits)| Entry::new(column_of(column), bits)));
            }
            self.starts.push(self.entries.len() as u32);
        }
    }

    /// Makes this the transposed of `other`, which has `n_columns` columns. The columns of every row ascend.
    fn transpose_from(&mut self, other: &Self, n_columns: usize) {
        self.starts.clear();
        self.starts.resize(n_columns + 1, 0);
        // Where the next value of a row goes stands one place later, so that it is where the row ends at last.
        for entry in &other.entries {
            if let Some(count) = self.starts.get_mut(entry.place() as usize + 2) {
                *count += 1;
            }
        }
        for row in 2..self.starts.len() {
            self.starts[row] += self.starts[row - 1];
        }
        // Every entry is written below.
        self.entries.resize(other.entries.len(), Entry::default());
        for (row, bounds) in (0u32..).zip(other.starts.windows(2)) {
            for entry in &other.entries[bounds[0] as usize..bounds[1] as usize] {
                let next = &mut self.starts[entry.place() as usize + 1];
                self.entries[*next as usize] = Entry::new(row, entry.bits());
                *next += 1;
            }
        }
    }
}

/// What the rows of a matrix are, and of the runs made of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rows {
    /// Cells: columns of runs are columns of the matrix.
    Cells,
    /// Genes: rows of runs are columns of the matrix, columns of runs are cells.
    Genes,
}

/// The values of consecutive cells. Kept and filled anew, since fresh memory is slow to come by.
#[derive(Default)]
pub struct Block {
    /// The values of every cell, counted from the block's first; genes ascend.
    pub by_cell: Sparse,
    /// The values of every gene; cells ascend, counted from the block's first.
    pub by_gene: Sparse,
}

impl Block {
    /// Reads the runs of `n_cells` cells, whose `rows` are cells counted from the block's first, or columns
    /// of the matrix. `gene_of_column` is the number of the gene in every column of the matrix. `revise` may
    /// change the values, cell by cell.
    pub fn read(
        &mut self,
        runs: &[u8],
        rows: Rows,
        n_cells: usize,
        gene_of_column: &[u32],
        mut revise: impl FnMut(usize, &mut [Entry]),
    ) {
        let n_genes = gene_of_column.len();
        let gene_of = |column: u32| gene_of_column[column as usize];
        match rows {
            Rows::Cells => self.by_cell.read(runs, n_cells, |cell| cell, gene_of),
            Rows::Genes => {
                self.by_gene.read(runs, n_genes, gene_of, |cell| cell);
                self.by_cell.transpose_from(&self.by_gene, n_cells);
            }
        }
        for cell in 0..n_cells {
            revise(cell, self.by_cell.row_mut(cell));
        }
        self.by_gene.transpose_from(&self.by_cell, n_genes);
        if rows == Rows::Cells {
            // Genes were in the order of the matrix so far.
            self.by_cell.transpose_from(&self.by_gene, n_cells);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::runs::RunWriter;
    use proptest::prelude::*;

    /// Runs of rows in some order.
    fn runs(rows: &[Vec<(u32, u32)>], order: impl Iterator<Item = usize>) -> Vec<u8> {
        let (mut writer, mut runs) = (RunWriter::default(), Vec::new());
        for row in order {
            let bits: Vec<u32> = rows[row].iter().map(|entry| entry.1).collect();
            writer.push(row as u32, rows[row].iter().map(|entry| entry.0), &bits, &mut runs);
        }
        runs
    }

    fn rows(sparse: &Sparse, n: usize) -> Vec<Vec<(u32, u32)>> {
        let row = |row| sparse.row(row).iter().map(|entry| (entry.place(), entry.bits())).collect();
        (0..n).map(row).collect()
    }

    fn transposed(rows: &[Vec<(u32, u32)>], n_columns: usize) -> Vec<Vec<(u32, u32)>> {
        let mut columns = vec![Vec::new(); n_columns];
        for (row, entries) in (0u32..).zip(rows) {
            for &(column, bits) in entries {
                columns[column as usize].push((row, bits));
            }
        }
        columns
    }

    proptest! {
        #[test]
        fn both_orders_come_of_cells_and_of_genes(
            matrix in prop::collection::vec(prop::collection::btree_map(0u32..30, 1u32..500, 0..20), 1..20),
            gene_of_column in Just((0u32..30).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let by_row: Vec<Vec<(u32, u32)>> = matrix.iter().map(|row| row.iter().map(|(&c, &v)| (c, v)).collect()).collect();
            let by_column = transposed(&by_row, 30);
            let renumbered = |&(column, bits): &(u32, u32)| (gene_of_column[column as usize], bits + 1);
            let mut by_cell: Vec<Vec<(u32, u32)>> =
                by_row.iter().map(|row| row.iter().map(renumbered).collect()).collect();
            by_cell.iter_mut().for_each(|row| row.sort_unstable());
            let by_gene = transposed(&by_cell, 30);
            // One block after the other in the same memory, as the builder has it.
            let mut block = Block::default();
            let add_one = |_: usize, entries: &mut [Entry]| {
                entries.iter_mut().for_each(|entry| *entry = Entry::new(entry.place(), entry.bits() + 1));
            };
            block.read(&runs(&by_row, (0..by_row.len()).rev()), Rows::Cells, by_row.len(), &gene_of_column, add_one);
            prop_assert_eq!(&rows(&block.by_cell, by_row.len()), &by_cell);
            prop_assert_eq!(&rows(&block.by_gene, 30), &by_gene);
            block.read(&runs(&by_column, 0..30), Rows::Genes, by_row.len(), &gene_of_column, add_one);
            prop_assert_eq!(&rows(&block.by_cell, by_row.len()), &by_cell);
            prop_assert_eq!(&rows(&block.by_gene, 30), &by_gene);
        }
    }
}
