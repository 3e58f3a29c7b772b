//! Compares a dataset with the file that it was built from: every value, whatever the order of storage.

mod cells;
mod exact;
mod moments;

use std::{collections::BTreeMap, path::Path};

use explorer_core::data::{CellIdx, Embedding, Frame, assemble};
use h5ad::{FrameColumn, H5ad, MatrixLocation, Storage};
use shared_fbs::{
    manifest::{Column, ColumnKind, Layer},
    tile::{self, Categories, Codes, Points, Posting, Strings, Values},
};
use tessera::dataset::Dataset;

pub use moments::moments;

/// A gene's values, by row of the input.
type ByRow = BTreeMap<u32, f32>;

/// Checks everything but the moments, which [`moments`] does.
pub fn content(input: &Path, dataset: &Path) {
    let file = H5ad::open(input).unwrap();
    let dataset = Dataset::open(dataset).unwrap();
    let rows = rows(&dataset);
    assert_eq!(dataset.manifest().n_obs as usize, file.n_obs());
    columns(&file, &dataset, &rows);
    embeddings(&file, &dataset, &rows);
    exact::check(&file, &dataset, &rows);
    assert_eq!(dataset.manifest().layers.len(), file.matrices().len());
    for (layer, info) in dataset.manifest().layers.iter().zip(file.matrices()) {
        assert_eq!(layer.name, info.location.to_string());
        values(&file, &info.location, &dataset, layer, &rows);
        cells::are_genes_transposed(&dataset, layer);
    }
}

/// The input's row of every cell: all of them, each once.
fn rows(dataset: &Dataset) -> Vec<u32> {
    let tiles = dataset.decode_range("obs", dataset.manifest().row.as_ref(), Codes::decode).unwrap();
    let rows: Vec<u32> = tiles.iter().flat_map(widened).collect();
    let mut sorted = rows.clone();
    sorted.sort_unstable();
    assert!(sorted.into_iter().eq(0..dataset.manifest().n_obs));
    rows
}

fn widened(codes: &Codes) -> Vec<u32> {
    match codes {
        Codes::U8(codes) => codes.iter().map(|&code| code.into()).collect(),
        Codes::U16(codes) => codes.iter().map(|&code| code.into()).collect(),
        Codes::U32(codes) => codes.clone(),
    }
}

fn columns(file: &H5ad, dataset: &Dataset, rows: &[u32]) {
    let obs = file.obs().unwrap();
    let ids = dataset.cell_ids().unwrap();
    let mut unique = obs.index.clone();
    unique.sort();
    unique.dedup();
    if unique.len() == obs.index.len() {
        assert!(ids.iter().zip(rows).all(|(id, &row)| id.as_ref() == Some(&obs.index[row as usize])));
    }
    let known = obs.columns.iter().filter(|(_, column)| !matches!(column, FrameColumn::Unsupported { .. }));
    let names: Vec<&str> = known.clone().map(|(name, _)| name.as_str()).collect();
    assert!(dataset.manifest().columns.iter().map(|column| column.name.as_str()).eq(names));
    for ((name, input), column) in known.zip(&dataset.manifest().columns) {
        match input {
            FrameColumn::Categorical { codes, categories, ordered, .. } => {
                let label = |row: u32| usize::try_from(codes[row as usize]).ok().map(|code| categories[code].as_str());
                assert_eq!(column.ordered, *ordered);
                labels(file, dataset, column, rows, Some(categories), label);
            }
            FrameColumn::Booleans(values) => {
                let label = |row: u32| values[row as usize].map(|value| if value { "True" } else { "False" });
                labels(file, dataset, column, rows, None, label);
            }
            FrameColumn::Strings(texts) if column.kind == ColumnKind::Categorical => {
                labels(file, dataset, column, rows, None, |row| texts[row as usize].as_deref());
            }
            FrameColumn::Strings(texts) => {
                let tiles = dataset.decode_range("obs", column.tiles.as_ref(), Strings::decode).unwrap();
                let found = tiles.iter().flat_map(|tile| &tile.0);
                assert!(found.eq(rows.iter().map(|&row| &texts[row as usize])), "{name}");
            }
            FrameColumn::Integers(values) => {
                numbers(dataset, column, rows, |row| values[row as usize].map_or(f32::NAN, |value| value as f32));
            }
            FrameColumn::Unsigned(values) => {
                numbers(dataset, column, rows, |row| values[row as usize].map_or(f32::NAN, |value| value as f32));
            }
            FrameColumn::Singles(values) => numbers(dataset, column, rows, |row| values[row as usize]),
            FrameColumn::Doubles(values) => numbers(dataset, column, rows, |row| values[row as usize] as f32),
            FrameColumn::Unsupported { .. } => unreachable!("left out above"),
        }
    }
}

