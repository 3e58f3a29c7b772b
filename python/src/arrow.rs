//! Columns as Arrow arrays.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float32Array, Float64Array, Int32Array, Int64Array, LargeStringArray,
    RecordBatch, UInt64Array, types::Int32Type,
};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use explorer_core::data::{Categorical, CellIdx, FileColumn, Numbers};
use shared_fbs::manifest::NumberKind;

/// A named array.
pub type NamedArray = (Field, ArrayRef);

/// The values of a column at some places, in the type that they have in the file. Labels that none of the places has are
/// left out, as anndata does.
pub fn column(name: &str, values: &FileColumn, number: NumberKind, places: &[u32]) -> NamedArray {
    match values {
        FileColumn::Labels(labels) => labels_column(name, labels, number, places),
        FileColumn::Numbers(numbers) => plain(name, numbers_array(numbers.arranged(places))),
        FileColumn::Text(texts) => {
            let text = |&place: &u32| texts.get(place as usize).and_then(Option::as_deref);
            plain(name, Arc::new(LargeStringArray::from_iter(places.iter().map(text))))
        }
    }
}

/// Texts as a column.
pub fn texts<'a>(name: &str, texts: impl Iterator<Item = &'a str>) -> NamedArray {
    plain(name, Arc::new(LargeStringArray::from_iter_values(texts)))
}

/// Numbers as a column.
pub fn doubles(name: &str, numbers: Vec<f64>) -> NamedArray {
    plain(name, Arc::new(Float64Array::from(numbers)))
}

/// Columns of one length as a table.
pub fn table(columns: Vec<NamedArray>, n_rows: usize) -> Result<RecordBatch, ArrowError> {
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().unzip();
    let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(n_rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
}

fn plain(name: &str, array: ArrayRef) -> NamedArray {
    (Field::new(name, array.data_type().clone(), true), array)
}

fn numbers_array(numbers: Numbers) -> ArrayRef {
    match numbers {
        Numbers::Int(values) => Arc::new(Int64Array::from(values)),
        Numbers::Uint(values) => Arc::new(UInt64Array::from(values)),
        Numbers::Float32(values) => Arc::new(Float32Array::from(values)),
        Numbers::Float64(values) => Arc::new(Float64Array::from(values)),
    }
}

fn labels_column(name: &str, labels: &Categorical, number: NumberKind, places: &[u32]) -> NamedArray {
    let code_at = |&place: &u32| labels.codes.get(CellIdx(place));
    let missing = labels.missing_code();
    if number == NumberKind::Bool && !labels.ordered && *labels.categories == ["False".to_owned(), "True".to_owned()] {
        let truth = |code| (code != missing).then_some(code == 1);
        return plain(name, Arc::new(BooleanArray::from_iter(places.iter().map(code_at).map(truth))));
    }
    // By code: that among the labels that some place has. The code of missing labels is not one of them.
    let mut new_codes: Vec<Option<i32>> = vec![None; labels.categories.len()];
    for code in places.iter().map(code_at) {
        if let Some(new) = new_codes.get_mut(code as usize) {
            *new = Some(0);
        }
    }
    for (new, number) in new_codes.iter_mut().flatten().zip(0..) {
        *new = number;
    }
    let new_code = |code| new_codes.get(code as usize).copied().flatten();
    let keys = Int32Array::from_iter(places.iter().map(code_at).map(new_code));
    let used = || labels.categories.iter().zip(&new_codes).filter_map(|(label, new)| new.map(|_| label.as_str()));
    let values: ArrayRef = match number {
        NumberKind::Int => Arc::new(Int64Array::from_iter(used().map(|label| label.parse::<i64>().ok()))),
        NumberKind::Uint => Arc::new(UInt64Array::from_iter(used().map(|label| label.parse::<u64>().ok()))),
        NumberKind::Float32 => Arc::new(Float32Array::from_iter(used().map(|label| label.parse::<f32>().ok()))),
        NumberKind::Float64 => Arc::new(Float64Array::from_iter(used().map(|label| label.parse::<f64>().ok()))),
        NumberKind::Bool => Arc::new(BooleanArray::from_iter(used().map(|label| Some(label == "True")))),
        // No numbers, or some of a kind that later builders make.
        _ => Arc::new(LargeStringArray::from_iter_values(used())),
    };
    let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(values.data_type().clone()));
    let field = Field::new(name, kind, true).with_dict_is_ordered(labels.ordered);
    (field, Arc::new(DictionaryArray::<Int32Type>::new(keys, values)))
}
