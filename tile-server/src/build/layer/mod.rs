//! Layers: a matrix of the input becomes a pack of genes and a pack of exact moments.

mod log_counts;
mod scan;
mod spool;

use std::{io, path::Path};

use explorer_core::de::{FixedPoint, FixedPoints, GeneMoments, Moments, log_normalize, scatter_floats};
use rayon::prelude::*;
use shared_fbs::{
    manifest::{self, CELLS_PER_EXPRESSION_TILE, ColumnMoments, FRAC_BITS_PER_GENE, Layer, ValueKind, Warning},
    path,
    tile::{Counts, Expression, ExpressionValues},
};

use super::{
    cell_order::CellOrder,
    error::BuildError,
    h5ad::{H5adError, Matrix, MatrixLocation, SparseSlab, Storage},
    pack::{BULK_LEVEL, CAREFUL_LEVEL, Frame, PackWriter},
    progress::Progress,
};
use log_counts::CellCounts;
use spool::{Entry, Spool};

pub use scan::Scan;

/// Stored entries read at a time by all threads together: about 40 bytes each while they are sorted.
const ENTRIES_AT_A_TIME: usize = 16 << 20;

/// Genes encoded at a time.
const GENES_PER_BATCH: usize = 512;

/// Log-normalised counts up to this are hardly whole numbers by chance.
const SMALL_COUNT: u32 = 1024;

/// Small counts, beyond one a cell, that tell log-normalised counts from other numbers.
const MIN_EVIDENCE: u64 = 16;

/// A categorical column whose labels get moments.
pub struct MomentsColumn {
    pub name: String,
    pub n_categories: usize,
    /// In storage order; missing is `n_categories`.
    pub codes: Vec<u32>,
}

/// What every layer needs to know of the dataset.
pub struct Context<'a> {
    pub directory: &'a Path,
    pub order: &'a CellOrder,
    pub columns: &'a [MomentsColumn],
    pub values_in_memory: u64,
    pub progress: &'a Progress,
}

/// The packs that a layer makes, with its entry in the manifest.
pub struct BuiltLayer {
    pub layer: Layer,
    pub packs: Vec<manifest::Pack>,
}

/// The name a layer has in the manifest and the page.
pub fn name_of(location: &MatrixLocation) -> &str {
    match location {
        MatrixLocation::X => "X",
        MatrixLocation::Raw => "raw",
        MatrixLocation::Layer(name) => name,
    }
}

/// Reads a matrix once, to learn what it holds.
pub fn scan(matrix: &Matrix, context: &Context<'_>) -> Result<Scan, BuildError> {
    scan::scan(matrix, slab_entries(), context)
}

/// Stored entries read at a time by one thread.
fn slab_entries() -> usize {
    (ENTRIES_AT_A_TIME / rayon::current_num_threads()).clamp(1 << 18, 4 << 20)
}

/// The genes of a matrix by falling density, ties in the input's order.
pub fn genes_by_density(scan: &Scan) -> Vec<u32> {
    let mut genes: Vec<u32> = (0..scan.nonzero_by_gene.len() as u32).collect();
    genes.sort_by_key(|&gene| std::cmp::Reverse(scan.nonzero_by_gene[gene as usize]));
    genes
}

