//! Differential expression natively: the page's own statistics, over all genes of a layer.

use std::sync::atomic::{AtomicBool, Ordering};

use explorer_core::{
    data::{CellIdx, assemble::Rebuild},
    de::{
        Choice, DeOptions, DeTable, FixedPoints, Gather, Labels, LayerTiles, Moments, MomentsError, Plan, Road, Sets,
        Speed, Summing, compare,
    },
    filter::CellMask,
};
use rayon::prelude::*;
use shared_fbs::{
    manifest::{Layer, Manifest, ValueKind},
    tile::{self, Cells},
};

use crate::dataset::{Dataset, DatasetError};

/// Genes that one thread takes at a time.
const GENES_PER_TASK: u32 = 256;

/// Why a comparison failed.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// The dataset cannot be read.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// Its moments contradict each other.
    #[error("layer `{layer}`: {source}")]
    Moments {
        /// The layer.
        layer: String,
        /// What is wrong.
        source: MomentsError,
    },
    /// The manifest states an impossible fixed point.
    #[error("layer `{layer}`: the manifest states a fixed point that no builder chooses")]
    FixedPoint {
        /// The layer.
        layer: String,
    },
    /// It was told to stop.
    #[error("the comparison was stopped")]
    Stopped,
}

/// The cells with a label of a categorical column; `None` when the column or the label is not there.
///
/// # Errors
/// When the column cannot be read.
pub fn cells_with_label(dataset: &Dataset, column: &str, label: &str) -> Result<Option<CellMask>, DatasetError> {
    let Some(column) = dataset.manifest().column(column) else { return Ok(None) };
    let Some(column) = dataset.categorical(column)? else { return Ok(None) };
    let Some(code) = column.categories.iter().position(|category| category == label) else { return Ok(None) };
    let has_label = |cell: usize| column.codes.get(CellIdx(cell as u32)) == code as u32;
    Ok(Some(CellMask::from_fn(column.codes.len(), has_label)))
}

/// Whether a plan is sooner followed than the tiles of all genes are read.
pub fn is_quicker_than_genes(manifest: &Manifest, layer: &Layer, plan: &Plan) -> bool {
    let choice = Choice::of(Speed::IN_MEMORY.offers(manifest, layer, Some(plan)));
    choice.is_some_and(|choice| choice.taken().road == Road::Blocks)
}

/// The exact moments of two sets of cells in a layer by the quickest plan, on all threads: blocks of cells and
/// single cells, or every gene where that is quicker.
///
/// # Errors
/// When tiles are broken.
pub fn planned_moments(
    dataset: &Dataset,
    layer: &Layer,
    sets: Sets<'_>,
) -> Result<([Moments; 2], FixedPoints), CompareError> {
    planned_moments_until(dataset, layer, sets, &AtomicBool::new(false))
}

/// As [`planned_moments`], but stops within a tile or a gene of when `stop` becomes true.
///
/// # Errors
/// When tiles are broken; [`CompareError::Stopped`].
pub fn planned_moments_until(
    dataset: &Dataset,
    layer: &Layer,
    sets: Sets<'_>,
    stop: &AtomicBool,
) -> Result<([Moments; 2], FixedPoints), CompareError> {
    let plan = LayerTiles::of(dataset.manifest(), layer).map(|tiles| tiles.plan(sets));
    if let Some(plan) = plan.filter(|plan| is_quicker_than_genes(dataset.manifest(), layer, plan)) {
        return follow(dataset, layer, &plan, stop);
    }
    match sets {
        Sets::Two(group, reference) => gather_genes(dataset, layer, group, reference, stop),
        Sets::GroupAndRest(group) => {
            let mut rest = group.clone();
            rest.invert();
            gather_genes(dataset, layer, group, &rest, stop)
        }
    }
}

fn unless_stopped(stop: &AtomicBool) -> Result<(), CompareError> {
    if stop.load(Ordering::Relaxed) { Err(CompareError::Stopped) } else { Ok(()) }
}

