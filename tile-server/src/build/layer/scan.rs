//! The first pass over a matrix: how dense its genes are, and what kind of numbers it holds.

use rayon::prelude::*;
use shared_fbs::manifest::ValueKind;

use super::{
    Context, log_counts,
    spool::{Entry, Spool},
};
use crate::build::{
    BuildError,
    h5ad::{Matrix, SparseSlab, Storage},
};

/// Log-normalised values end below this, where the head-room of their fixed point does: ten thousand
/// has the logarithm 9.2, and nobody scales cells to over nine million.
const MAX_LOG_VALUE: f32 = 16.0;

/// What the first pass finds.
pub struct Scan {
    /// Non-zero finite values of every gene, by column of the matrix.
    pub nonzero_by_gene: Vec<u32>,
    /// Non-zero finite values of every row of the matrix.
    pub nonzero_by_row: Vec<u32>,
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
    /// Values of every row.
    nonzero_by_row: Vec<u32>,
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
pub fn scan(matrix: &Matrix, slab_entries: usize, context: &Context<'_>) -> Result<Scan, BuildError> {
    let stage = context.progress.stage(format!("reading {}", matrix.info().location), stage_length(matrix));
    let (n_rows, n_cols) = (matrix.info().n_rows, matrix.info().n_cols);
    let by_column = matrix.info().storage == Storage::Csc;
    let empty = || Tally {
        nonzero_by_gene: vec![0; n_cols],
        nonzero_by_row: vec![0; n_rows],
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
            context.progress.check()?;
            let slab = matrix.read(range.clone())?;
            for (major, entries) in range.clone().zip(slab.indptr.windows(2)) {
                let indices = &slab.indices[entries[0]..entries[1]];
                let data = &slab.data[entries[0]..entries[1]];
                tally.take(major as u32, indices, data, by_column);
            }
            stage.advance(entry_count(&slab, matrix, range.len()));
            Ok::<_, BuildError>(tally)
        })
        .try_reduce(empty, |a, b| Ok(a.merge(b)))?;
    tally.conclude(matrix, slab_entries, context)
}

/// The divisor of every row of a column-major matrix, whose values are brought into the order of rows
/// for it. `None` when some row has none.
fn divisors_by_row(
    matrix: &Matrix,
    nonzero_by_row: &[u32],
    slab_entries: usize,
    context: &Context<'_>,
) -> Result<Option<Vec<(u32, f32)>>, BuildError> {
    let output = |source| BuildError::Output { path: context.directory.to_owned(), source };
    let stage = context.progress.stage(format!("reading {} by row", matrix.info().location), stage_length(matrix));
    // What the spool calls a gene is a row here.
    let mut spool = Spool::new(nonzero_by_row, context.values_in_memory, context.directory).map_err(output)?;
    for group in matrix.slabs(slab_entries).chunks(rayon::current_num_threads()) {
        context.progress.check()?;
        let slabs: Vec<SparseSlab> =
            group.par_iter().map(|range| matrix.read(range.clone())).collect::<Result<_, _>>()?;
        for (range, slab) in group.iter().zip(slabs) {
            for (major, bounds) in range.clone().zip(slab.indptr.windows(2)) {
                let entry =
                    |at: usize| Entry { gene: slab.indices[at], cell: major as u32, bits: slab.data[at].to_bits() };
                spool.extend((bounds[0]..bounds[1]).map(entry)).map_err(output)?;
            }
            stage.advance(entry_count(&slab, matrix, range.len()));
        }
    }
    let mut divisors = Vec::new();
    for rows in spool.into_genes() {
        context.progress.check()?;
        let rows = rows.map_err(output)?;
        let divisor_of = |row: u32| {
            let values: Vec<f32> = rows.values_of(row).iter().map(|&(_, bits)| f32::from_bits(bits)).collect();
            log_counts::divisor_of(&values).map(|divisor| (row, divisor))
        };
        let present = rows.genes.clone().into_par_iter().filter(|&row| !rows.values_of(row).is_empty());
        match present.map(divisor_of).collect::<Option<Vec<_>>>() {
            Some(found) => divisors.extend(found),
            None => return Ok(None),
        }
    }
    Ok(Some(divisors))
}

/// Entries of progress that reading a matrix takes: stored ones, or all of a dense one.
pub fn stage_length(matrix: &Matrix) -> u64 {
    match (matrix.info().storage, matrix.info().nnz) {
        (Storage::Csr | Storage::Csc, Some(nnz)) => nnz,
        _ => (matrix.n_major() * matrix.n_minor()) as u64,
    }
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
            let (row, gene) = if by_column { (minor, major) } else { (major, minor) };
            self.nonzero_by_row[row as usize] += 1;
            self.nonzero_by_gene[gene as usize] += 1;
        }
        self.has_negative |= has_negative;
        self.has_fraction |= has_fraction;
        self.no_log_counts |= has_negative || has_odd || self.max_abs > MAX_LOG_VALUE;
        if self.no_log_counts {
            return;
        }
        if !by_column && !data.is_empty() {
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
        for (mine, theirs) in self.nonzero_by_row.iter_mut().zip(&other.nonzero_by_row) {
            *mine += theirs;
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

    fn conclude(self, matrix: &Matrix, slab_entries: usize, context: &Context<'_>) -> Result<Scan, BuildError> {
        let largest_exact = (1u32 << f32::MANTISSA_DIGITS) as f32;
        let is_counts = !self.has_fraction && !self.has_negative && self.max_abs <= largest_exact;
        let found = if is_counts || self.no_log_counts {
            None
        } else if matrix.info().storage == Storage::Csc {
            divisors_by_row(matrix, &self.nonzero_by_row, slab_entries, context)?
        } else {
            Some(self.divisors)
        };
        let n_divisors = found.as_ref().map_or(0, Vec::len) as u64;
        let kind = match found {
            _ if is_counts => ValueKind::Counts,
            Some(_) => ValueKind::LogNormalizedCounts,
            None => ValueKind::Float,
        };
        let divisors = found.map_or(Vec::new(), |found| {
            let mut divisors = vec![1.0; matrix.info().n_rows];
            for (row, divisor) in found {
                divisors[row as usize] = divisor;
            }
            divisors
        });
        Ok(Scan {
            nonzero_by_gene: self.nonzero_by_gene,
            nonzero_by_row: self.nonzero_by_row,
            n_nan: self.n_nan,
            n_infinite: self.n_infinite,
            has_negative: self.has_negative,
            max_abs: self.max_abs,
            kind,
            divisors,
            n_divisors,
        })
    }
}