/// Codes, counts and postings of a column of labels, and its colors.
fn labels<'a>(
    file: &H5ad,
    dataset: &Dataset,
    column: &Column,
    rows: &[u32],
    categories: Option<&[String]>,
    label: impl Fn(u32) -> Option<&'a str>,
) {
    let tiles = column.tiles.clone().unwrap();
    let head = dataset.decode("obs", tiles.first, Categories::decode).unwrap();
    assert!(categories.is_none_or(|categories| categories == head.labels), "{}", column.name);
    let found = dataset.categorical(column).unwrap().unwrap();
    let mut cells_of = vec![Vec::new(); head.labels.len() + 1];
    for (cell, &row) in (0u32..).zip(rows) {
        let code = found.codes.get(CellIdx(cell)) as usize;
        assert_eq!(found.categories.get(code).map(String::as_str), label(row), "{} row {row}", column.name);
        cells_of[code].push(cell);
    }
    assert!(head.counts.iter().map(|&count| count as usize).eq(cells_of.iter().map(Vec::len)), "{}", column.name);
    assert_eq!(column.n_missing as usize, cells_of.pop().unwrap().len());
    let postings = dataset.decode_range("postings", column.postings.as_ref(), Posting::decode).unwrap();
    assert!(postings.iter().map(|posting| posting.0.iter().collect::<Vec<u32>>()).eq(cells_of), "{}", column.name);
    if let (Some(colors), Some(stated)) = (&head.colors, file.uns().colors.get(&column.name)) {
        for (&color, stated) in colors.iter().zip(stated) {
            assert_eq!(Some(color.to_be_bytes()), explorer_core::color::parse(stated), "{stated}");
        }
    }
}

fn numbers(dataset: &Dataset, column: &Column, rows: &[u32], value: impl Fn(u32) -> f32) {
    let tiles = dataset.decode_range("obs", column.tiles.as_ref(), Values::decode).unwrap();
    let found: Vec<f32> = tiles.into_iter().flat_map(|tile| tile.0).collect();
    assert_eq!(found.len(), rows.len());
    for (&found, &row) in found.iter().zip(rows) {
        let expected = value(row);
        assert!(found.to_bits() == expected.to_bits() || (found.is_nan() && expected.is_nan()), "{}", column.name);
    }
    let finite = || found.iter().copied().filter(|value| value.is_finite());
    assert_eq!(column.n_missing as usize, found.iter().filter(|value| value.is_nan()).count());
    if finite().next().is_some() {
        let extremes = (finite().fold(f32::INFINITY, f32::min), finite().fold(f32::NEG_INFINITY, f32::max));
        assert_eq!((column.min, column.max), extremes);
    } else {
        assert!(column.min.is_nan() && column.max.is_nan());
    }
}

