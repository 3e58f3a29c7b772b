//! Data frames.

use std::{collections::BTreeMap, str::FromStr};

use super::{
    WriteError,
    elements::{array, encoded, is_member, texts},
};
use crate::{
    CategoryKind, Frame, FrameColumn,
    hdf5::edit::{Array, Object},
};

/// What the index is called where it has no name of its own, or one that a column has too.
const INDEX: &str = "_index";

/// A data frame as a group.
pub(super) fn written(place: &str, frame: &Frame) -> Result<Object, WriteError> {
    let is_free = |name: &&str| is_member(name) && frame.columns.iter().all(|(column, _)| column != name);
    let index = frame.index_name.as_deref().filter(is_free).unwrap_or(INDEX);
    let order = frame.columns.iter().map(|(name, _)| name.clone()).collect();
    let mut group = encoded(Object::group(), "dataframe", "0.2.0")
        .with("_index", Array::text(index))
        .with("column-order", column_order(order));
    group.add(index, texts(frame.index.clone()));
    for (at, (name, values)) in frame.columns.iter().enumerate() {
        let is_taken = name == index || frame.columns[..at].iter().any(|(other, _)| other == name);
        if !is_member(name) || is_taken {
            return Err(WriteError::Name { place: place.to_owned(), name: name.clone() });
        }
        group.add(name, column(place, name, values)?);
    }
    Ok(group)
}

/// The attribute that names the columns.
pub(super) fn column_order(names: Vec<String>) -> Array {
    // As h5py writes a list of none.
    if names.is_empty() { Array::f64s([]) } else { Array::texts(names) }
}

/// A column.
pub(super) fn column(place: &str, name: &str, column: &FrameColumn) -> Result<Object, WriteError> {
    Ok(match column {
        FrameColumn::Categorical { codes, categories, ordered, kind } => {
            categorical(codes, &Categories { labels: categories, kind: *kind, ordered: *ordered })
        }
        FrameColumn::Strings(values) => match values.iter().cloned().collect::<Option<Vec<String>>>() {
            Some(values) => texts(values),
            // As anndata writes text of which some is missing, so that every version reads it.
            None => {
                let (codes, labels) = by_label(values.iter().map(Option::as_deref));
                categorical(&codes, &Categories { labels: &labels, kind: CategoryKind::Text, ordered: false })
            }
        },
        FrameColumn::Booleans(values) => masked("nullable-boolean", values, Array::booleans),
        FrameColumn::Integers(values) => masked("nullable-integer", values, Array::i64s),
        FrameColumn::Unsigned(values) => masked("nullable-integer", values, Array::u64s),
        FrameColumn::Singles(values) => array(Array::f32s(values.iter().copied())),
        FrameColumn::Doubles(values) => array(Array::f64s(values.iter().copied())),
        FrameColumn::Unsupported { reason } => {
            return Err(WriteError::Column { place: place.to_owned(), name: name.to_owned(), reason: reason.clone() });
        }
    })
}

/// A code for every text, -1 where there is none, and the texts in order of the alphabet.
pub fn by_label<'t>(values: impl Iterator<Item = Option<&'t str>> + Clone) -> (Vec<i32>, Vec<String>) {
    // Collecting would sort first, by a sort of its own, which pages would load.
    let mut codes: BTreeMap<&str, i32> = BTreeMap::new();
    codes.extend(values.clone().flatten().map(|value| (value, 0)));
    for (code, number) in codes.values_mut().zip(0..) {
        *code = number;
    }
    let of_values = values.map(|value| value.map_or(-1, |value| codes[value])).collect();
    (of_values, codes.keys().map(|&label| label.to_owned()).collect())
}

/// Values, with a mask where some are missing.
fn masked<T: Copy + Default>(kind: &str, values: &[Option<T>], array_of: impl FnOnce(Vec<T>) -> Array) -> Object {
    let present = array(array_of(values.iter().map(|value| value.unwrap_or_default()).collect()));
    if values.iter().all(Option::is_some) {
        return present;
    }
    let mut group = encoded(Object::group(), kind, "0.1.0");
    group.add("values", present);
    group.add("mask", array(Array::booleans(values.iter().map(Option::is_none))));
    group
}

/// The list that a column's values are out of.
struct Categories<'a> {
    labels: &'a [String],
    kind: CategoryKind,
    ordered: bool,
}

fn categorical(codes: &[i32], categories: &Categories<'_>) -> Object {
    let ordered = Array::booleans([categories.ordered]).single();
    let mut group = encoded(Object::group(), "categorical", "0.2.0").with("ordered", ordered);
    group.add("codes", array(narrowed(codes, categories.labels.len())));
    group.add("categories", labels(categories));
    group
}

/// The codes in the width that pandas gives them.
fn narrowed(codes: &[i32], n_categories: usize) -> Array {
    let codes = codes.iter().copied();
    if n_categories <= i8::MAX as usize {
        Array::i8s(codes.map(|code| code as i8))
    } else if n_categories <= i16::MAX as usize {
        Array::i16s(codes.map(|code| code as i16))
    } else {
        Array::i32s(codes)
    }
}

/// The categories in their type; as text where one is not of it after all.
fn labels(categories: &Categories<'_>) -> Object {
    fn all<T: FromStr>(labels: &[String]) -> Option<Vec<T>> {
        labels.iter().map(|label| label.parse().ok()).collect()
    }
    let truth = |label: &String| match label.as_str() {
        "True" => Some(true),
        "False" => Some(false),
        _ => None,
    };
    let Categories { labels, kind, ordered: _ } = *categories;
    let values = match kind {
        CategoryKind::Text => None,
        CategoryKind::Booleans => labels.iter().map(truth).collect::<Option<Vec<bool>>>().map(Array::booleans),
        CategoryKind::Integers => all(labels).map(|values: Vec<i64>| Array::i64s(values)),
        CategoryKind::Unsigned => all(labels).map(|values: Vec<u64>| Array::u64s(values)),
        CategoryKind::Singles => all(labels).map(|values: Vec<f32>| Array::f32s(values)),
        CategoryKind::Doubles => all(labels).map(|values: Vec<f64>| Array::f64s(values)),
    };
    values.map_or_else(|| texts(labels.to_vec()), array)
}
