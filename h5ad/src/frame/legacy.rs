//! Frames of anndata before 0.7: datasets of records, whose categories lie in `uns`.

use super::super::element::Field;
use super::super::error::H5adError;
use super::super::record::Records;
use super::super::store::{Store, ValuesError};
use super::column::{self, Unreadable};
use super::{Frame, FrameColumn};

/// Reads the frame of records at `place`: the first field is the index, each other one a column.
pub(super) fn read(store: &Store, place: &str) -> Result<Frame, H5adError> {
    let records = Records::open(store, place)?;
    let bytes = records.read()?;
    let decode = |field: &Field| {
        let field_bytes = records.gather(&bytes, field);
        store.decode(&format!("{place}/{}", field.name), &field.element, &field_bytes)
    };

    let mut fields = records.fields().iter();
    let (index, index_name) = match fields.next() {
        Some(field) => match decode(field) {
            Ok(values) => (values.into_strings(), Some(field.name.clone())),
            Err(ValuesError::Failed(error)) => return Err(error),
            Err(ValuesError::Unsupported(reason)) => {
                let message = format!("{reason}; the rows are named by their numbers");
                store.warnings().note(format!("{place}/{}", field.name), message);
                ((0..records.len()).map(|row| row.to_string()).collect(), None)
            }
        },
        None => (Vec::new(), None),
    };
    let mut columns = Vec::new();
    for field in fields {
        let column = match decode(field) {
            Ok(values) => FrameColumn::from(values),
            Err(ValuesError::Failed(error)) => return Err(error),
            Err(ValuesError::Unsupported(reason)) => FrameColumn::Unsupported { reason },
        };
        let column = with_uns_categories(store, &format!("{place}/{}", field.name), &field.name, column)?;
        columns.push((field.name.clone(), column));
    }
    let index_name = index_name.filter(|name| name != "_index");
    Ok(Frame { index, index_name, columns })
}

/// How many records the frame at `place` has.
pub(super) fn length(store: &Store, place: &str) -> Result<usize, H5adError> {
    Ok(Records::open(store, place)?.len())
}

/// Turns codes into a categorical when `uns/<name>_categories` lists what they mean, as anndata does on reading.
fn with_uns_categories(store: &Store, place: &str, name: &str, column: FrameColumn) -> Result<FrameColumn, H5adError> {
    let FrameColumn::Integers(codes) = column else { return Ok(column) };
    let categories = format!("uns/{name}_categories");
    if store.kind(&categories)?.is_none() {
        return Ok(FrameColumn::Integers(codes));
    }
    let texts = match column::categories(store, &categories, codes.len()) {
        Ok(texts) => texts,
        Err(Unreadable::Unsupported(_)) => return Ok(FrameColumn::Integers(codes)),
        Err(Unreadable::Failed(error)) => return Err(error),
    };
    // `obs` and `var` may both have a column of that name; the list belongs to the one whose codes it can answer.
    let fits = |code: &Option<i64>| code.is_none_or(|code| code >= -1 && code < texts.texts.len() as i64);
    if !codes.iter().all(fits) {
        return Ok(FrameColumn::Integers(codes));
    }
    Ok(column::categorical(store, place, codes, texts, false))
}
