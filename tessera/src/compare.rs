//! Differential expression natively: the page's own statistics, over all genes of a layer.

use std::sync::atomic::{AtomicBool, Ordering};

use explorer_core::{
    data::CellIdx,
    dataset::{Priority, Task},
    de::{
        Choice, DeOptions, DeTable, FixedPoints, LayerTiles, Moments, MomentsError, Plan, Route, Sets, Speed, Summing,
        compare,
    },
    filter::CellMask,
};
use rayon::prelude::*;
use shared_fbs::manifest::{Layer, Manifest};

use crate::dataset::{Dataset, DatasetError, wait};

/// Why a comparison failed.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// The dataset cannot be read.
    #[error(transparent)]
    Dataset(DatasetError),
    /// Its moments contradict each other.
    #[error("layer `{layer}`: {source}")]
    Moments {
        /// The layer.
        layer: String,
        /// What is wrong.
        source: MomentsError,
    },
    /// It was told to stop.
    #[error("the comparison was stopped")]
    Stopped,
}

impl From<DatasetError> for CompareError {
    fn from(error: DatasetError) -> Self {
        match error {
            DatasetError::Stopped => Self::Stopped,
            error => Self::Dataset(error),
        }
    }
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
    choice.is_some_and(|choice| choice.taken().route == Route::Blocks)
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

/// As [`planned_moments`], but stops within a few tiles of when `stop` becomes true.
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
        return sum(dataset, layer, &Task::Plan(&plan), stop);
    }
    match sets {
        Sets::Two(group, reference) => sum(dataset, layer, &Task::genes(group, reference), stop),
        Sets::GroupAndRest(group) => {
            let mut rest = group.clone();
            rest.invert();
            sum(dataset, layer, &Task::genes(group, &rest), stop)
        }
    }
}

/// The exact moments of two sets of cells in a layer by a plan, on all threads.
///
/// # Errors
/// When tiles are broken.
pub fn follow(dataset: &Dataset, layer: &Layer, plan: &Plan) -> Result<([Moments; 2], FixedPoints), CompareError> {
    sum(dataset, layer, &Task::Plan(plan), &AtomicBool::new(false))
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
    sum(dataset, layer, &Task::genes(group, reference), &AtomicBool::new(false))
}

/// Sums up a task, a share in every thread.
fn sum(
    dataset: &Dataset,
    layer: &Layer,
    task: &Task<'_>,
    stop: &AtomicBool,
) -> Result<([Moments; 2], FixedPoints), CompareError> {
    let (reader, index) = (dataset.reader(), dataset.index_of(layer)?);
    let fixed = wait(reader.fixed_points(index))?;
    if task.reads_values() {
        // Before the threads start, which would each read them.
        wait(reader.normalization(index, Priority::Now))?;
    }
    let unless_stopped = |_| if stop.load(Ordering::Relaxed) { Err(DatasetError::Stopped) } else { Ok(()) };
    let n_genes = reader.n_genes(index);
    let merge = |mut sums: Summing, other: Summing| {
        sums.merge(&other);
        Ok(sums)
    };
    let sums = task
        .shares(n_genes as u32, rayon::current_num_threads())
        .par_iter()
        .map(|share| wait(reader.sum(index, share, unless_stopped)))
        .try_reduce(|| Summing::new(&fixed, n_genes), merge)?;
    Ok((sums.finish(task.n_cells()).map_err(|source| wrong(layer, source))?, fixed))
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
    compare(&group, &reference, &fixed, options).map_err(|source| wrong(layer, source))
}

pub(crate) fn wrong(layer: &Layer, source: MomentsError) -> CompareError {
    CompareError::Moments { layer: layer.name.clone(), source }
}
