//! The pass over a matrix of the input: learns what it holds, and deals its values out by blocks of
//! consecutive cells.
//!
//! Values are kept as counts if they can be, then as the counts that log-normalized values come from, then
//! as they are. Each is tried on the whole matrix; nearly always the first cells tell that another is needed.

use std::ops::Range;

use explorer_core::de::{Correction, Exponents, FixedPoint, Normalization};
use shared_fbs::manifest::ValueKind;

use super::{
    Context,
    block::Block,
    blocks::Blocks,
    crowded::Span,
    log_counts::{self, Evidence, Recognized},
    odd::OddValues,
    pipeline::in_order,
    runs::RunWriter,
    tally::Tally,
};
use crate::BuildError;
use h5ad::{H5adError, Matrix, SparseSlab, Storage};

/// Stored entries read at a time by one thread, about 30 bytes each.
const SLAB_ENTRIES: usize = 1 << 20;

/// Stored entries that are looked at first.
const PROBE_ENTRIES: usize = 1 << 16;

/// Counts up to this are exact in f32.
pub const MAX_COUNT: f32 = 16_777_216.0;

/// Log-normalized values end below this, where the head-room of their fixed point does: ten thousand
/// has the logarithm 9.2, and nobody scales cells to over nine million.
const MAX_LOG_VALUE: f32 = 16.0;

/// A matrix that was read.
pub struct Reading<'a> {
    /// What it holds.
    pub scan: Scan,
    /// Its values, a bucket a block.
    pub blocks: Blocks<'a>,
}

/// What is known of a matrix once it was read.
pub struct Scan {
    /// Non-zero finite values of every gene, by column of the matrix.
    pub nonzero_by_gene: Vec<u32>,
    /// Orders of magnitude of every gene's values, by column of the matrix; empty unless they were read as floats.
    pub exponents_by_gene: Vec<Exponents>,
    /// The least and the largest value of every gene, by column of the matrix; empty unless they may have been rounded.
    pub spans_by_gene: Vec<Span>,
    /// Values that could not be kept as they are.
    pub odd: OddValues,
    /// Whether any value is negative.
    pub has_negative: bool,
    /// Least |value| other than zero.
    pub min_abs: f32,
    /// Largest finite |value|.
    pub max_abs: f32,
    /// How the values are kept.
    pub kind: ValueKind,
    /// For log-normalized counts: how they become values, cells in storage order; of no cell for all others.
    pub normalization: Normalization,
}

impl Scan {
    /// Non-zero finite values.
    pub fn n_values(&self) -> u64 {
        self.nonzero_by_gene.iter().map(|&n| u64::from(n)).sum()
    }

    /// The step of fixed point that holds all values as log-normalized counts; `None` where there is no such step, so
    /// that they are kept as floats.
    pub fn log_counts_step(&self, context: &Context<'_>) -> Option<FixedPoint> {
        FixedPoint::for_log_counts_between(self.min_abs, self.max_abs, context.order.rows.len() as u64)
    }
}

/// The values of some rows or columns on their way into blocks.
struct SlabRuns {
    /// Entries that were read, as progress counts them.
    n_entries: u64,
    bytes: Vec<u8>,
    /// Block and end of every run.
    runs: Vec<(u32, usize)>,
    tally: Tally,
    /// How cells come from counts.
    recognized: Vec<(u32, Recognized)>,
}

/// How cells come from counts, as they are met.
#[derive(Default)]
struct RecognizedCells {
    divisors: Vec<(u32, f32)>,
    corrections: Vec<(u32, Correction)>,
    evidence: Evidence,
}

impl RecognizedCells {
    fn extend(&mut self, cells: Vec<(u32, Recognized)>) {
        for (cell, Recognized { divisor, corrections, evidence }) in cells {
            self.divisors.push((cell, divisor));
            self.corrections.extend(corrections.into_iter().map(|correction| (cell, correction)));
            self.evidence = self.evidence.merge(evidence);
        }
    }

    /// Of all cells; those without values have the divisor 1.
    fn into_normalization(mut self, n_obs: usize) -> Normalization {
        let mut divisors = vec![1.0; n_obs];
        self.divisors.into_iter().for_each(|(cell, divisor)| divisors[cell as usize] = divisor);
        self.corrections.sort_unstable();
        Normalization::new(divisors, self.corrections)
    }
}

/// Why a pass ended early.
enum Halt {
    /// A value cannot be kept as that kind.
    Unfit,
    Failed(BuildError),
}

impl From<BuildError> for Halt {
    fn from(error: BuildError) -> Self {
        Self::Failed(error)
    }
}

impl From<H5adError> for Halt {
    fn from(error: H5adError) -> Self {
        Self::Failed(error.into())
    }
}

/// Reads a matrix.
pub fn read<'a>(matrix: &Matrix, context: &Context<'a>) -> Result<Reading<'a>, BuildError> {
    let by_column = matrix.info().storage == Storage::Csc;
    for kind in [ValueKind::Counts, ValueKind::LogNormalizedCounts] {
        // A column does not tell the divisor of a cell.
        if !(by_column && kind == ValueKind::LogNormalizedCounts)
            && let Some(reading) = read_as(matrix, kind, context)?
        {
            return Ok(reading);
        }
    }
    let mut reading = read_as(matrix, ValueKind::Float, context)?.expect("any value can be kept as a float");
    if by_column {
        reading.find_counts(context)?;
    }
    Ok(reading)
}

