//! Dealing a matrix out by gene, in the form that its values are kept in.

use std::ops::Range;

use rayon::prelude::*;
use shared_fbs::manifest::ValueKind;

use super::{
    Context, Scan,
    log_counts::{self, CellCounts},
    scan, slab_entries,
    spool::{Entry, Spool},
};
use crate::build::{
    error::BuildError,
    h5ad::{H5adError, Matrix, SparseSlab, Storage},
};

/// Log-normalised counts up to this are hardly whole numbers by chance.
const SMALL_COUNT: u32 = 1024;

/// Small counts, beyond one a cell, that tell log-normalised counts from other numbers.
const MIN_EVIDENCE: u64 = 16;

/// How well values are rebuilt from what is stored.
#[derive(Clone, Copy, Default)]
pub struct Rebuild {
    /// Largest difference of a value.
    pub max_error: f32,
    /// Values without a difference.
    pub n_exact: u64,
    /// Log-normalised counts that are small, so that it is no chance that they are whole numbers.
    n_small_counts: u64,
}

impl Rebuild {
    fn merge(self, other: Self) -> Self {
        Self {
            max_error: self.max_error.max(other.max_error),
            n_exact: self.n_exact + other.n_exact,
            n_small_counts: self.n_small_counts + other.n_small_counts,
        }
    }

    /// Whether values are log-normalised counts rather than numbers that happen to be explained so. One
    /// value a cell says nothing, since a divisor can be found for any.
    pub fn is_evidence_of_counts(self, scan: &Scan) -> bool {
        let n_values: u64 = scan.nonzero_by_gene.iter().map(|&n| u64::from(n)).sum();
        self.n_small_counts >= scan.n_divisors + MIN_EVIDENCE && self.n_small_counts * 4 >= n_values
    }
}

/// A matrix in both orders of the tiles.
pub struct Transposed {
    pub by_gene: Spool,
    /// What the spool calls a gene is a cell here, and the other way round.
    pub by_cell: Spool,
    pub rebuild: Rebuild,
}

/// Deals the matrix out by gene and by cell. `None` when a value cannot be kept as the kind says.
pub fn transpose(
    matrix: &Matrix,
    scan: &Scan,
    kind: ValueKind,
    gene_rows: &[u32],
    context: &Context<'_>,
) -> Result<Option<Transposed>, BuildError> {
    let output = |source| BuildError::Output { path: context.directory.to_owned(), source };
    let mut gene_of_row = vec![0; gene_rows.len()];
    for (gene, &row) in (0u32..).zip(gene_rows) {
        gene_of_row[row as usize] = gene;
    }
    let nonzero: Vec<u32> = gene_rows.iter().map(|&row| scan.nonzero_by_gene[row as usize]).collect();
    let mut by_gene = Spool::new(&nonzero, context.values_in_memory, context.directory).map_err(output)?;
    let nonzero = context.order.arrange(&scan.nonzero_by_row);
    let mut by_cell = Spool::new(&nonzero, context.values_in_memory, context.directory).map_err(output)?;
    let by_column = matrix.info().storage == Storage::Csc;
    let stage = context.progress.stage(format!("sorting {}", matrix.info().location), scan::stage_length(matrix));
    let slabs = matrix.slabs(slab_entries());
    let mut rebuild = Rebuild::default();
    for group in slabs.chunks(rayon::current_num_threads()) {
        context.progress.check()?;
        let read = |range: &Range<usize>| -> Result<Option<(Vec<Entry>, Rebuild)>, H5adError> {
            let slab = matrix.read(range.clone())?;
            stage.advance(scan::entry_count(&slab, matrix, range.len()));
            Ok(convert(&slab, range.start, by_column, kind, &scan.divisors, &gene_of_row, &context.order.cells))
        };
        let parts: Vec<_> = group.par_iter().map(read).collect::<Result<_, _>>()?;
        for part in parts {
            let Some((entries, part)) = part else { return Ok(None) };
            rebuild = rebuild.merge(part);
            let turned = |entry: &Entry| Entry { gene: entry.cell, cell: entry.gene, bits: entry.bits };
            by_cell.extend(entries.iter().map(turned)).map_err(output)?;
            by_gene.extend(entries).map_err(output)?;
        }
    }
    Ok(Some(Transposed { by_gene, by_cell, rebuild }))
}

fn convert(
    slab: &SparseSlab,
    first_major: usize,
    by_column: bool,
    kind: ValueKind,
    divisors: &[f32],
    gene_of_row: &[u32],
    cell_of_row: &[u32],
) -> Option<(Vec<Entry>, Rebuild)> {
    let mut entries = Vec::with_capacity(slab.data.len());
    let mut rebuild = Rebuild::default();
    for (major, range) in (first_major..).zip(slab.indptr.windows(2)) {
        let cell = (kind == ValueKind::LogNormalizedCounts && !by_column).then(|| CellCounts::new(divisors[major]));
        for at in range[0]..range[1] {
            let (minor, value) = (slab.indices[at] as usize, slab.data[at]);
            if !value.is_finite() {
                continue;
            }
            let (row, column) = if by_column { (minor, major) } else { (major, minor) };
            let bits = match kind {
                ValueKind::Counts => value as u32,
                ValueKind::LogNormalizedCounts => {
                    let (count, error) = match &cell {
                        Some(cell) => cell.count_of(value)?,
                        None => log_counts::count_of(value, divisors[row])?,
                    };
                    rebuild.max_error = rebuild.max_error.max(error);
                    rebuild.n_exact += u64::from(error == 0.0);
                    rebuild.n_small_counts += u64::from(count <= SMALL_COUNT);
                    count
                }
                _ => value.to_bits(),
            };
            entries.push(Entry { gene: gene_of_row[column], cell: cell_of_row[row], bits });
        }
    }
    if kind != ValueKind::LogNormalizedCounts {
        rebuild.n_exact = entries.len() as u64;
    }
    Some((entries, rebuild))
}
