//! One pass over a matrix: everything that rules ask of its values.

use std::ops::ControlFlow;

use h5ad::{H5adError, RawMatrix, RawSlab, Storage};
use xxhash_rust::xxh3::xxh3_128;

/// What a pass collects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Sums and numbers of entries by gene.
    pub(crate) genes: bool,
    /// Hashes of cells, and which have no values.
    pub(crate) cells: bool,
}

/// What a pass found.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    /// Entries that are not zero, NaN included.
    pub(crate) n_nonzero: u64,
    /// The sum of each gene.
    pub(crate) sums: Vec<f64>,
    /// The number of entries that the original counts of each gene: those stored, or of a dense matrix those not zero.
    pub(crate) n_entries: Vec<u64>,
    /// A hash of each cell's values; cells that are alike have the same.
    pub(crate) hashes: Vec<u128>,
    /// Which cells have no value other than zero.
    pub(crate) is_empty: Vec<bool>,
    /// Values that are negative or no whole numbers.
    pub(crate) n_not_counts: u64,
    /// The first of them, and its cell.
    pub(crate) first_not_count: Option<(usize, f64)>,
    /// Values that are NaN or infinite.
    pub(crate) n_not_finite: u64,
    /// Whether every value is exact as a float of 32 bits.
    pub(crate) fits_single: bool,
}

/// Reads a matrix once. `advance` is told how many cells (of a CSC matrix genes) were read.
pub(crate) fn pass(
    matrix: &RawMatrix,
    wanted: Wanted,
    advance: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Summary, H5adError> {
    let (n_rows, n_cols) = match matrix.shape[..] {
        [n_rows, n_cols] => (n_rows, n_cols),
        _ => return Ok(Summary::default()),
    };
    let storage = matrix.storage();
    let mut summary = Summary { fits_single: true, ..Summary::default() };
    if wanted.genes {
        summary.sums = vec![0.0; n_cols];
        summary.n_entries = vec![0; n_cols];
    }
    if wanted.cells {
        summary.is_empty = vec![true; n_rows];
        if storage != Some(Storage::Csc) {
            summary.hashes = vec![0; n_rows];
        }
    }
    let mut scratch = Scratch::default();
    matrix.each_slab(|slab| match slab {
        RawSlab::Dense { first, values } => {
            let n = values.len().checked_div(n_cols).unwrap_or_default();
            for (at, row) in values.chunks_exact(n_cols.max(1)).enumerate() {
                summary.dense_row(first + at, row, wanted, &mut scratch);
            }
            advance(n)
        }
        RawSlab::Sparse { first, bounds, minors, values } => {
            for (at, bound) in bounds.windows(2).enumerate() {
                let (minors, values) = (&minors[bound[0]..bound[1]], &values[bound[0]..bound[1]]);
                match storage {
                    Some(Storage::Csc) => summary.csc_column(first + at, minors, values, wanted),
                    Some(Storage::Csr | Storage::Dense) | None => {
                        summary.csr_row(first + at, minors, values, wanted, &mut scratch);
                    }
                }
            }
            advance(bounds.len() - 1)
        }
    })?;
    Ok(summary)
}

/// Memory that is used again for each cell.
#[derive(Default)]
struct Scratch {
    bytes: Vec<u8>,
    entries: Vec<(u32, f64)>,
}

impl Scratch {
    /// The hash of entries that are told in order of their genes. Zeros count by their sign, as the bytes of an array.
    fn hash(&mut self, entries: impl Iterator<Item = (u32, f64)>) -> u128 {
        self.bytes.clear();
        for (gene, value) in entries {
            self.bytes.extend(gene.to_le_bytes());
            self.bytes.extend(value.to_bits().to_le_bytes());
        }
        xxh3_128(&self.bytes)
    }
}

impl Summary {
    fn see(&mut self, row: usize, value: f64) {
        if value < 0.0 || value % 1.0 > 0.0 {
            self.n_not_counts += 1;
            self.first_not_count.get_or_insert((row, value));
        } else if !value.is_finite() {
            self.n_not_finite += 1;
        }
        if f64::from(value as f32) != value && !value.is_nan() {
            self.fits_single = false;
        }
    }

    fn dense_row(&mut self, row: usize, values: &[f64], wanted: Wanted, scratch: &mut Scratch) {
        let mut n = 0;
        for (gene, value) in values.iter().enumerate().filter(|(_, value)| **value != 0.0) {
            n += 1;
            self.see(row, *value);
            if wanted.genes {
                self.sums[gene] += value;
                self.n_entries[gene] += 1;
            }
        }
        self.n_nonzero += n;
        if wanted.cells {
            self.is_empty[row] = n == 0;
            let entries = values.iter().enumerate().filter(|(_, value)| value.to_bits() != 0);
            self.hashes[row] = scratch.hash(entries.map(|(gene, value)| (gene as u32, *value)));
        }
    }

    fn csr_row(&mut self, row: usize, genes: &[u32], values: &[f64], wanted: Wanted, scratch: &mut Scratch) {
        let mut n = 0;
        for (gene, value) in genes.iter().zip(values) {
            self.see(row, *value);
            n += u64::from(*value != 0.0);
            if wanted.genes {
                self.sums[*gene as usize] += value;
                self.n_entries[*gene as usize] += 1;
            }
        }
        self.n_nonzero += n;
        if !wanted.cells {
            return;
        }
        self.is_empty[row] = n == 0;
        if genes.is_sorted_by(|a, b| a < b) {
            let entries = genes.iter().copied().zip(values.iter().copied()).filter(|(_, value)| *value != 0.0);
            self.hashes[row] = scratch.hash(entries);
            return;
        }
        // Entries that are listed twice are added up, as scipy does.
        let mut entries = std::mem::take(&mut scratch.entries);
        entries.clear();
        entries.extend(genes.iter().copied().zip(values.iter().copied()));
        entries.sort_by_key(|(gene, _)| *gene);
        entries.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            if is_same {
                kept.1 += next.1;
            }
            is_same
        });
        self.hashes[row] = scratch.hash(entries.iter().copied().filter(|(_, value)| *value != 0.0));
        scratch.entries = entries;
    }

    fn csc_column(&mut self, gene: usize, cells: &[u32], values: &[f64], wanted: Wanted) {
        for (cell, value) in cells.iter().zip(values) {
            self.see(*cell as usize, *value);
            self.n_nonzero += u64::from(*value != 0.0);
            if wanted.cells && *value != 0.0 {
                self.is_empty[*cell as usize] = false;
            }
        }
        if wanted.genes {
            self.sums[gene] = values.iter().sum();
            self.n_entries[gene] = values.len() as u64;
        }
    }

    /// The cells of `kept` that have the same values as another of them.
    pub(crate) fn alike(&self, kept: impl Iterator<Item = usize> + Clone) -> Vec<usize> {
        let mut hashes: Vec<u128> = kept.clone().map(|row| self.hashes[row]).collect();
        hashes.sort_unstable();
        let is_repeated = |hash: &u128| {
            let start = hashes.partition_point(|known| known < hash);
            hashes.get(start + 1) == Some(hash)
        };
        kept.filter(|row| is_repeated(&self.hashes[*row])).collect()
    }
}
