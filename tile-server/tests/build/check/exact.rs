//! Columns of cells and genes, and entries of `obsm`, as they are in the file: every value, to the last bit.

use explorer_core::data::{FileColumn, Number, Numbers};
use h5ad::{Frame, FrameColumn, H5ad, MatrixLocation, ObsmValues};
use shared_fbs::manifest::{Column, NumberKind, ValueRange};
use tessera::dataset::Dataset;

/// Checks all of them. `rows` are the input's rows of the cells.
pub fn check(file: &H5ad, dataset: &Dataset, rows: &[u32]) {
    let manifest = dataset.manifest();
    frame(&file.obs().unwrap(), &manifest.columns, rows, |name| dataset.file_column(name).unwrap());
    for (layer, info) in manifest.layers.iter().zip(file.matrices()) {
        let var = match info.location {
            MatrixLocation::Raw => file.raw_var().unwrap(),
            MatrixLocation::X | MatrixLocation::Layer(_) => Some(file.var().unwrap()),
        };
        let Some(var) = var else { continue };
        let table = &manifest.vars[layer.var as usize];
        assert_eq!(table.index_name, var.index_name);
        let genes = dataset.genes(layer).unwrap();
        frame(&var, &table.columns, &genes.rows, |name| dataset.gene_column(layer.var as usize, name).unwrap());
    }
    for (at, entry) in manifest.embeddings.iter().enumerate() {
        let stated = file.read_obsm(&entry.key, 0..usize::MAX).unwrap();
        assert_eq!(entry.n_columns as usize, stated.n_columns);
        let is_wide = match &stated.values {
            ObsmValues::Singles(_) => false,
            ObsmValues::Doubles(values) => {
                values.iter().any(|&value| f64::from(value as f32) != value && !value.is_nan())
            }
        };
        assert_eq!(entry.number, if is_wide { NumberKind::Float64 } else { NumberKind::Float32 }, "{}", entry.key);
        let values = stated.values.into_doubles();
        for column in 0..entry.n_columns {
            let found = dataset.obsm_column(at, column).unwrap();
            assert_eq!(found.kind(), entry.number);
            for (cell, &row) in rows.iter().enumerate() {
                let expected = values[row as usize * entry.n_columns as usize + column as usize];
                assert_eq!(found.get(cell).map(float), (!expected.is_nan()).then_some(expected), "{} {row}", entry.key);
            }
        }
    }
}

fn float(number: Number) -> f64 {
    match number {
        Number::Float32(value) => value.into(),
        Number::Float64(value) => value,
        Number::Int(_) | Number::Uint(_) => panic!("{number} is no float"),
    }
}

fn frame(frame: &Frame, columns: &[Column], rows: &[u32], read: impl Fn(&str) -> FileColumn) {
    let known = frame.columns.iter().filter(|(_, column)| !matches!(column, FrameColumn::Unsupported { .. }));
    assert!(columns.iter().map(|column| &column.name).eq(known.clone().map(|(name, _)| name)));
    for ((name, input), column) in known.zip(columns) {
        let found = read(name);
        let expected = match input {
            FrameColumn::Integers(values) => Numbers::Int(values.clone()),
            FrameColumn::Unsigned(values) => Numbers::Uint(values.clone()),
            FrameColumn::Singles(values) => Numbers::Float32(values.clone()),
            FrameColumn::Doubles(values) => Numbers::Float64(values.clone()),
            FrameColumn::Strings(texts) => {
                texts_are(name, &found, rows, |row| texts[row].clone());
                continue;
            }
            FrameColumn::Booleans(values) => {
                assert_eq!(column.number, NumberKind::Bool);
                let text = |value| if value { "True" } else { "False" };
                texts_are(name, &found, rows, |row| values[row].map(text).map(str::to_owned));
                continue;
            }
            FrameColumn::Categorical { codes, categories, .. } => {
                let label = |row: usize| usize::try_from(codes[row]).ok().map(|code| categories[code].clone());
                texts_are(name, &found, rows, label);
                continue;
            }
            FrameColumn::Unsupported { .. } => unreachable!("left out above"),
        };
        let FileColumn::Numbers(found) = found else { panic!("{name} holds numbers") };
        assert_eq!(
            (found.kind(), column.number, found.len()),
            (expected.kind(), expected.kind(), rows.len()),
            "{name}"
        );
        assert_eq!(column.has_exact(), !expected.fit_f32(), "{name}");
        for (at, &row) in rows.iter().enumerate() {
            assert_eq!(found.get(at), expected.get(row as usize), "{name} row {row}");
        }
        range_is(column, &expected.to_f32());
    }
}

/// Tiles of a column are larger than these tables, so that its one range is that of all values.
fn range_is(column: &Column, values: &[f32]) {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let [ValueRange { min, max }] = column.ranges[..] else {
        assert!(values.is_empty(), "{} has one tile", column.name);
        return;
    };
    if finite().next().is_some() {
        assert_eq!((min, max), (finite().fold(f32::INFINITY, f32::min), finite().fold(f32::NEG_INFINITY, f32::max)));
    } else {
        assert!(min.is_nan() && max.is_nan());
    }
}

fn texts_are(name: &str, found: &FileColumn, rows: &[u32], expected: impl Fn(usize) -> Option<String>) {
    assert!(!matches!(found, FileColumn::Numbers(_)), "{name} holds text");
    for (at, &row) in rows.iter().enumerate() {
        assert_eq!(found.text(at), expected(row as usize), "{name} row {row}");
    }
}