/// Reads a matrix whose values are kept as one kind; `None` when they cannot be.
fn read_as<'a>(matrix: &Matrix, kind: ValueKind, context: &Context<'a>) -> Result<Option<Reading<'a>>, BuildError> {
    let output = |source| context.output(source);
    let mut blocks = Blocks::empty(matrix, context)?;
    let reader = SlabReader { matrix, kind, block_cells: blocks.block_cells, context };
    if let Some(first) = matrix.slabs(PROBE_ENTRIES).first()
        && matches!(reader.read(first.clone()), Err(Halt::Unfit))
    {
        return Ok(None);
    }
    let stage = context.environment.progress.stage(format!("reading {}", matrix.info().location), stage_length(matrix));
    let mut tally = Tally::new(matrix.info().n_cols, kind, matrix.may_round());
    let mut cells = RecognizedCells::default();
    let take = |slab: SlabRuns| {
        stage.advance(slab.n_entries);
        let mut start = 0;
        for (block, end) in slab.runs {
            blocks.spool.append(block as usize, &slab.bytes[start..end]).map_err(output)?;
            start = end;
        }
        tally.merge(&slab.tally);
        cells.extend(slab.recognized);
        Ok(())
    };
    match in_order(matrix.slabs(SLAB_ENTRIES), |range| reader.read(range), take) {
        Ok(()) => {}
        Err(Halt::Unfit) => return Ok(None),
        Err(Halt::Failed(error)) => return Err(error),
    }
    let mut scan = tally.into_scan(kind);
    if kind == ValueKind::LogNormalizedCounts {
        if !cells.evidence.is_of_counts(scan.n_values()) || scan.log_counts_step(context).is_none() {
            return Ok(None);
        }
        scan.normalization = cells.into_normalization(context.order.cells.len());
    }
    Ok(Some(Reading { scan, blocks }))
}

/// Reads slabs of a matrix into runs.
struct SlabReader<'a> {
    matrix: &'a Matrix,
    kind: ValueKind,
    block_cells: u32,
    context: &'a Context<'a>,
}

impl SlabReader<'_> {
    fn read(&self, range: Range<usize>) -> Result<SlabRuns, Halt> {
        self.context.environment.check()?;
        let slab = self.matrix.read(range.clone())?;
        let mut runs = SlabRuns {
            n_entries: match self.matrix.info().storage {
                Storage::Dense => (range.len() * self.matrix.n_minor()) as u64,
                Storage::Csr | Storage::Csc => slab.data.len() as u64,
            },
            bytes: Vec::with_capacity(slab.data.len() * 5 / 2),
            runs: Vec::new(),
            tally: Tally::new(self.matrix.info().n_cols, self.kind, self.matrix.may_round()),
            recognized: Vec::new(),
        };
        runs.tally.take_loss(&slab);
        match self.matrix.info().storage {
            Storage::Csr | Storage::Dense => self.rows(&slab, range.start, &mut runs)?,
            Storage::Csc => self.columns(&slab, range.start, &mut runs)?,
        }
        Ok(runs)
    }

    fn rows(&self, slab: &SparseSlab, first: usize, out: &mut SlabRuns) -> Result<(), Halt> {
        let (mut writer, mut bits) = (RunWriter::default(), Vec::new());
        let (mut finite_indices, mut finite_data) = (Vec::new(), Vec::new());
        for (row, bounds) in (first..).zip(slab.indptr.windows(2)) {
            let mut indices = &slab.indices[bounds[0]..bounds[1]];
            let mut data = &slab.data[bounds[0]..bounds[1]];
            if !out.tally.take_row(indices, data) {
                self.refuse_odd()?;
                finite_indices.clear();
                finite_data.clear();
                let finite = indices.iter().zip(data).filter(|(_, value)| value.is_finite());
                finite.for_each(|(&index, &value)| {
                    finite_indices.push(index);
                    finite_data.push(value);
                });
                (indices, data) = (&finite_indices, &finite_data);
            }
            if data.is_empty() {
                continue;
            }
            let cell = self.context.order.cells[row];
            self.to_bits(cell, data, &mut bits, out)?;
            writer.push(cell % self.block_cells, indices.iter().copied(), &bits, &mut out.bytes);
            out.runs.push((cell / self.block_cells, out.bytes.len()));
        }
        Ok(())
    }

    fn columns(&self, slab: &SparseSlab, first: usize, out: &mut SlabRuns) -> Result<(), Halt> {
        let (mut writer, mut column_bits) = (RunWriter::default(), Vec::new());
        let (mut entries, mut bits): (Vec<u64>, Vec<u32>) = (Vec::new(), Vec::new());
        for (column, bounds) in (first..).zip(slab.indptr.windows(2)) {
            let column = column as u32;
            let rows = &slab.indices[bounds[0]..bounds[1]];
            let data = &slab.data[bounds[0]..bounds[1]];
            if !out.tally.take_column(column, data) {
                self.refuse_odd()?;
            }
            let finite = || rows.iter().zip(data).filter(|(_, value)| value.is_finite());
            let finite_data: Vec<f32> = finite().map(|(_, &value)| value).collect();
            self.to_bits(0, &finite_data, &mut column_bits, out)?;
            entries.clear();
            entries.extend(
                finite().zip(&column_bits).map(|((&row, _), &bits)| {
                    u64::from(self.context.order.cells[row as usize]) << 32 | u64::from(bits)
                }),
            );
            entries.sort_unstable();
            let cell = |entry: u64| (entry >> 32) as u32;
            for of_block in entries.chunk_by(|&a, &b| cell(a) / self.block_cells == cell(b) / self.block_cells) {
                bits.clear();
                bits.extend(of_block.iter().map(|&entry| entry as u32));
                let cells = of_block.iter().map(|&entry| cell(entry) % self.block_cells);
                writer.push(column, cells, &bits, &mut out.bytes);
                out.runs.push((cell(of_block[0]) / self.block_cells, out.bytes.len()));
            }
        }
        Ok(())
    }

    /// What values that are no numbers mean for the kind: log-normalized counts have none.
    fn refuse_odd(&self) -> Result<(), Halt> {
        if self.kind == ValueKind::LogNormalizedCounts { Err(Halt::Unfit) } else { Ok(()) }
    }

    /// The bits of finite values; all of one cell, if they are log-normalized counts.
    fn to_bits(&self, cell: u32, data: &[f32], bits: &mut Vec<u32>, out: &mut SlabRuns) -> Result<(), Halt> {
        bits.clear();
        match self.kind {
            ValueKind::Counts => {
                let is_count = |value: &f32| value.fract() == 0.0 && (0.0..=MAX_COUNT).contains(value);
                if !data.iter().all(is_count) {
                    return Err(Halt::Unfit);
                }
                bits.extend(data.iter().map(|&value| value as u32));
            }
            ValueKind::LogNormalizedCounts => {
                if !data.iter().all(|value| (0.0..=MAX_LOG_VALUE).contains(value)) {
                    return Err(Halt::Unfit);
                }
                out.recognized.push((cell, log_counts::recognize(data, bits).ok_or(Halt::Unfit)?));
            }
            _ => bits.extend(data.iter().map(|value| value.to_bits())),
        }
        Ok(())
    }
}