fn embeddings(file: &H5ad, dataset: &Dataset, rows: &[u32]) {
    let manifest = dataset.manifest();
    for entry in &manifest.embeddings {
        let frame = Frame::new(entry.origin_x, entry.origin_y, entry.step);
        let mut found = Embedding::nowhere(rows.len(), frame, None);
        let points = dataset.decode_range("points", entry.tiles.as_ref(), Points::decode).unwrap();
        for (cells, points) in manifest.levels().tiles().iter().zip(&points) {
            found.place(cells, points).unwrap();
        }
        let stated = file.read_obsm(&entry.key, 0..2).unwrap();
        let (n_columns, values) = (stated.n_columns, stated.values.into_doubles());
        // Far from zero, f64 itself has steps.
        let bound =
            entry.step / 2.0 * (1.0 + 1e-9) + 2.0 * f64::EPSILON * entry.origin_x.abs().max(entry.origin_y.abs());
        let (mut n_positioned, mut n_far) = (0, 0);
        for (cell, &row) in rows.iter().enumerate() {
            let [x, y] = [0, 1].map(|axis| values[row as usize * n_columns + axis]);
            if found.xs[cell] == tile::NO_POSITION {
                assert_eq!(found.ys[cell], tile::NO_POSITION);
                n_far += u32::from(x.is_finite() && y.is_finite());
                continue;
            }
            n_positioned += 1;
            let (at_x, at_y) = frame.coordinates(found.xs[cell].into(), found.ys[cell].into());
            let error = (at_x - x).abs().max((at_y - y).abs());
            assert!(error <= bound, "{} row {row}: {error} over {bound}", entry.key);
        }
        assert_eq!((entry.n_positioned, entry.n_far), (n_positioned, n_far));
    }
}

/// Every value of a layer, zeros included: what is not stored must not be in the input either.
fn values(file: &H5ad, location: &MatrixLocation, dataset: &Dataset, layer: &Layer, rows: &[u32]) {
    let genes = dataset.genes(layer).unwrap();
    let var = match location {
        MatrixLocation::Raw => file.raw_var().unwrap(),
        _ => Some(file.var().unwrap()),
    };
    let input = by_column(file, location);
    assert_eq!(genes.rows.len(), input.len());
    let normalization = dataset.normalization(layer).unwrap();
    let rebuild = assemble::Rebuild::of(normalization.as_deref());
    let (mut n_values, mut max_abs) = (0, 0f32);
    for (gene, &column) in (0u32..).zip(&genes.rows) {
        let column = column as usize;
        if let Some(var) = &var {
            assert!(genes.ids[gene as usize].starts_with(&var.index[column]));
        }
        let tiles = dataset.expression(layer, gene).unwrap();
        let found = assemble::gene(&tiles, rebuild, rows.len()).unwrap();
        let expected = &input[column];
        assert_eq!(found.indices.len(), expected.len(), "{} {}", layer.name, genes.ids[gene as usize]);
        for (&cell, &value) in found.indices.iter().zip(&found.data) {
            let expected = expected[&rows[cell as usize]];
            assert_eq!(value.to_bits(), expected.to_bits(), "{} {}", layer.name, genes.ids[gene as usize]);
            max_abs = max_abs.max(expected.abs());
        }
        n_values += found.data.len() as u64;
    }
    assert_eq!(layer.n_nonzero, n_values, "{}", layer.name);
    assert_eq!(layer.max_abs, max_abs);
}

/// The finite values of every column of a matrix.
fn by_column(file: &H5ad, location: &MatrixLocation) -> Vec<ByRow> {
    let matrix = file.matrix(location).unwrap();
    let mut columns = vec![ByRow::new(); matrix.info().n_cols];
    for range in matrix.slabs(100_000) {
        let slab = matrix.read(range.clone()).unwrap();
        for (major, bounds) in range.zip(slab.indptr.windows(2)) {
            for at in bounds[0]..bounds[1] {
                let minor = slab.indices[at] as usize;
                let (row, column) = if matrix.info().storage == Storage::Csc { (minor, major) } else { (major, minor) };
                if slab.data[at].is_finite() {
                    columns[column].insert(row as u32, slab.data[at]);
                }
            }
        }
    }
    columns
}
