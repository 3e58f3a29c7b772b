//! Markers of every label of a column, from stored moments; and samples as replicates.

use explorer_core::{
    data::CellIdx,
    dataset::label_tiles,
    de::{
        Adjustment, DeOptions, FixedPoints, Marker, MarkerFinder, MarkerRank, Moments, PseudobulkError,
        PseudobulkTable, RankGroups, RankSums, SampleMoments, Sets, Test, pseudobulk,
    },
    filter::CellMask,
    format,
};
use rayon::prelude::*;
use shared_fbs::manifest::{Column, Layer};

use crate::{
    compare::{CompareError, planned_moments, wrong},
    dataset::{Dataset, DatasetError, wait},
    gene_passes::rank_sums,
};

/// Why there are no markers.
#[derive(Debug, thiserror::Error)]
pub enum MarkersError {
    /// The labels of the column have no stored moments.
    #[error("layer `{layer}` has no moments of the labels of `{column}`; it has those of: {known}")]
    NoMoments {
        /// The layer.
        layer: String,
        /// The column asked for.
        column: String,
        /// Columns that have moments.
        known: String,
    },
    /// The column of samples is not categorical, or not there.
    #[error("the dataset has no categorical column `{0}` to take samples from")]
    NoSamples(String),
    /// Tiles are broken, or contradict each other.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// Samples cannot be compared.
    #[error(transparent)]
    Pseudobulk(#[from] PseudobulkError),
}

impl MarkersError {
    /// The labels of a column have no stored moments in a layer.
    pub fn no_moments(layer: &Layer, column: &str) -> Self {
        Self::NoMoments {
            layer: layer.name.clone(),
            column: column.to_owned(),
            known: format::listed(layer.column_moments.iter().map(|moments| &moments.column)),
        }
    }
}

impl From<DatasetError> for MarkersError {
    fn from(error: DatasetError) -> Self {
        Self::Compare(error.into())
    }
}

/// The `n_top` best markers of every label of a column, with the label's name; labels without a cell are left out.
///
/// # Errors
/// [`MarkersError`].
pub fn markers(
    dataset: &Dataset,
    layer: &Layer,
    column: &str,
    (options, test): (DeOptions, Test),
    rank: MarkerRank,
    n_top: usize,
) -> Result<Vec<(String, Vec<Marker>)>, MarkersError> {
    let no_moments = || MarkersError::no_moments(layer, column);
    let (Some(tiles), Some(entry)) = (label_tiles(layer, column), dataset.manifest().column(column)) else {
        return Err(no_moments());
    };
    let (reader, index) = (dataset.reader(), dataset.index_of(layer)?);
    let categories = wait(reader.categories(&entry.name))?;
    let fixed = wait(reader.fixed_points(index))?;
    let total = wait(reader.total_moments(index))?;
    let read = |tile: u32| wait(reader.stored_moments(index, &[tile], |_| Ok(())));
    let labels = tiles.into_par_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let labels: Vec<Moments> = labels.into_iter().flatten().collect();
    let named =
        categories.labels.iter().enumerate().filter(|(label, _)| labels[*label].n_cells > 0).collect::<Vec<_>>();
    let ranks = match test {
        Test::T => None,
        Test::Wilcoxon(ties) => Some((rank_labels(dataset, layer, entry, labels.len())?, ties)),
    };
    let mut finder = MarkerFinder::new(&labels, &total, &fixed, options, rank);
    if let Some((ranks, ties)) = &ranks {
        finder = finder.by_ranks(ranks, *ties);
    }
    named
        .into_par_iter()
        .map(|(label, name)| {
            let markers = finder.markers_of(label, n_top).map_err(|source| wrong(layer, source))?;
            Ok((name.clone(), markers))
        })
        .collect()
}

/// The rank sums of all labels of a column, missing ones last where the column has any.
fn rank_labels(dataset: &Dataset, layer: &Layer, column: &Column, n_labels: usize) -> Result<RankSums, MarkersError> {
    let no_labels = || MarkersError::NoSamples(column.name.clone());
    let labels = dataset.categorical(column)?.ok_or_else(no_labels)?;
    let codes = (0..labels.codes.len()).map(|cell| labels.codes.get(CellIdx(cell as u32))).collect();
    Ok(rank_sums(dataset, layer, &RankGroups::Codes { codes, n_groups: n_labels as u32 })?)
}

/// Compares two sets of cells with the samples of a column as replicates.
///
/// # Errors
/// [`MarkersError`].
pub fn compare_samples(
    dataset: &Dataset,
    layer: &Layer,
    group: &CellMask,
    reference: &CellMask,
    samples: &str,
    adjustment: Adjustment,
) -> Result<PseudobulkTable, MarkersError> {
    let no_samples = || MarkersError::NoSamples(samples.to_owned());
    let column = dataset.manifest().column(samples).ok_or_else(no_samples)?;
    let column = dataset.categorical(column)?.ok_or_else(no_samples)?;
    let mut fixed: Option<FixedPoints> = None;
    let mut moments = Vec::new();
    for (code, name) in (0u32..).zip(column.categories.iter()) {
        let of_sample = |set: &CellMask| {
            let bytes = set.as_bytes();
            CellMask::from_fn(set.len(), |cell| bytes[cell] == 1 && column.codes.get(CellIdx(cell as u32)) == code)
        };
        let (group, reference) = (of_sample(group), of_sample(reference));
        if group.count() + reference.count() == 0 {
            continue;
        }
        let ([group, reference], found) = planned_moments(dataset, layer, Sets::Two(&group, &reference))?;
        fixed = Some(found);
        moments.push(SampleMoments { name: name.clone(), group, reference });
    }
    let fixed = match fixed {
        Some(fixed) => fixed,
        None => dataset.fixed_points(layer)?,
    };
    Ok(pseudobulk(&moments, &fixed, adjustment)?)
}
