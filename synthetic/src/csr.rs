//! Counts in compressed sparse rows.

/// Counts of some cells: a row a cell, a column a gene.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Csr {
    /// Number of genes.
    pub n_vars: usize,
    /// Where each row begins in `indices` and `data`, and where the last ends: `n_obs + 1` numbers.
    pub indptr: Vec<u64>,
    /// The gene of each non-zero, ascending within a row.
    pub indices: Vec<u32>,
    /// The count of each non-zero, in molecules.
    pub data: Vec<u32>,
    /// The sum of each row.
    pub library_sizes: Vec<u32>,
}

impl Csr {
    /// A matrix of no cells, with room for `n_obs` of them and `nnz` non-zeros.
    pub(crate) fn with_capacity(n_vars: usize, n_obs: usize, nnz: usize) -> Self {
        let mut indptr = Vec::with_capacity(n_obs + 1);
        indptr.push(0);
        Self {
            n_vars,
            indptr,
            indices: Vec::with_capacity(nnz),
            data: Vec::with_capacity(nnz),
            library_sizes: Vec::with_capacity(n_obs),
        }
    }

    /// Number of cells.
    pub fn n_obs(&self) -> usize {
        self.library_sizes.len()
    }

    /// Number of non-zeros.
    pub fn nnz(&self) -> usize {
        self.data.len()
    }

    /// Genes and counts of a cell.
    pub fn row(&self, cell: usize) -> (&[u32], &[u32]) {
        let range = self.indptr[cell] as usize..self.indptr[cell + 1] as usize;
        (&self.indices[range.clone()], &self.data[range])
    }

    /// The values of X, one a non-zero: `log1p(count / (library size / 1e4))` in `f32`, as scanpy's
    /// `normalize_total(target_sum=1e4)` and `log1p` make them, with `log1p` rounded correctly.
    pub fn log_normalized(&self) -> Vec<f32> {
        let mut values = Vec::with_capacity(self.nnz());
        for cell in 0..self.n_obs() {
            let divisor = self.library_sizes[cell] as f32 / 1e4;
            let value = |count: u32| libm::log1p(f64::from(count as f32 / divisor)) as f32;
            // Most counts are small, and a logarithm costs more than the rest.
            let small: [f32; 16] = std::array::from_fn(|count| value(count as u32));
            let (_, counts) = self.row(cell);
            values
                .extend(counts.iter().map(|&count| small.get(count as usize).copied().unwrap_or_else(|| value(count))));
        }
        values
    }

    /// Adds the rows of another matrix with the same genes.
    pub(crate) fn append(&mut self, other: &Self) {
        let before = self.nnz() as u64;
        self.indptr.extend(other.indptr[1..].iter().map(|end| before + end));
        self.indices.extend_from_slice(&other.indices);
        self.data.extend_from_slice(&other.data);
        self.library_sizes.extend_from_slice(&other.library_sizes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_scanpys() {
        let csr = Csr {
            n_vars: 3,
            indptr: vec![0, 2, 2, 3],
            indices: vec![0, 2, 1],
            data: vec![3, 17, 5],
            library_sizes: vec![20, 0, 5],
        };
        // numpy: np.log1p(np.float32(3) / (np.float32(20) / np.float32(1e4))) and so on.
        assert_eq!(csr.log_normalized(), [7.313_886_6, 9.047_939, 9.210_441]);
        assert_eq!(csr.row(1).0, [0_u32; 0]);
    }
}
