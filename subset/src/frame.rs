//! `obs` and `var`.

use std::collections::BTreeMap;

use explorer_core::{
    data::{Categorical, CellIdx, CellRow, FileColumn, Numbers, label_order},
    dataset::{Dataset, SubsetCells, Tiles},
    session::SubsetAdditions,
    state::{OwnColumn, OwnLabel},
};
use h5ad::{CategoryKind, Frame, FrameColumn};
use shared_fbs::manifest::{Column, NumberKind};

/// A column's name, and the colors of its labels.
pub(crate) type Colors = Vec<(String, Vec<String>)>;

/// The data frame of some cells, and the colors of their labels. Labels that none of the cells has are left out, as
/// anndata does when it takes cells out of a file.
pub(crate) async fn obs<T: Tiles>(
    dataset: &Dataset<T>,
    cells: &SubsetCells,
    rows: &[CellRow],
    additions: &SubsetAdditions,
) -> Result<(Frame, Colors), T::Error> {
    let manifest = dataset.manifest();
    let ids = dataset.cell_ids().await?;
    let id = |(&cell, row): (&u32, &CellRow)| match ids.get(cell as usize) {
        Some(Some(id)) => id.clone(),
        Some(None) | None => row.0.to_string(),
    };
    let index = cells.cells().iter().zip(rows).map(id).collect();
    let (mut columns, mut colors) = (Vec::new(), Vec::new());
    for column in &manifest.columns {
        let values = dataset.file_column(&column.name).await?;
        let (values, used) = taken(&values, column, cells.cells());
        if let Some(used) = used.filter(|used| !used.is_empty())
            && let Some(all) = dataset.categories(&column.name).await?.colors
        {
            let of_used = used.iter().filter_map(|&code| all.get(code as usize).copied().map(color_text));
            colors.push((column.name.clone(), of_used.collect()));
        }
        columns.push((column.name.clone(), values));
    }
    columns.extend(additions.own_columns.iter().map(|column| (column.name().to_owned(), own(column, rows))));
    Ok((Frame { index, index_name: manifest.index_name.clone(), columns }, colors))
}

/// The data frame of a table of genes, in the order of the input.
pub(crate) async fn var<T: Tiles>(dataset: &Dataset<T>, var: usize) -> Result<Frame, T::Error> {
    let entry = &dataset.manifest().vars[var];
    let genes = dataset.genes_of_table(var).await?;
    let mut order: Vec<u32> = (0..genes.rows.len() as u32).collect();
    order.sort_by_key(|&gene| genes.rows[gene as usize]);
    let index = order.iter().map(|&gene| genes.ids[gene as usize].clone()).collect();
    let mut columns = Vec::with_capacity(entry.columns.len());
    for column in &entry.columns {
        let values = dataset.gene_column(var, &column.name).await?;
        columns.push((column.name.clone(), taken(&values, column, &order).0));
    }
    Ok(Frame { index, index_name: entry.index_name.clone(), columns })
}

/// The values at these places, and which labels they have, where they are labels.
fn taken(values: &FileColumn, column: &Column, places: &[u32]) -> (FrameColumn, Option<Vec<u32>>) {
    match values {
        FileColumn::Labels(labels) => labels_taken(labels, column.number, places),
        FileColumn::Numbers(numbers) => (numbers_taken(numbers.arranged(places)), None),
        FileColumn::Text(texts) => {
            let text = |&place: &u32| texts.get(place as usize).cloned().flatten();
            (FrameColumn::Strings(places.iter().map(text).collect()), None)
        }
    }
}

fn numbers_taken(numbers: Numbers) -> FrameColumn {
    match numbers {
        Numbers::Int(values) => FrameColumn::Integers(values),
        Numbers::Uint(values) => FrameColumn::Unsigned(values),
        Numbers::Float32(values) => FrameColumn::Singles(values),
        Numbers::Float64(values) => FrameColumn::Doubles(values),
    }
}

fn labels_taken(labels: &Categorical, number: NumberKind, places: &[u32]) -> (FrameColumn, Option<Vec<u32>>) {
    let code_at = |&place: &u32| labels.codes.get(CellIdx(place));
    if is_truth(labels, number) {
        let truth = |code| (code != labels.missing_code()).then_some(code == 1);
        return (FrameColumn::Booleans(places.iter().map(code_at).map(truth).collect()), None);
    }
    let mut new_codes: BTreeMap<u32, i32> = places.iter().map(code_at).map(|code| (code, 0)).collect();
    new_codes.remove(&labels.missing_code());
    for (new, number) in new_codes.values_mut().zip(0..) {
        *new = number;
    }
    let codes = places.iter().map(code_at).map(|code| new_codes.get(&code).copied().unwrap_or(-1)).collect();
    let used: Vec<u32> = new_codes.into_keys().collect();
    let categories = used.iter().map(|&code| labels.categories[code as usize].clone()).collect();
    let column = FrameColumn::Categorical { codes, categories, ordered: labels.ordered, kind: kind_of(number) };
    (column, Some(used))
}

/// Whether labels are a column of truth values, as the builder makes them.
fn is_truth(labels: &Categorical, number: NumberKind) -> bool {
    number == NumberKind::Bool && !labels.ordered && *labels.categories == ["False".to_owned(), "True".to_owned()]
}

fn kind_of(number: NumberKind) -> CategoryKind {
    match number {
        NumberKind::Bool => CategoryKind::Booleans,
        NumberKind::Int => CategoryKind::Integers,
        NumberKind::Uint => CategoryKind::Unsigned,
        NumberKind::Float32 => CategoryKind::Singles,
        NumberKind::Float64 => CategoryKind::Doubles,
        // No numbers, or some of a kind that later builders make.
        _ => CategoryKind::Text,
    }
}

/// A column of the user's own; labels in the order in which they are shown.
fn own(column: &OwnColumn, rows: &[CellRow]) -> FrameColumn {
    let in_file = |label: &OwnLabel| rows.iter().any(|row| label.cells.rows().contains(row.0));
    let labels: Vec<_> = column.labels().iter().filter(|label| in_file(label)).collect();
    let names: Vec<String> = labels.iter().map(|label| label.name.clone()).collect();
    let order = label_order(&names, false);
    let code = |row: &CellRow| {
        let found = order.iter().position(|&label| labels[label as usize].cells.rows().contains(row.0));
        found.map_or(-1, |code| code as i32)
    };
    FrameColumn::Categorical {
        codes: rows.iter().map(code).collect(),
        categories: order.iter().map(|&label| names[label as usize].clone()).collect(),
        ordered: false,
        kind: CategoryKind::Text,
    }
}

/// A color as matplotlib reads it.
fn color_text(rgba: u32) -> String {
    match rgba & 0xff {
        0xff => format!("#{:06x}", rgba >> 8),
        _ => format!("#{rgba:08x}"),
    }
}