/// Writes a layer: reads its matrix a second time, deals it out by gene, encodes. `gene_rows` is
/// the input's row of every gene.
pub fn write(
    matrix: &Matrix,
    scan: &Scan,
    index: usize,
    gene_rows: &[u32],
    divisors: impl FnOnce(&[f32]) -> io::Result<manifest::TileRange>,
    context: &Context<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<BuiltLayer, BuildError> {
    let location = &matrix.info().location;
    let output = |source| BuildError::Output { path: context.directory.to_owned(), source };
    note_odd_values(scan, location, warnings);
    let mut kind = scan.kind;
    let transposed = transpose(matrix, scan, kind, gene_rows, context)?
        .filter(|(_, rebuild)| kind != ValueKind::LogNormalizedCounts || rebuild.is_evidence_of_counts(scan));
    let (spool, rebuild) = match transposed {
        Some(transposed) => transposed,
        None => {
            kind = ValueKind::Float;
            transpose(matrix, scan, kind, gene_rows, context)?.expect("any value can be kept as a float")
        }
    };
    let divisor_of_cell =
        if kind == ValueKind::LogNormalizedCounts { context.order.arrange(&scan.divisors) } else { Vec::new() };
    let n_obs = context.order.rows.len() as u64;
    let shared_fixed = match kind {
        ValueKind::Counts => Some(FixedPoint::for_values(scan.max_abs, n_obs)),
        ValueKind::LogNormalizedCounts => Some(FixedPoint::for_log_counts(n_obs)),
        _ => None,
    };
    let encoder = Encoder { kind, divisors: &divisor_of_cell, shared_fixed, columns: context.columns, n_obs };

    let mut genes_pack = PackWriter::create(context.directory, &path::genes_pack(index)).map_err(output)?;
    let n_genes = gene_rows.len();
    let mut moments = LayerMoments::new(context.columns, n_obs, n_genes);
    let mut fixed_points = Vec::with_capacity(n_genes);
    let stage = context.progress.stage(format!("writing {location}"), n_genes as u64);
    for bucket in spool.into_genes() {
        let bucket = bucket.map_err(output)?;
        let genes: Vec<u32> = bucket.genes.clone().collect();
        for batch in genes.chunks(GENES_PER_BATCH) {
            context.progress.check()?;
            let encoded: Vec<EncodedGene> =
                batch.par_iter().map(|&gene| encoder.encode(bucket.values_of(gene))).collect();
            for (&gene, encoded) in batch.iter().zip(encoded) {
                genes_pack.extend(&encoded.frames).map_err(output)?;
                moments.set(gene as usize, encoded.moments);
                fixed_points.push(encoded.fixed);
            }
            stage.advance(batch.len() as u64);
        }
    }
    drop(stage);

    let fixed = shared_fixed.map_or(FixedPoints::PerGene(fixed_points), FixedPoints::Uniform);
    let mut moments_pack = PackWriter::create(context.directory, &path::moments_pack(index)).map_err(output)?;
    let (total_moments, column_moments) = moments.write(&fixed, &mut moments_pack).map_err(output)?;
    let divisor = if divisor_of_cell.is_empty() { None } else { Some(divisors(&divisor_of_cell).map_err(output)?) };
    let square_shift = FixedPoint::for_log_counts(n_obs).square_shift();
    let genes_pack = genes_pack.finish().map_err(output)?;
    let moments_pack = moments_pack.finish().map_err(output)?;
    let layer = Layer {
        name: name_of(location).to_owned(),
        var: 0,
        kind,
        description: Some(describe(kind, scan)),
        pack: genes_pack.name.clone(),
        n_nonzero: scan.nonzero_by_gene.iter().map(|&n| u64::from(n)).sum(),
        max_abs: scan.max_abs,
        has_negative: scan.has_negative,
        max_rebuild_error: rebuild.max_error,
        n_exact: rebuild.n_exact,
        divisor,
        frac_bits: shared_fixed.map_or(FRAC_BITS_PER_GENE, FixedPoint::frac_byte),
        square_shift,
        moments_pack: Some(moments_pack.name.clone()),
        total_moments: Some(total_moments),
        column_moments,
    };
    Ok(BuiltLayer { layer, packs: vec![genes_pack, moments_pack] })
}

fn note_odd_values(scan: &Scan, location: &MatrixLocation, warnings: &mut Vec<Warning>) {
    let mut note = |count: u64, what: &str| {
        if count > 0 {
            let message = format!("{count} values are {what}; they are treated as zero");
            warnings.push(Warning { place: location.to_string(), message });
        }
    };
    note(scan.n_nan, "not a number (NaN)");
    note(scan.n_infinite, "infinite");
}

fn describe(kind: ValueKind, scan: &Scan) -> String {
    match kind {
        ValueKind::Counts => "integer counts",
        ValueKind::LogNormalizedCounts => "log1p of counts normalised per cell, kept as exact counts",
        _ if scan.has_negative => "scaled values (some are negative), kept as 32-bit floats",
        _ => "real numbers, kept as 32-bit floats",
    }
    .to_owned()
}

/// How well values are rebuilt from what is stored.
#[derive(Clone, Copy, Default)]
struct Rebuild {
    max_error: f32,
    n_exact: u64,
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
    fn is_evidence_of_counts(self, scan: &Scan) -> bool {
        let n_values: u64 = scan.nonzero_by_gene.iter().map(|&n| u64::from(n)).sum();
        self.n_small_counts >= scan.n_divisors + MIN_EVIDENCE && self.n_small_counts * 4 >= n_values
    }
}

/// Deals the matrix out by gene. `None` when a value cannot be kept as the kind says.
fn transpose(
    matrix: &Matrix,
    scan: &Scan,
    kind: ValueKind,
    gene_rows: &[u32],
    context: &Context<'_>,
) -> Result<Option<(Spool, Rebuild)>, BuildError> {
    let output = |source| BuildError::Output { path: context.directory.to_owned(), source };
    let mut gene_of_row = vec![0; gene_rows.len()];
    for (gene, &row) in (0u32..).zip(gene_rows) {
        gene_of_row[row as usize] = gene;
    }
    let nonzero: Vec<u32> = gene_rows.iter().map(|&row| scan.nonzero_by_gene[row as usize]).collect();
    let mut spool = Spool::new(&nonzero, context.values_in_memory, context.directory).map_err(output)?;
    let by_column = matrix.info().storage == Storage::Csc;
    let stage = context.progress.stage(format!("sorting {}", matrix.info().location), scan::stage_length(matrix));
    let slabs = matrix.slabs(slab_entries());
    let mut rebuild = Rebuild::default();
    for group in slabs.chunks(rayon::current_num_threads()) {
        context.progress.check()?;
        let read = |range: &std::ops::Range<usize>| -> Result<Option<(Vec<Entry>, Rebuild)>, H5adError> {
            let slab = matrix.read(range.clone())?;
            stage.advance(scan::entry_count(&slab, matrix, range.len()));
            Ok(convert(&slab, range.start, by_column, kind, &scan.divisors, &gene_of_row, &context.order.cells))
        };
        let parts: Vec<_> = group.par_iter().map(read).collect::<Result<_, _>>()?;
        for part in parts {
            let Some((entries, part)) = part else { return Ok(None) };
            rebuild = rebuild.merge(part);
            spool.extend(entries).map_err(output)?;
        }
    }
    Ok(Some((spool, rebuild)))
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

/// Encodes genes, one at a time, on any thread.
struct Encoder<'a> {
    kind: ValueKind,
    /// In storage order; empty unless the values are log-normalised counts.
    divisors: &'a [f32],
    shared_fixed: Option<FixedPoint>,
    columns: &'a [MomentsColumn],
    n_obs: u64,
}

struct EncodedGene {
    frames: Vec<Frame>,
    fixed: FixedPoint,
    moments: GeneOfAllSets,
}

/// One gene's moments over all cells, and over every label of every column (missing last).
struct GeneOfAllSets {
    total: GeneMoments,
    columns: Vec<Vec<GeneMoments>>,
}

impl Encoder<'_> {
    fn encode(&self, values: &[(u32, u32)]) -> EncodedGene {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by_key(|&(cell, _)| cell);
        let (cells, bits): (Vec<u32>, Vec<u32>) = sorted.into_iter().unzip();
        let floats: Vec<f32> = match self.kind {
            ValueKind::Counts => bits.iter().map(|&count| count as f32).collect(),
            ValueKind::LogNormalizedCounts => cells
                .iter()
                .zip(&bits)
                .map(|(&cell, &count)| log_normalize(count, self.divisors[cell as usize]))
                .collect(),
            _ => bits.iter().map(|&bits| f32::from_bits(bits)).collect(),
        };
        let fixed = self.shared_fixed.unwrap_or_else(|| {
            let max_abs = floats.iter().fold(0f32, |max, value| max.max(value.abs()));
            FixedPoint::for_values(max_abs, self.n_obs)
        });
        EncodedGene { frames: self.frames(&cells, &bits), fixed, moments: self.moments(&cells, &floats, fixed) }
    }

    fn frames(&self, cells: &[u32], bits: &[u32]) -> Vec<Frame> {
        let n_chunks = self.n_obs.div_ceil(u64::from(CELLS_PER_EXPRESSION_TILE));
        let mut start = 0;
        (1..=n_chunks)
            .map(|chunk| {
                let limit = chunk * u64::from(CELLS_PER_EXPRESSION_TILE);
                let end = start + cells[start..].partition_point(|&cell| u64::from(cell) < limit);
                let (cells, bits) = (&cells[start..end], &bits[start..end]);
                start = end;
                let values = match self.kind {
                    ValueKind::Float => {
                        ExpressionValues::Floats(bits.iter().map(|&bits| f32::from_bits(bits)).collect())
                    }
                    _ => ExpressionValues::Counts(Counts::narrowest(bits)),
                };
                let cells = cells.iter().map(|&cell| (cell % CELLS_PER_EXPRESSION_TILE) as u16).collect();
                Frame::new(&Expression { cells, values }.encode(), BULK_LEVEL)
            })
            .collect()
    }

    fn moments(&self, cells: &[u32], values: &[f32], fixed: FixedPoint) -> GeneOfAllSets {
        let columns: Vec<Vec<GeneMoments>> = self
            .columns
            .iter()
            .map(|column| {
                let mut sums = vec![GeneMoments::default(); column.n_categories + 1];
                scatter_floats(cells, values, &column.codes, fixed, &mut sums);
                sums
            })
            .collect();
        let mut total = [GeneMoments::default()];
        let everywhere = vec![0u8; cells.len()];
        let places: Vec<u32> = (0..cells.len() as u32).collect();
        scatter_floats(&places, values, &everywhere, fixed, &mut total);
        GeneOfAllSets { total: total[0], columns }
    }
}

