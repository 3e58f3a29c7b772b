//! `obsm`: coordinates and other arrays with a row per cell.

use std::ops::Range;

use super::container::Kind;
use super::element::{ElementType, Field};
use super::error::H5adError;
use super::frame;
use super::matrix::{Entries, MatrixInfo, MatrixLocation, Sparse, Storage, stated_shape};
use super::number::Number;
use super::record::Records;
use super::store::{Array, Store};
use super::text::counted;

/// How many entries of a sparse array, or elements of a dense one, are held at a time.
const PIECE_ENTRIES: usize = 4 << 20;

/// One entry of `obsm`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObsmInfo {
    /// Its key, such as `X_umap`.
    pub key: String,
    /// Columns that can be read; of a data frame those that hold numbers.
    pub n_columns: usize,
}

/// Consecutive columns of an entry of `obsm`.
#[derive(Clone, Debug, PartialEq)]
pub struct Obsm {
    /// Rows: cells.
    pub n_rows: usize,
    /// Columns that were read.
    pub n_columns: usize,
    /// Values row by row; NaN where the file has it or lacks a value.
    pub values: ObsmValues,
}

/// Values of an entry of `obsm`, as exact as the file has them.
///
/// Whole numbers beyond 2^53 are rounded to the nearest 64-bit float.
#[derive(Clone, Debug, PartialEq)]
pub enum ObsmValues {
    /// Of a type whose every value is a 32-bit float.
    Singles(Vec<f32>),
    /// Of a wider type.
    Doubles(Vec<f64>),
}

impl ObsmValues {
    /// The values as 32-bit floats, rounded to the nearest.
    pub fn into_singles(self) -> Vec<f32> {
        match self {
            Self::Singles(values) => values,
            Self::Doubles(values) => values.into_iter().map(|value| value as f32).collect(),
        }
    }

    /// The values as 64-bit floats, all exact.
    pub fn into_doubles(self) -> Vec<f64> {
        match self {
            Self::Singles(values) => values.into_iter().map(f64::from).collect(),
            Self::Doubles(values) => values,
        }
    }

    /// Decodes elements of the type `number` that make rows of `width`, and keeps these `columns` of each row.
    fn decode(number: Number, bytes: &[u8], width: usize, columns: &Range<usize>) -> Self {
        if number.fits_single() {
            Self::Singles(columns_of(&number.singles(bytes).values, width, columns))
        } else {
            Self::Doubles(columns_of(&number.doubles(bytes), width, columns))
        }
    }

    /// Adds the rows of `other`, which comes of the same type.
    fn append(&mut self, other: Self) {
        match self {
            Self::Singles(values) => values.append(&mut other.into_singles()),
            Self::Doubles(values) => values.append(&mut other.into_doubles()),
        }
    }
}

/// An entry and how it is stored.
pub(super) struct Entry {
    pub(super) info: ObsmInfo,
    form: Form,
}

enum Form {
    /// A dataset at this path.
    Dense(String),
    /// A sparse matrix.
    Sparse(MatrixInfo),
    /// Numeric columns of a data frame, by path.
    Frame(Vec<String>),
    /// A field of the records in `obsm`.
    Field(Field),
}

