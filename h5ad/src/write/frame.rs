//! Data frames.

use std::{collections::BTreeMap, str::FromStr};

use hdf5_pure::{AttrValue, FinishedGroup, GroupBuilder};

use super::{
    WriteError,
    elements::{array, booleans, encoding, is_member, texts},
};
use crate::{CategoryKind, Frame, FrameColumn};

/// What the index is called where it has no name of its own, or one that a column has too.
const INDEX: &str = "_index";

/// A group made a data frame.
pub(super) fn written(mut group: GroupBuilder, place: &str, frame: &Frame) -> Result<FinishedGroup, WriteError> {
    for (name, value) in encoding("dataframe", "0.2.0") {
        group.set_attr(name, value);
    }
    let is_free = |name: &&str| is_member(name) && frame.columns.iter().all(|(column, _)| column != name);
    let index = frame.index_name.as_deref().filter(is_free).unwrap_or(INDEX);
    group.set_attr("_index", AttrValue::VarLenString(index.to_owned()));
    let order: Vec<String> = frame.columns.iter().map(|(name, _)| name.clone()).collect();
    // As h5py writes a list of none.
    let order = if order.is_empty() { AttrValue::F64Array(Vec::new()) } else { AttrValue::VarLenStringArray(order) };
    group.set_attr("column-order", order);
    texts(group.create_dataset(index), frame.index.iter().map(String::as_str));
    for (at, (name, column)) in frame.columns.iter().enumerate() {
        let is_taken = name == index || frame.columns[..at].iter().any(|(other, _)| other == name);
        if !is_member(name) || is_taken {
            return Err(WriteError::Name { place: place.to_owned(), name: name.clone() });
        }
        put(&mut group, place, name, column)?;
    }
    Ok(group.finish())
}

fn put(group: &mut GroupBuilder, place: &str, name: &str, column: &FrameColumn) -> Result<(), WriteError> {
    let n = [column_len(column) as u64];
    match column {
        FrameColumn::Categorical { codes, categories, ordered, kind } => {
            put_categorical(group, name, codes, &Categories { labels: categories, kind: *kind, ordered: *ordered })
        }
        FrameColumn::Strings(values) if values.iter().all(Option::is_some) => {
            texts(group.create_dataset(name), values.iter().flatten().map(String::as_str));
            Ok(())
        }
        // As anndata writes text of which some is missing, so that every version reads it.
        FrameColumn::Strings(values) => {
            let (codes, labels) = by_label(values);
            let categories = Categories { labels: &labels, kind: CategoryKind::Text, ordered: false };
            put_categorical(group, name, &codes, &categories)
        }
        FrameColumn::Booleans(values) => {
            let flat = |value: &Option<bool>| value.unwrap_or_default();
            if values.iter().all(Option::is_some) {
                return Ok(booleans(group.create_dataset(name), values.iter().map(flat))?);
            }
            put_masked(group, name, "nullable-boolean", values, |group| {
                booleans(group.create_dataset("values"), values.iter().map(flat))
            })
        }
        FrameColumn::Integers(values) => {
            let flat: Vec<i64> = values.iter().map(|value| value.unwrap_or_default()).collect();
            if values.iter().all(Option::is_some) {
                array(group.create_dataset(name).with_i64_data(&flat), &n, 8);
                return Ok(());
            }
            put_masked(group, name, "nullable-integer", values, |group| {
                array(group.create_dataset("values").with_i64_data(&flat), &n, 8);
                Ok(())
            })
        }
        FrameColumn::Unsigned(values) => {
            let flat: Vec<u64> = values.iter().map(|value| value.unwrap_or_default()).collect();
            if values.iter().all(Option::is_some) {
                array(group.create_dataset(name).with_u64_data(&flat), &n, 8);
                return Ok(());
            }
            put_masked(group, name, "nullable-integer", values, |group| {
                array(group.create_dataset("values").with_u64_data(&flat), &n, 8);
                Ok(())
            })
        }
        FrameColumn::Singles(values) => {
            array(group.create_dataset(name).with_f32_data(values), &n, 4);
            Ok(())
        }
        FrameColumn::Doubles(values) => {
            array(group.create_dataset(name).with_f64_data(values), &n, 8);
            Ok(())
        }
        FrameColumn::Unsupported { reason } => {
            Err(WriteError::Column { place: place.to_owned(), name: name.to_owned(), reason: reason.clone() })
        }
    }
}