/// Reads the tiles that a plan names and sums them up, a share in every thread.
fn follow(
    dataset: &Dataset,
    layer: &Layer,
    plan: &Plan,
    stop: &AtomicBool,
) -> Result<([Moments; 2], FixedPoints), CompareError> {
    let moments_error = |source| CompareError::Moments { layer: layer.name.clone(), source };
    let n_genes = dataset.manifest().vars[layer.var as usize].n_vars;
    let fixed = fixed_points(dataset, layer)?;
    let divisors = if plan.cells.is_empty() { Vec::new() } else { dataset.divisors(layer)? };
    let rebuild = if divisors.is_empty() { Rebuild::Plain } else { Rebuild::LogNormalized(&divisors) };
    let decode = if layer.kind == ValueKind::Float { Cells::decode_floats } else { Cells::decode_counts };
    let pack_of = |pack: &Option<String>| pack.clone().unwrap_or_default();
    let (cells_pack, moments_pack) = (pack_of(&layer.cells_pack), pack_of(&layer.moments_pack));
    let sum = |share: &Plan| {
        let mut summing = Summing::new(n_genes as usize);
        for part in &share.moments {
            unless_stopped(stop)?;
            let tile = dataset.decode(&moments_pack, part.tile, tile::Moments::decode)?;
            summing.take_moments(&tile, part.signs).map_err(moments_error)?;
        }
        for part in &share.cells {
            unless_stopped(stop)?;
            let cells = dataset.decode(&cells_pack, part.tile, |bytes| decode(bytes, part.wanted(), n_genes))?;
            summing.take_cells(&cells, part, rebuild, &fixed).map_err(moments_error)?;
        }
        Ok::<_, CompareError>(summing)
    };
    let merge = |mut sums: Summing, other: Summing| {
        sums.merge(&other);
        Ok(sums)
    };
    let sums = plan
        .shares(rayon::current_num_threads())
        .par_iter()
        .map(sum)
        .try_reduce(|| Summing::new(n_genes as usize), merge)?;
    let moments = sums.finish(plan.n_cells).map_err(moments_error)?;
    Ok((moments, fixed))
}

/// How the values of a layer become integers that sum exactly.
///
/// # Errors
/// When the tile that says so is broken.
pub fn fixed_points(dataset: &Dataset, layer: &Layer) -> Result<FixedPoints, CompareError> {
    let n_genes = dataset.manifest().vars[layer.var as usize].n_vars;
    let total = dataset.total_moments(layer)?;
    FixedPoints::from_tile(layer.frac_bits, layer.square_shift, &total, n_genes as usize)
        .ok_or_else(|| CompareError::FixedPoint { layer: layer.name.clone() })
}

/// The exact moments of two sets of cells in a layer, from the tiles of its genes, on all threads.
///
/// # Errors
/// When tiles are broken.
pub fn moments_of(
    dataset: &Dataset,
    layer: &Layer,
    group: &CellMask,
    reference: &CellMask,
) -> Result<([Moments; 2], FixedPoints), CompareError> {
    gather_genes(dataset, layer, group, reference, &AtomicBool::new(false))
}

fn gather_genes(
    dataset: &Dataset,
    layer: &Layer,
    group: &CellMask,
    reference: &CellMask,
    stop: &AtomicBool,
) -> Result<([Moments; 2], FixedPoints), CompareError> {
    let moments_error = |source| CompareError::Moments { layer: layer.name.clone(), source };
    let n_genes = dataset.manifest().vars[layer.var as usize].n_vars;
    let fixed = fixed_points(dataset, layer)?;
    let divisors = dataset.divisors(layer)?;
    let rebuild = if divisors.is_empty() { Rebuild::Plain } else { Rebuild::LogNormalized(&divisors) };
    let labels = Labels::new(group, reference);
    let tasks: Vec<u32> = (0..n_genes).step_by(GENES_PER_TASK as usize).collect();
    let per_thread = tasks.len().div_ceil(rayon::current_num_threads()).max(1);
    let parts = tasks
        .par_chunks(per_thread)
        .map(|tasks| {
            let mut gather = Gather::new(labels.as_bytes(), rebuild, &fixed, n_genes as usize);
            for gene in tasks.iter().flat_map(|&first| first..(first + GENES_PER_TASK).min(n_genes)) {
                unless_stopped(stop)?;
                let tiles = dataset.expression(layer, gene)?;
                gather.push(gene..gene + 1, &tiles).map_err(moments_error)?;
            }
            Ok(gather.finish())
        })
        .collect::<Result<Vec<_>, CompareError>>()?;
    let mut sums = [Moments::empty(n_genes as usize), Moments::empty(n_genes as usize)];
    for part in &parts {
        for (sum, part) in sums.iter_mut().zip(part) {
            sum.merge(part).map_err(moments_error)?;
        }
    }
    for (sum, mask) in sums.iter_mut().zip([group, reference]) {
        sum.n_cells = mask.count() as u64;
    }
    Ok((sums, fixed))
}

/// Compares two sets of cells in a layer.
///
/// # Errors
/// When tiles are broken.
pub fn compare_cells(
    dataset: &Dataset,
    layer: &Layer,
    group: &CellMask,
    reference: &CellMask,
    options: DeOptions,
) -> Result<DeTable, CompareError> {
    let ([group, reference], fixed) = planned_moments(dataset, layer, Sets::of(group, reference))?;
    compare(&group, &reference, &fixed, options)
        .map_err(|source| CompareError::Moments { layer: layer.name.clone(), source })
}