/// Lists the entries of `obsm` that can be read, sorted by key; the others are noted.
pub(super) fn list(store: &Store, n_obs: usize) -> Result<Vec<Entry>, H5adError> {
    let mut entries = Vec::new();
    let mut add = |key: &str, entry: Result<Option<(Form, usize, usize)>, H5adError>| match entry {
        Ok(Some((form, n_rows, n_columns))) if n_rows == n_obs => {
            entries.push(Entry { info: ObsmInfo { key: key.to_owned(), n_columns }, form });
            Ok(())
        }
        Ok(Some((_, n_rows, _))) => {
            let (rows, cells) = (counted(n_rows, "row", "rows"), counted(n_obs, "cell", "cells"));
            let message = format!("has {rows} for {cells}; it is left out");
            store.warnings().note(format!("obsm/{key}"), message);
            Ok(())
        }
        Ok(None) => Ok(()),
        Err(H5adError::Malformed { place, problem }) => {
            store.warnings().note(place, format!("{problem}; it is left out"));
            Ok(())
        }
        Err(error) => Err(error),
    };
    match store.kind("obsm")? {
        Some(Kind::Group) => {
            let members = store.members("obsm")?;
            for key in members.names() {
                add(key, inspect(store, key))?;
            }
        }
        Some(Kind::Dataset) => {
            let records = Records::open(store, "obsm")?;
            for field in records.fields() {
                add(
                    &field.name,
                    field_shape(field).map(|width| Some((Form::Field(field.clone()), records.len(), width))),
                )?;
            }
        }
        None => {}
    }
    entries.sort_by(|a, b| a.info.key.cmp(&b.info.key));
    Ok(entries)
}

fn inspect(store: &Store, key: &str) -> Result<Option<(Form, usize, usize)>, H5adError> {
    let place = format!("obsm/{key}");
    let attributes = store.attributes(&place)?;
    match store.kind(&place)? {
        Some(Kind::Dataset) => {
            if attributes.text("encoding-type") == Some("null") {
                return Ok(None);
            }
            let array = store.array(&place)?;
            array.number()?;
            array.check_size()?;
            let n_rows = array.shape().first().copied().unwrap_or(1);
            Ok(Some((Form::Dense(place), n_rows, width(&array))))
        }
        Some(Kind::Group) if attributes.text("encoding-type") == Some("dataframe") => {
            let frame::ColumnsByKind { numeric, other } = frame::columns_by_kind(store, &place)?;
            for column in other {
                store.warnings().note(column, "does not hold numbers, as coordinates do; the column is left out");
            }
            let n_rows = frame::length(store, &place)?.unwrap_or(0);
            let n_columns = numeric.len();
            Ok(Some((Form::Frame(numeric), n_rows, n_columns)))
        }
        Some(Kind::Group) => {
            let shape = stated_shape(store, &place)?.unwrap_or_default();
            // The location only names the matrix in its own description.
            let info = MatrixInfo::inspect(store, MatrixLocation::Layer(key.to_owned()), &place, shape)?;
            Ok(info.map(|info| (Form::Sparse(info), shape.0, shape.1)))
        }
        None => Ok(None),
    }
}

/// Elements per row of an array of any rank.
fn width(array: &Array) -> usize {
    array.shape().iter().skip(1).product()
}

/// Elements of a field, which holds numbers or an array of them.
fn field_shape(field: &Field) -> Result<usize, H5adError> {
    let (number, width) = field_number(&field.element);
    if number.is_none() {
        let problem = format!("has the type {}, but must hold numbers", field.element);
        return Err(H5adError::malformed(format!("obsm/{}", field.name), problem));
    }
    Ok(width)
}

fn field_number(element: &ElementType) -> (Option<Number>, usize) {
    match element {
        ElementType::Array { element, length } => (element.number(), *length),
        other => (other.number(), 1),
    }
}

/// Reads those of `columns` that `entry` has.
pub(super) fn read(store: &Store, entry: &Entry, n_obs: usize, columns: Range<usize>) -> Result<Obsm, H5adError> {
    let end = columns.end.min(entry.info.n_columns);
    let columns = columns.start.min(end)..end;
    let values = match &entry.form {
        Form::Dense(place) => dense(store, place, &columns)?,
        Form::Sparse(info) => sparse(store, info, &columns)?,
        Form::Frame(places) => {
            let mut values = vec![0.0; n_obs * columns.len()];
            for (column, place) in places[columns.clone()].iter().enumerate() {
                let numbers = frame::numeric_column(store, place, n_obs)?;
                numbers.iter().enumerate().for_each(|(row, number)| values[row * columns.len() + column] = *number);
            }
            ObsmValues::Doubles(values)
        }
        Form::Field(field) => {
            let records = Records::open(store, "obsm")?;
            let bytes = records.gather(&records.read()?, field);
            match field_number(&field.element) {
                (Some(number), width) => ObsmValues::decode(number, &bytes, width, &columns),
                (None, _) => ObsmValues::Singles(Vec::new()),
            }
        }
    };
    Ok(Obsm { n_rows: n_obs, n_columns: columns.len(), values })
}

