//! The first pass over a matrix: how dense its genes are, and what kind of numbers it holds.

use rayon::prelude::*;
use shared_fbs::manifest::ValueKind;

use super::log_counts;
use crate::build::{
    h5ad::{H5adError, Matrix, SparseSlab, Storage},
    progress::Stage,
};

/// Log-normalised values end below this, where the head-room of their fixed point does: ten thousand
/// has the logarithm 9.2, and nobody scales cells to over nine million.
const MAX_LOG_VALUE: f32 = 16.0;

/// The extremes of no value at all.
const NO_EXTREMES: (f32, f32) = (f32::INFINITY, f32::NEG_INFINITY);

/// What the first pass finds.
pub struct Scan {
    /// Non-zero finite values of every gene, by column of the matrix.
    pub nonzero_by_gene: Vec<u32>,
    /// Values that are not a number.
    pub n_nan: u64,
    /// Values that are infinite.
    pub n_infinite: u64,
    /// Whether any value is negative.
    pub has_negative: bool,
    /// Largest finite |value|.
    pub max_abs: f32,
    /// The kind that the values seem to be of.
    pub kind: ValueKind,
    /// For log-normalised counts: one divisor a row of the matrix.
    pub divisors: Vec<f32>,
    /// Rows that have a divisor, since they have values.
    pub n_divisors: u64,
}

/// What is gathered from slabs, in any order.
struct Tally {
    nonzero_by_gene: Vec<u32>,
    /// Smallest and largest value of every cell; infinite for a cell without any. Only for
    /// column-major input.
    extremes_by_cell: Vec<(f32, f32)>,
    /// Divisors of rows, as far as they were found, with the row. Only for row-major input.
    divisors: Vec<(u32, f32)>,
    n_nan: u64,
    n_infinite: u64,
    has_negative: bool,
    has_fraction: bool,
    no_log_counts: bool,
    max_abs: f32,
}

/// Reads the whole matrix once.
pub fn scan(matrix: &Matrix, slab_entries: usize, stage: &Stage) -> Result<Scan, H5adError> {
    let (n_rows, n_cols) = (matrix.info().n_rows, matrix.info().n_cols);
    let by_column = matrix.info().storage == Storage::Csc;
    let empty = || Tally {
        nonzero_by_gene: vec![0; n_cols],
        extremes_by_cell: if by_column { vec![NO_EXTREMES; n_rows] } else { Vec::new() },
        divisors: Vec::new(),
        n_nan: 0,
        n_infinite: 0,
        has_negative: false,
        has_fraction: false,
        no_log_counts: false,
        max_abs: 0.0,
    };
    let tally = matrix
        .slabs(slab_entries)
        .into_par_iter()
        .try_fold(empty, |mut tally, range| {
            let slab = matrix.read(range.clone())?;
            for (major, entries) in range.clone().zip(slab.indptr.windows(2)) {
                let indices = &slab.indices[entries[0]..entries[1]];
                let data = &slab.data[entries[0]..entries[1]];
                tally.take(major as u32, indices, data, by_column);
            }
            stage.advance(entry_count(&slab, matrix, range.len()));
            Ok(tally)
        })
        .try_reduce(empty, |a, b| Ok(a.merge(b)))?;
    Ok(tally.conclude(n_rows, by_column))
}

/// How many entries of progress a slab is: stored ones, or all of a dense one.
pub fn entry_count(slab: &SparseSlab, matrix: &Matrix, n_majors: usize) -> u64 {
    match matrix.info().storage {
        Storage::Dense => (n_majors * matrix.n_minor()) as u64,
        Storage::Csr | Storage::Csc => slab.data.len() as u64,
    }
}

impl Tally {
    fn take(&mut self, major: u32, indices: &[u32], data: &[f32], by_column: bool) {
        let (mut has_negative, mut has_fraction, mut has_odd) = (false, false, false);
        for (&minor, &value) in indices.iter().zip(data) {
            if !value.is_finite() {
                has_odd = true;
                self.n_nan += u64::from(value.is_nan());
                self.n_infinite += u64::from(value.is_infinite());
                continue;
            }
            self.max_abs = self.max_abs.max(value.abs());
            has_negative |= value < 0.0;
            has_fraction |= value.fract() != 0.0;
            let gene = if by_column { major } else { minor };
            self.nonzero_by_gene[gene as usize] += 1;
        }
        self.has_negative |= has_negative;
        self.has_fraction |= has_fraction;
        self.no_log_counts |= has_negative || has_odd || self.max_abs > MAX_LOG_VALUE;
        if self.no_log_counts {
            return;
        }
        if by_column {
            for (&cell, &value) in indices.iter().zip(data) {
                let (min, max) = &mut self.extremes_by_cell[cell as usize];
                (*min, *max) = (min.min(value), max.max(value));
            }
        } else if !data.is_empty() {
            match log_counts::divisor_of(data) {
                Some(divisor) => self.divisors.push((major, divisor)),
                None => self.no_log_counts = true,
            }
        }
    }

    fn merge(mut self, other: Self) -> Self {
        for (mine, theirs) in self.nonzero_by_gene.iter_mut().zip(&other.nonzero_by_gene) {
            *mine += theirs;
        }
        for (mine, theirs) in self.extremes_by_cell.iter_mut().zip(&other.extremes_by_cell) {
            *mine = (mine.0.min(theirs.0), mine.1.max(theirs.1));
        }
        self.divisors.extend(other.divisors);
        self.n_nan += other.n_nan;
        self.n_infinite += other.n_infinite;
        self.has_negative |= other.has_negative;
        self.has_fraction |= other.has_fraction;
        self.no_log_counts |= other.no_log_counts;
        self.max_abs = self.max_abs.max(other.max_abs);
        self
    }

    fn conclude(self, n_rows: usize, by_column: bool) -> Scan {
        let largest_exact = (1u32 << f32::MANTISSA_DIGITS) as f32;
        let is_counts = !self.has_fraction && !self.has_negative && self.max_abs <= largest_exact;
        let (mut divisors, mut n_divisors) = (Vec::new(), 0);
        let kind = if is_counts {
            ValueKind::Counts
        } else if self.no_log_counts {
            ValueKind::Float
        } else {
            divisors = vec![1.0; n_rows];
            if by_column {
                n_divisors = self.extremes_by_cell.iter().filter(|extremes| **extremes != NO_EXTREMES).count() as u64;
                divisors.par_iter_mut().zip(&self.extremes_by_cell).for_each(|(divisor, &(min, max))| {
                    if (min, max) != NO_EXTREMES {
                        *divisor = log_counts::divisor_of_extremes(min, max);
                    }
                });
            }
            n_divisors += self.divisors.len() as u64;
            for &(row, divisor) in &self.divisors {
                divisors[row as usize] = divisor;
            }
            ValueKind::LogNormalizedCounts
        };
        Scan {
            nonzero_by_gene: self.nonzero_by_gene,
            n_nan: self.n_nan,
            n_infinite: self.n_infinite,
            has_negative: self.has_negative,
            max_abs: self.max_abs,
            kind,
            divisors,
            n_divisors,
        }
    }
}
