//! Layers: a matrix of the input becomes a pack of genes and a pack of exact moments.

mod encode;
mod log_counts;
mod scan;
mod spool;
mod transpose;

use std::{io, path::Path};

use explorer_core::de::{FixedPoint, FixedPoints};
use rayon::prelude::*;
use shared_fbs::{
    manifest::{self, FRAC_BITS_PER_GENE, Layer, ValueKind, Warning},
    path,
};

use super::{
    cell_order::CellOrder,
    error::BuildError,
    h5ad::{Matrix, MatrixLocation},
    pack::PackWriter,
    progress::Progress,
};
use encode::{EncodedGene, Encoder, LayerMoments};
use transpose::transpose;

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
        cells_pack: None,
        cube: None,
        block_levels: Vec::new(),
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