impl Reading<'_> {
    /// Makes floats that were read column by column the counts of log-normalized values, if that is what
    /// they are.
    fn find_counts(&mut self, context: &Context<'_>) -> Result<(), BuildError> {
        let scan = &self.scan;
        let has_odd = scan.odd.any_unkept();
        let is_out_of_range = scan.max_abs > MAX_LOG_VALUE || scan.max_abs == 0.0;
        if scan.has_negative || has_odd || is_out_of_range || scan.log_counts_step(context).is_none() {
            return Ok(());
        }
        let output = |source| context.output(source);
        let columns: Vec<u32> = (0..scan.nonzero_by_gene.len() as u32).collect();
        let (blocks, n_obs) = (&self.blocks, context.order.rows.len());
        let stage = context.environment.progress.stage("finding counts".to_owned(), n_obs as u64);
        let mut recognized = RecognizedCells::default();
        let work = |number: u32| {
            context.environment.check()?;
            let cells = blocks.cells(number);
            let recognize = |block: &Block| {
                let mut found = Vec::with_capacity(cells.len());
                let (mut data, mut counts) = (Vec::new(), Vec::new());
                for (at, cell) in cells.clone().enumerate() {
                    data.clear();
                    data.extend(block.by_cell.row(at).iter().map(|entry| f32::from_bits(entry.bits())));
                    if !data.is_empty() {
                        counts.clear();
                        found.push((cell, log_counts::recognize(&data, &mut counts).ok_or(Halt::Unfit)?));
                    }
                }
                stage.advance(cells.len() as u64);
                Ok(found)
            };
            blocks.with(number, &columns, &[], recognize).map_err(output)?
        };
        let take = |found: Vec<(u32, Recognized)>| {
            recognized.extend(found);
            Ok(())
        };
        match in_order(0..blocks.n_blocks(), work, take) {
            Ok(()) if recognized.evidence.is_of_counts(scan.n_values()) => {
                self.scan.kind = ValueKind::LogNormalizedCounts;
                self.scan.normalization = recognized.into_normalization(n_obs);
                self.blocks.has_floats_of_counts = true;
                Ok(())
            }
            Ok(()) | Err(Halt::Unfit) => Ok(()),
            Err(Halt::Failed(error)) => Err(error),
        }
    }
}

/// Entries of progress that reading a matrix takes: stored ones, or all of a dense one.
fn stage_length(matrix: &Matrix) -> u64 {
    match (matrix.info().storage, matrix.info().nnz) {
        (Storage::Csr | Storage::Csc, Some(nnz)) => nnz,
        _ => (matrix.n_major() * matrix.n_minor()) as u64,
    }
}