fn column_len(column: &FrameColumn) -> usize {
    match column {
        FrameColumn::Categorical { codes, .. } => codes.len(),
        FrameColumn::Strings(values) => values.len(),
        FrameColumn::Booleans(values) => values.len(),
        FrameColumn::Integers(values) => values.len(),
        FrameColumn::Unsigned(values) => values.len(),
        FrameColumn::Singles(values) => values.len(),
        FrameColumn::Doubles(values) => values.len(),
        FrameColumn::Unsupported { .. } => 0,
    }
}

/// A code for every text, and the texts in order of the alphabet.
fn by_label(values: &[Option<String>]) -> (Vec<i32>, Vec<String>) {
    let mut codes: BTreeMap<&str, i32> = values.iter().flatten().map(|value| (value.as_str(), 0)).collect();
    for (code, number) in codes.values_mut().zip(0..) {
        *code = number;
    }
    let of_values = values.iter().map(|value| value.as_deref().map_or(-1, |value| codes[value])).collect();
    (of_values, codes.keys().map(|&label| label.to_owned()).collect())
}

/// Values of which some are missing.
fn put_masked<T>(
    parent: &mut GroupBuilder,
    name: &str,
    kind: &str,
    values: &[Option<T>],
    fill: impl FnOnce(&mut GroupBuilder) -> Result<(), hdf5_pure::FormatError>,
) -> Result<(), WriteError> {
    let mut group = parent.create_group(name);
    for (name, value) in encoding(kind, "0.1.0") {
        group.set_attr(name, value);
    }
    fill(&mut group)?;
    booleans(group.create_dataset("mask"), values.iter().map(Option::is_none))?;
    parent.add_group(group.finish());
    Ok(())
}

/// The list that a column's values are out of.
struct Categories<'a> {
    labels: &'a [String],
    kind: CategoryKind,
    ordered: bool,
}

fn put_categorical(
    parent: &mut GroupBuilder,
    name: &str,
    codes: &[i32],
    categories: &Categories<'_>,
) -> Result<(), WriteError> {
    let mut group = parent.create_group(name);
    for (name, value) in encoding("categorical", "0.2.0") {
        group.set_attr(name, value);
    }
    group.set_attr("ordered", AttrValue::U8(u8::from(categories.ordered)));
    put_codes(&mut group, codes, categories.labels.len());
    put_categories(&mut group, categories)?;
    parent.add_group(group.finish());
    Ok(())
}

/// The codes in the width that pandas gives them.
fn put_codes(group: &mut GroupBuilder, codes: &[i32], n_categories: usize) {
    let n = [codes.len() as u64];
    let dataset = group.create_dataset("codes");
    if n_categories <= i8::MAX as usize {
        let codes: Vec<i8> = codes.iter().map(|&code| code as i8).collect();
        array(dataset.with_i8_data(&codes), &n, 1);
    } else if n_categories <= i16::MAX as usize {
        let codes: Vec<i16> = codes.iter().map(|&code| code as i16).collect();
        array(dataset.with_i16_data(&codes), &n, 2);
    } else {
        array(dataset.with_i32_data(codes), &n, 4);
    }
}

/// The categories in their type; as text where one is not of it after all.
fn put_categories(group: &mut GroupBuilder, categories: &Categories<'_>) -> Result<(), WriteError> {
    fn all<T: FromStr>(labels: &[String]) -> Option<Vec<T>> {
        labels.iter().map(|label| label.parse().ok()).collect()
    }
    let Categories { labels, kind, ordered: _ } = *categories;
    let n = [labels.len() as u64];
    let dataset = group.create_dataset("categories");
    let is_written = match kind {
        CategoryKind::Text => false,
        CategoryKind::Booleans => {
            let truth = |label: &String| match label.as_str() {
                "True" => Some(true),
                "False" => Some(false),
                _ => None,
            };
            match labels.iter().map(truth).collect::<Option<Vec<bool>>>() {
                Some(values) => {
                    booleans(dataset, values.into_iter())?;
                    return Ok(());
                }
                None => false,
            }
        }
        CategoryKind::Integers => all(labels).map(|values| array(dataset.with_i64_data(&values), &n, 8)).is_some(),
        CategoryKind::Unsigned => all(labels).map(|values| array(dataset.with_u64_data(&values), &n, 8)).is_some(),
        CategoryKind::Singles => all(labels).map(|values| array(dataset.with_f32_data(&values), &n, 4)).is_some(),
        CategoryKind::Doubles => all(labels).map(|values| array(dataset.with_f64_data(&values), &n, 8)).is_some(),
    };
    if !is_written {
        texts(dataset, labels.iter().map(String::as_str));
    }
    Ok(())
}
