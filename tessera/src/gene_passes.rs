//! Passes over all genes of a layer, or some, on all threads: ranks, correlations, scores of gene sets.

use std::ops::Range;

use explorer_core::{
    data::{Continuous, GeneIdx, GeneSum},
    dataset::{Priority, shares_of_genes},
    de::{Adjustment, DeOptions, DeTable, RankGroups, RankSums, Ties},
    filter::CellMask,
    sorting::set_of,
    statistics::{Correlations, Correlator, NoControls, NoCorrelation, ScoreOptions, control_genes},
};
use rayon::prelude::*;
use shared_fbs::manifest::Layer;

use crate::{
    compare::{CompareError, compare_cells},
    dataset::{Dataset, DatasetError, wait},
};

/// What shares of all genes of a layer come to, in the order of the genes.
fn by_shares<R: Send>(
    dataset: &Dataset,
    layer: &Layer,
    work: impl Fn(usize, Range<u32>) -> Result<R, DatasetError> + Sync,
) -> Result<Vec<R>, DatasetError> {
    let (reader, index) = (dataset.reader(), dataset.index_of(layer)?);
    // Before the threads start, which would each read it.
    wait(reader.normalization(index, Priority::Now))?;
    let shares: Vec<_> = shares_of_genes(reader.n_genes(index) as u32, rayon::current_num_threads() as u32).collect();
    shares.into_par_iter().map(|genes| work(index, genes)).collect()
}

/// The rank sums of all genes of a layer, from their tiles.
///
/// # Errors
/// When tiles are broken.
pub fn rank_sums(dataset: &Dataset, layer: &Layer, groups: &RankGroups) -> Result<RankSums, DatasetError> {
    let mut sums = RankSums::empty(groups);
    let work = |index, genes| wait(dataset.reader().rank(index, genes, groups, |_| Ok(())));
    by_shares(dataset, layer, work)?.into_iter().for_each(|share| sums.append(share));
    Ok(sums)
}

/// Compares two sets of cells in a layer by the Wilcoxon rank-sum test; effects, means and percentages are those of
/// [`compare_cells`].
///
/// # Errors
/// When tiles are broken.
pub fn compare_by_ranks(
    dataset: &Dataset,
    layer: &Layer,
    [group, reference]: [&CellMask; 2],
    options: DeOptions,
    ties: Ties,
) -> Result<DeTable, CompareError> {
    let table = compare_cells(dataset, layer, group, reference, options)?;
    let ranks = rank_sums(dataset, layer, &RankGroups::two(group, reference))?;
    Ok(table.with_ranks(&ranks, 0, ties))
}

/// Why genes are not correlated with a number.
#[derive(Debug, thiserror::Error)]
pub enum CorrelateError {
    /// The dataset cannot be read.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// Nothing goes with the number.
    #[error(transparent)]
    NoCorrelation(#[from] NoCorrelation),
}

/// Correlates all genes of a layer with one number per cell, over some cells; with those of a gene, `itself`, all others.
///
/// # Errors
/// [`CorrelateError`].
pub fn correlate(
    dataset: &Dataset,
    layer: &Layer,
    (numbers, itself): (&Continuous, Option<GeneIdx>),
    cells: &CellMask,
    adjustment: Adjustment,
) -> Result<Correlations, CorrelateError> {
    let correlator = Correlator::new(numbers, cells);
    correlator.check()?;
    let work = |index, genes| wait(dataset.reader().correlate(index, genes, &correlator, |_| Ok(())));
    Ok(Correlations::of(correlator.n_cells(), by_shares(dataset, layer, work)?.concat(), itself, adjustment))
}

/// Why a set of genes has no score.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    /// The dataset cannot be read.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// There is nothing to compare the set with.
    #[error(transparent)]
    NoControls(#[from] NoControls),
}

/// The score of a set of genes in every cell over control genes ([`control_genes`]), and the plain mean of its genes. Each
/// gene counts once.
///
/// # Errors
/// [`ScoreError`].
pub fn score_genes(
    dataset: &Dataset,
    layer: &Layer,
    set: &[GeneIdx],
    options: ScoreOptions,
) -> Result<[Vec<f64>; 2], ScoreError> {
    let (reader, index) = (dataset.reader(), dataset.index_of(layer)?);
    let (total, fixed) = (wait(reader.total_moments(index)), dataset.fixed_points(layer)?);
    let total = total?;
    let means: Vec<f64> = (0..reader.n_genes(index)).map(|gene| fixed.summary(&total, gene).mean).collect();
    // Ascending, as the page adds them up.
    let set: Vec<GeneIdx> = set_of(set.iter().copied()).into_iter().collect();
    let controls = control_genes(&means, &set, options)?;
    let mean = means_per_cell(dataset, layer, &set)?;
    let of_controls = means_per_cell(dataset, layer, &controls)?;
    Ok([mean.iter().zip(of_controls).map(|(mean, control)| mean - control).collect(), mean])
}

/// The mean of some genes in every cell.
fn means_per_cell(dataset: &Dataset, layer: &Layer, genes: &[GeneIdx]) -> Result<Vec<f64>, DatasetError> {
    let mut sum = GeneSum::new(dataset.manifest().n_obs as usize);
    for &gene in genes {
        sum.add(&dataset.gene(layer, gene)?);
    }
    Ok(sum.means())
}
