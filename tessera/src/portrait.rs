//! What some cells are, from their labels, stored moments and a comparison with all others.

use explorer_core::{
    dataset::label_tiles,
    de::{DeOptions, Marker, Regulation, Sets, compare},
    filter::CellMask,
    statistics::{LabelShare, NearestLabel, Portrait, label_shares, nearest_labels},
};
use shared_fbs::manifest::{ColumnKind, Layer};

use crate::{
    compare::{CompareError, planned_moments, wrong},
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
    let ([inside, rest], fixed) = planned_moments(dataset, layer, Sets::GroupAndRest(cells))?;
    let table = compare(&inside, &rest, &fixed, DeOptions::of_layer(layer)).map_err(|source| wrong(layer, source))?;
    let genes: Vec<u32> = (0..table.len() as u32).collect();
    let top = table.top(&genes, Regulation::Up, most);
    let (reader, index) = (dataset.reader(), dataset.index_of(layer)?);
    let mut nearest: Vec<NearestLabel> = Vec::new();
    if let Some((column, tiles)) = nearest_of.and_then(|column| Some((column, label_tiles(layer, column)?))) {
        let names = wait(reader.categories(column))?.labels;
        let tiles: Vec<u32> = tiles.collect();
        let moments = wait(reader.stored_moments(index, &tiles, |_| Ok(())))?;
        nearest = nearest_labels(&inside, (&moments, &names), &fixed, most);
    }
    Ok(Portrait {
        n_cells: inside.n_cells,
        labels: labels(dataset, cells, most)?,
        markers: top.into_iter().map(|gene| Marker::of(&table, gene, table.score[gene as usize])).collect(),
        nearest_of: nearest_of.unwrap_or_default().to_owned(),
        nearest,
    })
}

/// Of each categorical column, the labels that the cells have.
fn labels(dataset: &Dataset, cells: &CellMask, most: usize) -> Result<Vec<(String, Vec<LabelShare>)>, CompareError> {
    let all = CellMask::all(cells.len());
    let mut labels = Vec::new();
    for column in dataset.manifest().columns.iter().filter(|column| column.kind == ColumnKind::Categorical) {
        if let Some(values) = dataset.categorical(column)? {
            labels.push((column.name.clone(), label_shares(&values, cells, &all, most)));
        }
    }
    Ok(labels)
}
