//! What some cells are, from their labels, stored moments and a comparison with all others.

use explorer_core::{de::Sets, filter::CellMask, statistics::Portrait};
use shared_fbs::manifest::Layer;

use crate::{
    compare::{CompareError, planned_moments},
    dataset::{Dataset, wait},
};

/// What some cells are: at most `most` labels of each categorical column, markers, and labels of `nearest_of` that they
/// are like (none where that column has no stored moments).
///
/// # Errors
/// When tiles are broken.
pub fn portrait(
    dataset: &Dataset,
    layer: &Layer,
    cells: &CellMask,
    nearest_of: Option<&str>,
    most: usize,
) -> Result<Portrait, CompareError> {
    let (moments, _) = planned_moments(dataset, layer, Sets::GroupAndRest(cells))?;
    let all = CellMask::all(cells.len());
    let index = dataset.index_of(layer)?;
    Ok(wait(dataset.reader().portrait(index, [cells, &all], &moments, nearest_of, most))?)
}
