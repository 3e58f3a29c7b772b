//! Prints what the AnnData reader finds in files: one line of JSON per file, with checksums.
//!
//! `cargo run -p h5ad --example h5ad_summary -- FILE…` and `h5ad/tests/reference/h5ad_summary.py FILE…` print the same
//! for the same files, the latter by way of anndata; the script compares the two when given the former's output.

use std::env;
use std::io::{self, Write};
use std::path::PathBuf;

use flate2::Crc;
use h5ad::{Frame, FrameColumn, H5ad, H5adError, Matrix, Storage};
use serde_json::{Map, Value, json};

/// Small, so that even small files are read in several slabs.
const SLAB_ENTRIES: usize = 5_000;

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for path in env::args_os().skip(1).map(PathBuf::from) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let summary = match H5ad::open(&path).and_then(|file| summary(&file)) {
            Ok(mut summary) => {
                summary.insert("file".to_owned(), name.into());
                Value::Object(summary)
            }
            Err(error) => json!({ "file": name, "error": error.to_string() }),
        };
        writeln!(out, "{summary}")?;
    }
    Ok(())
}

fn summary(file: &H5ad) -> Result<Map<String, Value>, H5adError> {
    let mut summary = Map::new();
    summary.insert("shape".to_owned(), json!([file.n_obs(), file.n_vars()]));
    summary.insert("obs".to_owned(), frame(&file.obs()?));
    summary.insert("var".to_owned(), frame(&file.var()?));
    summary.insert("raw_var".to_owned(), file.raw_var()?.as_ref().map_or(Value::Null, frame));

    let mut obsm = Map::new();
    for info in file.obsm() {
        let array = file.read_obsm(&info.key, 0..usize::MAX)?;
        obsm.insert(
            info.key.clone(),
            json!({ "n_columns": array.n_columns, "values": floats(&array.values.into_singles()) }),
        );
    }
    summary.insert("obsm".to_owned(), obsm.into());

    let mut matrices = Map::new();
    for info in file.matrices() {
        matrices.insert(info.location.to_string(), matrix(&file.matrix(&info.location)?)?);
    }
    summary.insert("matrices".to_owned(), matrices.into());

    let uns = file.uns();
    let spatial: Map<String, Value> = uns
        .spatial
        .iter()
        .map(|library| {
            let images: Map<String, Value> =
                library.images.iter().map(|image| (image.key.clone(), json!(image.shape))).collect();
            (library.name.clone(), json!({ "images": images, "scalefactors": library.scalefactors }))
        })
        .collect();
    summary.insert(
        "uns".to_owned(),
        json!({
            "title": uns.title,
            "default_embedding": uns.default_embedding,
            "colors": uns.colors,
            "spatial": spatial,
        }),
    );
    let warnings: Vec<_> = file.warnings().iter().map(|w| format!("{}: {}", w.place, w.message)).collect();
    summary.insert("warnings".to_owned(), warnings.into());
    Ok(summary)
}

fn frame(frame: &Frame) -> Value {
    let columns: Vec<Value> = frame.columns.iter().map(|(name, values)| json!([name, column(values)])).collect();
    json!({ "index_name": frame.index_name, "index": texts(frame.index.iter().map(String::as_str)), "columns": columns })
}

fn column(column: &FrameColumn) -> Value {
    match column {
        FrameColumn::Categorical { codes, categories, ordered } => {
            let value = |code: &i32| usize::try_from(*code).map_or("<missing>", |code| categories[code].as_str());
            json!({
                "kind": "categorical",
                "ordered": ordered,
                "categories": texts(categories.iter().map(String::as_str)),
                "values": texts(codes.iter().map(value)),
            })
        }
        FrameColumn::Strings(values) => {
            json!({ "kind": "strings", "values": texts(values.iter().map(|v| v.as_deref().unwrap_or("<missing>"))) })
        }
        FrameColumn::Booleans(values) => {
            let text = |value: &Option<bool>| value.map_or("<missing>", |v| if v { "True" } else { "False" });
            json!({ "kind": "booleans", "values": texts(values.iter().map(text)) })
        }
        FrameColumn::Integers(values) => {
            let printed: Vec<String> =
                values.iter().map(|v| v.map_or("<missing>".to_owned(), |v| v.to_string())).collect();
            json!({ "kind": "integers", "values": texts(printed.iter().map(String::as_str)) })
        }
        FrameColumn::Unsigned(values) => {
            let printed: Vec<String> =
                values.iter().map(|v| v.map_or("<missing>".to_owned(), |v| v.to_string())).collect();
            json!({ "kind": "integers", "values": texts(printed.iter().map(String::as_str)) })
        }
        FrameColumn::Singles(values) => reals(values.iter().copied().map(f64::from)),
        FrameColumn::Doubles(values) => reals(values.iter().copied()),
        FrameColumn::Unsupported { reason } => json!({ "kind": "unsupported", "reason": reason }),
    }
}

fn reals(values: impl Iterator<Item = f64>) -> Value {
    let mut crc = Crc::new();
    values.for_each(|value| crc.update(&canonical(value).to_le_bytes()));
    json!({ "kind": "floats", "values": crc.sum() })
}

/// One NaN for all of them.
fn canonical(value: f64) -> f64 {
    if value.is_nan() { f64::NAN } else { value }
}

fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Value {
    let mut crc = Crc::new();
    let (mut first, mut last, mut length) = (None, None, 0);
    for text in texts {
        crc.update(text.as_bytes());
        crc.update(b"\n");
        first = first.or(Some(text));
        last = Some(text);
        length += 1;
    }
    json!({ "length": length, "first": first, "last": last, "crc": crc.sum() })
}

fn floats(values: &[f32]) -> Value {
    let sum: f64 = values.iter().filter(|value| value.is_finite()).map(|value| f64::from(*value)).sum();
    let not_finite = values.iter().filter(|value| !value.is_finite()).count();
    json!({ "length": values.len(), "sum": sum, "not_finite": not_finite })
}

fn matrix(matrix: &Matrix) -> Result<Value, H5adError> {
    let info = matrix.info();
    let (mut nonzero, mut not_finite, mut sum, mut weighted) = (0_u64, 0_u64, 0.0, 0.0);
    for range in matrix.slabs(SLAB_ENTRIES) {
        let slab = matrix.read(range.clone())?;
        for (major, bounds) in range.zip(slab.indptr.windows(2)) {
            for entry in bounds[0]..bounds[1] {
                let minor = slab.indices[entry] as usize;
                let (row, col) = if info.storage == Storage::Csc { (minor, major) } else { (major, minor) };
                let value = f64::from(slab.data[entry]);
                nonzero += 1;
                if value.is_finite() {
                    sum += value;
                    weighted += value * ((row % 97 + 1) * (col % 89 + 1)) as f64;
                } else {
                    not_finite += 1;
                }
            }
        }
    }
    Ok(json!({
        "shape": [info.n_rows, info.n_cols],
        "storage": format!("{:?}", info.storage).to_lowercase(),
        "dtype": info.dtype,
        "nnz": info.nnz,
        "nonzero": nonzero,
        "not_finite": not_finite,
        "sum": sum,
        "weighted": weighted,
    }))
}
