//! Layers: a matrix of the input becomes a pack of genes, a pack of cells and a pack of exact moments.

mod cells;
mod cube;
mod encode;
mod log_counts;
mod scan;
mod spool;
mod transpose;

use std::{io, path::Path};

use explorer_core::de::{FixedPoint, FixedPoints};
use rayon::prelude::*;
use shared_fbs::{
    manifest::{self, CubeMoments, FRAC_BITS_PER_GENE, Layer, ValueKind, Warning},
    path,
};

use super::{
    cell_order::CellOrder,
    columns::{self, ObsColumn, ObsValues},
    error::BuildError,
    h5ad::{Matrix, MatrixLocation},
    pack::PackWriter,
    progress::Progress,
};
use cells::{CellEncoder, CellValues, Pyramid};
use encode::{EncodedGene, Encoder, LayerMoments};
use spool::Spool;
use transpose::{Transposed, transpose};

pub use cube::Cube;
pub use scan::Scan;

/// Stored entries read at a time by all threads together: about 40 bytes each while they are sorted.
const ENTRIES_AT_A_TIME: usize = 16 << 20;

/// Genes encoded at a time.
const GENES_PER_BATCH: usize = 512;

/// A categorical column whose labels get moments.
pub struct MomentsColumn {
    pub name: String,
    pub n_categories: usize,
    /// In storage order; missing is `n_categories`.
    pub codes: Vec<u32>,
}

impl MomentsColumn {
    /// The labels of a column; `None` when it has none.
    pub fn of(column: &ObsColumn, order: &CellOrder) -> Option<Self> {
        let ObsValues::Labels { codes, categories, .. } = &column.values else { return None };
        let n_categories = categories.len();
        let codes = columns::stored_codes(codes, n_categories, order);
        Some(Self { name: column.name.clone(), n_categories, codes })
    }
}

/// What every layer needs to know of the dataset.
pub struct Context<'a> {
    pub directory: &'a Path,
    pub order: &'a CellOrder,
    pub columns: &'a [MomentsColumn],
    pub cube: Option<&'a Cube>,
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
        .filter(|found| kind != ValueKind::LogNormalizedCounts || found.rebuild.is_evidence_of_counts(scan));
    let Transposed { by_gene, by_cell, rebuild } = match transposed {
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
    let pairs = context.cube.map(|cube| &cube.as_column);
    let columns: Vec<&MomentsColumn> = context.columns.iter().chain(pairs).collect();
    let encoder = Encoder { kind, divisors: &divisor_of_cell, shared_fixed, columns: &columns, n_obs };

    let mut genes_pack = PackWriter::create(context.directory, &path::genes_pack(index)).map_err(output)?;
    let n_genes = gene_rows.len();
    let mut moments = LayerMoments::new(&columns, n_obs, n_genes);
    let mut fixed_points = Vec::with_capacity(n_genes);
    let stage = context.progress.stage(format!("writing {location}"), n_genes as u64);
    for bucket in by_gene.into_genes() {
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
    let (total_moments, mut column_moments) = moments.write(&fixed, &mut moments_pack).map_err(output)?;
    let cube = context.cube.map(|cube| {
        let tiles = column_moments.pop().and_then(|pairs| pairs.tiles);
        Box::new(CubeMoments {
            column: cube.column.clone(),
            by: cube.by.clone(),
            codes: cube.pairs.iter().map(|pair| pair.0).collect(),
            by_codes: cube.pairs.iter().map(|pair| pair.1).collect(),
            n_cells: cube.n_cells.clone(),
            tiles,
        })
    });
    let cells = CellEncoder { kind, divisors: &divisor_of_cell, fixed: &fixed, n_genes, n_obs: n_obs as u32 };
    let (cells_pack, pyramid) = write_cells(by_cell, &cells, index, location, context)?;
    let block_levels = pyramid.write(&mut moments_pack).map_err(output)?;
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
        cells_pack: Some(cells_pack.name.clone()),
        cube,
        block_levels,
    };
    Ok(BuiltLayer { layer, packs: vec![genes_pack, cells_pack, moments_pack] })
}

/// Writes the pack of cells, and sums up their blocks.
fn write_cells(
    by_cell: Spool,
    encoder: &CellEncoder<'_>,
    index: usize,
    location: &MatrixLocation,
    context: &Context<'_>,
) -> Result<(manifest::Pack, Pyramid), BuildError> {
    let output = |source| BuildError::Output { path: context.directory.to_owned(), source };
    let mut pack = PackWriter::create(context.directory, &path::cells_pack(index)).map_err(output)?;
    let mut pyramid = Pyramid::new(encoder.n_obs);
    let stage = context.progress.stage(format!("writing cells of {location}"), u64::from(encoder.n_obs));
    let mut block: Vec<CellValues> = Vec::new();
    let mut n_written = 0;
    for bucket in by_cell.into_genes() {
        let bucket = bucket.map_err(output)?;
        for cell in bucket.genes.clone() {
            let mut values = bucket.values_of(cell).to_vec();
            values.sort_unstable();
            block.push(values);
            if block.len() == Pyramid::LEAF_CELLS as usize || cell + 1 == encoder.n_obs {
                context.progress.check()?;
                pack.extend(&encoder.frames(&block)).map_err(output)?;
                pyramid.push(encoder.moments(n_written, &block), encoder.fixed);
                n_written += block.len() as u32;
                stage.advance(block.len() as u64);
                block.clear();
            }
        }
    }
    Ok((pack.finish().map_err(output)?, pyramid))
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