/// Moments of all genes over all cells, and over every label of every column (missing last).
struct LayerMoments<'a> {
    total: Moments,
    columns: Vec<(&'a MomentsColumn, Vec<Moments>)>,
}

impl<'a> LayerMoments<'a> {
    fn new(columns: &'a [MomentsColumn], n_obs: u64, n_genes: usize) -> Self {
        let columns = columns
            .iter()
            .map(|column| {
                let mut labels = vec![Moments::empty(n_genes); column.n_categories + 1];
                for &code in &column.codes {
                    labels[code as usize].n_cells += 1;
                }
                (column, labels)
            })
            .collect();
        Self { total: Moments { n_cells: n_obs, ..Moments::empty(n_genes) }, columns }
    }

    fn set(&mut self, gene: usize, moments: GeneOfAllSets) {
        self.total.genes[gene] = moments.total;
        for ((_, labels), sums) in self.columns.iter_mut().zip(moments.columns) {
            for (label, sum) in labels.iter_mut().zip(sums) {
                label.genes[gene] = sum;
            }
        }
    }

    fn write(
        self,
        fixed: &FixedPoints,
        pack: &mut PackWriter,
    ) -> io::Result<(manifest::TileRange, Vec<ColumnMoments>)> {
        let frame = |moments: &Moments| Frame::new(&moments.to_tile(fixed).encode(), CAREFUL_LEVEL);
        let total = pack.extend([&frame(&self.total)])?;
        let mut columns = Vec::with_capacity(self.columns.len());
        for (column, labels) in self.columns {
            let has_missing = labels.last().is_some_and(|missing| missing.n_cells > 0);
            let n_labels = column.n_categories + usize::from(has_missing);
            let frames: Vec<Frame> = labels[..n_labels].par_iter().map(frame).collect();
            columns.push(ColumnMoments { column: column.name.clone(), tiles: Some(pack.extend(&frames)?) });
        }
        Ok((total, columns))
    }
}
