//! Data frames with the types that pandas would give their columns.

use super::super::container::Kind;
use super::super::error::H5adError;
use super::super::frame::{self, FrameColumn};
use super::super::store::Store;
use super::dtype;

/// A data frame.
#[derive(Clone, Debug, PartialEq)]
pub struct RawFrame {
    /// One label per row.
    pub index: Vec<String>,
    /// The columns in the order the file states, repeated ones included.
    pub columns: Vec<RawColumn>,
}

/// A column of a data frame.
#[derive(Clone, Debug, PartialEq)]
pub struct RawColumn {
    /// Its name.
    pub name: String,
    /// pandas' name of its type: `category`, `object`, `bool`, `int64`, `Int64`, `boolean`, `string` …
    pub dtype: String,
    /// Its values; categories that no row has are among those of a categorical.
    pub values: FrameColumn,
}

impl RawFrame {
    pub(super) fn read(store: &Store, place: &str) -> Result<Self, H5adError> {
        let n_rows = n_rows(store, place)?;
        let frame = frame::Frame::read(store, place, n_rows)?;
        let mut columns = Vec::new();
        for (name, values) in frame.columns {
            let dtype = column_dtype(store, &format!("{place}/{name}"), &values)?;
            columns.push(RawColumn { name, dtype, values });
        }
        Ok(Self { index: frame.index, columns })
    }

    /// The first column of this name.
    pub fn column(&self, name: &str) -> Option<&RawColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// How many rows the frame at `place` has.
pub(super) fn n_rows(store: &Store, place: &str) -> Result<usize, H5adError> {
    if store.kind(place)?.is_none() {
        return Err(H5adError::missing(place, "AnnData needs this data frame; write the file with anndata"));
    }
    frame::length(store, place)?
        .ok_or_else(|| H5adError::malformed(place, "has neither an index nor columns; write the file with anndata"))
}

/// pandas' name of the type of values with a mask, of which numpy has this one.
pub(super) fn masked_dtype(encoding: &str, values: &str) -> String {
    match encoding {
        "nullable-boolean" => "boolean".to_owned(),
        "nullable-string-array" => "string".to_owned(),
        _ => match values.strip_prefix("uint") {
            Some(bits) => format!("UInt{bits}"),
            None => values.replacen("int", "Int", 1).replacen("float", "Float", 1),
        },
    }
}

fn column_dtype(store: &Store, place: &str, values: &FrameColumn) -> Result<String, H5adError> {
    if let FrameColumn::Categorical { .. } = values {
        return Ok("category".to_owned());
    }
    match store.kind(place)? {
        Some(Kind::Dataset) => Ok(dtype(&store.array(place)?)),
        Some(Kind::Group) => {
            let inner = format!("{place}/values");
            let encoding = store.attributes(place)?.text("encoding-type").unwrap_or_default().to_owned();
            match store.kind(&inner)? {
                Some(Kind::Dataset) => Ok(masked_dtype(&encoding, &dtype(&store.array(&inner)?))),
                Some(Kind::Group) | None => Ok(encoding),
            }
        }
        // A field of the records that anndata before 0.7 wrote.
        None => Ok(match values {
            FrameColumn::Booleans(_) => "bool",
            FrameColumn::Integers(_) => "int64",
            FrameColumn::Unsigned(_) => "uint64",
            FrameColumn::Singles(_) => "float32",
            FrameColumn::Doubles(_) => "float64",
            FrameColumn::Categorical { .. } => "category",
            FrameColumn::Strings(_) | FrameColumn::Unsupported { .. } => "object",
        }
        .to_owned()),
    }
}