fn dense(store: &Store, place: &str, columns: &Range<usize>) -> Result<ObsmValues, H5adError> {
    let array = store.streamed_array(place, 0)?;
    let number = array.number()?;
    let (n_rows, width) = (array.shape().first().copied().unwrap_or(1), width(&array));
    let mut values = ObsmValues::decode(number, &[], width, columns);
    if columns.is_empty() {
        return Ok(values);
    }
    // Of a matrix only the columns are read; what has more dimensions is read whole, and cut.
    let is_matrix = array.shape().len() == 2;
    let read_width = if is_matrix { columns.len() } else { width };
    let step = (PIECE_ENTRIES / read_width).max(1);
    for start in (0..n_rows).step_by(step) {
        let rows = start..(start + step).min(n_rows);
        let (bytes, columns) = if is_matrix {
            (array.read_box(&[rows, columns.clone()])?, 0..columns.len())
        } else if array.shape().is_empty() {
            (array.read()?, columns.clone())
        } else {
            (array.read_rows(rows)?, columns.clone())
        };
        values.append(ObsmValues::decode(number, &bytes, read_width, &columns));
    }
    Ok(values)
}

/// These `columns` of each row of `width` values.
fn columns_of<T: Copy>(values: &[T], width: usize, columns: &Range<usize>) -> Vec<T> {
    if width == 0 {
        return Vec::new();
    }
    values.chunks_exact(width).flat_map(|row| row[columns.clone()].iter().copied()).collect()
}

fn sparse(store: &Store, info: &MatrixInfo, columns: &Range<usize>) -> Result<ObsmValues, H5adError> {
    let matrix = Sparse::open(store, info)?;
    let number = matrix.number();
    Ok(if number.fits_single() {
        let read = |range| matrix.read_with(range, |piece| number.singles(piece.bytes).values);
        ObsmValues::Singles(spread(info, &matrix.slabs(PIECE_ENTRIES), columns, read)?)
    } else {
        let read = |range| matrix.read_with(range, |piece| number.doubles(piece.bytes));
        ObsmValues::Doubles(spread(info, &matrix.slabs(PIECE_ENTRIES), columns, read)?)
    })
}

/// All values of these `columns`, row by row, of a sparse matrix whose majors `read` reads by `slabs`.
fn spread<T: Copy + Default>(
    info: &MatrixInfo,
    slabs: &[Range<usize>],
    columns: &Range<usize>,
    read: impl Fn(Range<usize>) -> Result<Entries<T>, H5adError>,
) -> Result<Vec<T>, H5adError> {
    let mut values = vec![T::default(); info.n_rows * columns.len()];
    for range in slabs {
        let range = match info.storage {
            Storage::Csc => range.start.max(columns.start)..range.end.min(columns.end),
            Storage::Csr | Storage::Dense => range.clone(),
        };
        if range.is_empty() {
            continue;
        }
        let slab = read(range.clone())?;
        for (major, bounds) in range.zip(slab.indptr.windows(2)) {
            for entry in bounds[0]..bounds[1] {
                let minor = slab.indices[entry] as usize;
                let (row, column) = match info.storage {
                    Storage::Csc => (minor, major),
                    Storage::Csr | Storage::Dense => (major, minor),
                };
                if columns.contains(&column) {
                    values[row * columns.len() + column - columns.start] = slab.data[entry];
                }
            }
        }
    }
    Ok(values)
}
