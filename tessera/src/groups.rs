//! Groups of cells, each compared with all others of some cells; and sums of genes whose large values are clipped.

use std::sync::Arc;

use explorer_core::{
    data::GeneIdx,
    dataset::{self, Damage},
    de::{DeOptions, DeTable, RankGroups, Test, compare},
    filter::CellMask,
};
use rayon::prelude::*;
use shared_fbs::manifest::Layer;

use crate::{
    compare::{CompareError, wrong},
    dataset::{Dataset, DatasetError, wait},
    gene_passes::rank_sums,
    selection::CellSelection,
};

/// Compares each of some groups, which have no cell in common, with all other cells of a universe that they are part of.
///
/// # Errors
/// When tiles are broken, or a group is no part of the universe.
pub fn compare_groups(
    dataset: &Dataset,
    layer: &Layer,
    groups: &[CellSelection],
    universe: &CellSelection,
    (options, test): (DeOptions, Test),
) -> Result<Vec<DeTable>, CompareError> {
    let (all, fixed) = universe.moments(dataset, layer)?;
    let ranks = match test {
        Test::T => None,
        Test::Wilcoxon(ties) => Some((rank_sums(dataset, layer, &codes(groups, universe.cells()))?, ties)),
    };
    let table = |(number, group): (usize, &CellSelection)| {
        let (moments, _) = group.moments(dataset, layer)?;
        let mut rest = all.clone();
        rest.subtract(&moments).map_err(|source| wrong(layer, source))?;
        let table = compare(&moments, &rest, &fixed, options).map_err(|source| wrong(layer, source))?;
        Ok(match &ranks {
            Some((ranks, ties)) => table.with_ranks(ranks, number, *ties),
            None => table,
        })
    };
    groups.iter().enumerate().map(table).collect()
}

/// Compares each of some groups with the same other cells, which none of them has any of.
///
/// # Errors
/// When tiles are broken.
pub fn compare_to(
    dataset: &Dataset,
    layer: &Layer,
    groups: &[CellSelection],
    reference: &CellSelection,
    (options, test): (DeOptions, Test),
) -> Result<Vec<DeTable>, CompareError> {
    let (others, fixed) = reference.moments(dataset, layer)?;
    let table = |group: &CellSelection| {
        let (moments, _) = group.moments(dataset, layer)?;
        let table = compare(&moments, &others, &fixed, options).map_err(|source| wrong(layer, source))?;
        Ok(match test {
            Test::T => table,
            Test::Wilcoxon(ties) => {
                let groups = RankGroups::two(group.cells(), reference.cells());
                table.with_ranks(&rank_sums(dataset, layer, &groups)?, 0, ties)
            }
        })
    };
    groups.iter().map(table).collect()
}

/// The groups to rank: those given, all other cells of the universe, and, not ranked, those outside.
fn codes(groups: &[CellSelection], universe: &CellMask) -> RankGroups {
    let n_groups = groups.len() as u32;
    let mut codes: Vec<u32> = universe.as_bytes().iter().map(|&is_in| n_groups + u32::from(is_in == 0)).collect();
    for (number, group) in (0..).zip(groups) {
        group.cells().iter().for_each(|cell| codes[cell.0 as usize] = number);
    }
    RankGroups::Codes { codes: Arc::from(codes), n_groups: n_groups + 1 }
}

/// Sums of a gene.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClippedSums {
    /// Σ min(x, clip).
    pub sum: f64,
    /// Σ min(x, clip)².
    pub sum_sq: f64,
}

/// What genes sum up to over some cells when no value counts for more than a limit, a limit per gene.
///
/// # Errors
/// When a tile cannot be read.
pub fn clipped_sums(
    dataset: &Dataset,
    layer: &Layer,
    cells: &CellMask,
    genes: &[(GeneIdx, f64)],
) -> Result<Vec<ClippedSums>, DatasetError> {
    // Before the threads start, which would each read it.
    dataset.normalization(layer)?;
    let bytes = cells.as_bytes();
    let sums = |&(gene, limit): &(GeneIdx, f64)| {
        let values = dataset.gene(layer, gene)?;
        let mut sums = ClippedSums::default();
        for (&cell, &value) in values.indices.iter().zip(&values.data) {
            if bytes.get(cell as usize) == Some(&1) {
                let value = f64::from(value).min(limit);
                sums.sum += value;
                sums.sum_sq += value * value;
            }
        }
        Ok(sums)
    };
    genes.par_iter().map(sums).collect()
}

/// The largest value of every gene over all cells; `None` where the dataset does not tell.
///
/// # Errors
/// When a tile cannot be read.
pub fn largest_values(dataset: &Dataset, layer: &Layer) -> Result<Option<Vec<f32>>, DatasetError> {
    let Some(total) = &layer.total_moments else { return Ok(None) };
    match wait(dataset.reader().largest_values(dataset.index_of(layer)?, total.first)) {
        Ok(largest) => Ok(Some(largest)),
        // A whole tile without them.
        Err(DatasetError::Content(dataset::DatasetError::Tile { damage: Damage::LargestValues, .. })) => Ok(None),
        Err(error) => Err(error),
    }
}
