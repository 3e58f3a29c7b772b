//! A column of a data frame, by its different values.

use std::collections::HashMap;

use h5ad::{CategoryKind, FrameColumn, RawColumn};

use crate::finding::Rows;
use crate::python::{self, Value};

/// The different values of a column, and which of them each row has.
pub(crate) struct Column {
    /// pandas' name of its type.
    pub(crate) dtype: String,
    /// Of a categorical column its categories, then the sign of a missing value; else the values as they come.
    pub(crate) values: Vec<Value>,
    /// The number of its value per row.
    pub(crate) codes: Vec<u32>,
    /// How many of `values` are categories; none where the column is not categorical.
    pub(crate) categories: Option<Categories>,
}

/// The categories of a column.
pub(crate) struct Categories {
    pub(crate) n: usize,
    /// numpy's name of their type.
    pub(crate) dtype: &'static str,
}

/// Some rows of a column.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    pub(crate) column: &'a Column,
    /// Which rows; all where there is no mask.
    pub(crate) mask: Option<&'a [bool]>,
}

impl Column {
    pub(crate) fn new(raw: &RawColumn) -> Self {
        let dtype = raw.dtype.clone();
        match &raw.values {
            FrameColumn::Categorical { codes, categories, kind, .. } => {
                let n = categories.len();
                let mut values: Vec<Value> = categories.iter().map(|text| category(*kind, text)).collect();
                values.push(Value::Nan);
                let codes = codes.iter().map(|code| u32::try_from(*code).unwrap_or(n as u32)).collect();
                let dtype_of_categories = match kind {
                    CategoryKind::Text => "object",
                    CategoryKind::Booleans => "bool",
                    CategoryKind::Integers => "int64",
                    CategoryKind::Unsigned => "uint64",
                    CategoryKind::Singles => "float32",
                    CategoryKind::Doubles => "float64",
                };
                Self { dtype, values, codes, categories: Some(Categories { n, dtype: dtype_of_categories }) }
            }
            FrameColumn::Strings(values) => {
                Self::of(dtype, values.iter().map(|value| value.as_ref()), |text| Value::Text(text.clone()))
            }
            FrameColumn::Booleans(values) => {
                Self::of(dtype, values.iter().map(Option::as_ref), |truth| Value::Bool(*truth))
            }
            FrameColumn::Integers(values) => {
                Self::of(dtype, values.iter().map(Option::as_ref), |number| Value::Integer(*number))
            }
            FrameColumn::Unsigned(values) => {
                Self::of(dtype, values.iter().map(Option::as_ref), |number| Value::Unsigned(*number))
            }
            FrameColumn::Singles(values) => {
                let bits: Vec<u64> = values.iter().map(|value| f64::from(*value).to_bits()).collect();
                Self::of(dtype, bits.iter().map(Some), |bits| real(f64::from_bits(*bits)))
            }
            FrameColumn::Doubles(values) => {
                let bits: Vec<u64> = values.iter().map(|value| value.to_bits()).collect();
                Self::of(dtype, bits.iter().map(Some), |bits| real(f64::from_bits(*bits)))
            }
            FrameColumn::Unsupported { .. } => Self { dtype, values: Vec::new(), codes: Vec::new(), categories: None },
        }
    }

    fn of<'a, T: std::hash::Hash + Eq + 'a>(
        dtype: String,
        of_rows: impl Iterator<Item = Option<&'a T>>,
        value: impl Fn(&T) -> Value,
    ) -> Self {
        let mut known: HashMap<Option<&T>, u32> = HashMap::new();
        let mut values = Vec::new();
        let codes = of_rows
            .map(|of_row| {
                *known.entry(of_row).or_insert_with(|| {
                    values.push(of_row.map_or(Value::Missing, &value));
                    (values.len() - 1) as u32
                })
            })
            .collect();
        Self { dtype, values, codes, categories: None }
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.codes.len()
    }

    pub(crate) fn row(&self, row: usize) -> &Value {
        &self.values[self.codes[row] as usize]
    }

    pub(crate) fn all(&self) -> Part<'_> {
        Part { column: self, mask: None }
    }

    /// For each row whether its value is one for which `is` holds.
    pub(crate) fn rows_where(&self, is: impl Fn(&Value) -> bool) -> Vec<bool> {
        let of_values: Vec<bool> = self.values.iter().map(is).collect();
        self.codes.iter().map(|code| of_values[*code as usize]).collect()
    }

    /// Whether `is` holds for the value of any row.
    pub(crate) fn any(&self, is: impl Fn(&Value) -> bool) -> bool {
        self.all().values().into_iter().any(|at| is(&self.values[at]))
    }

    /// The number of different values that are there, missing ones left out.
    pub(crate) fn n_unique(&self) -> usize {
        self.all().values().into_iter().filter(|at| !self.values[*at].is_null()).count()
    }
}

impl<'a> Part<'a> {
    /// The numbers of the values of these rows, in the order in which they first come.
    pub(crate) fn values(self) -> Vec<usize> {
        let mut seen = vec![false; self.column.values.len()];
        let mut order = Vec::new();
        for (row, code) in self.column.codes.iter().enumerate() {
            let code = *code as usize;
            if !seen[code] && self.mask.is_none_or(|mask| mask[row]) {
                seen[code] = true;
                order.push(code);
                if order.len() == seen.len() {
                    break;
                }
            }
        }
        order
    }

    /// A value as `repr` prints it; numbers with a mask stay numpy's.
    pub(crate) fn repr(self, at: usize) -> String {
        let (value, dtype) = (self.value(at), &self.column.dtype);
        match value {
            Value::Integer(_) | Value::Unsigned(_) if dtype.starts_with(char::is_uppercase) => {
                format!("np.{}({})", dtype.to_ascii_lowercase(), value.str())
            }
            Value::Bool(truth) if dtype == "boolean" => format!("np.{}", python::boolean(*truth)),
            Value::Text(_)
            | Value::Integer(_)
            | Value::Unsigned(_)
            | Value::Real(_)
            | Value::Bool(_)
            | Value::Nan
            | Value::Missing => value.repr(),
        }
    }

    pub(crate) fn value(self, at: usize) -> &'a Value {
        &self.column.values[at]
    }

    pub(crate) fn is_empty(self) -> bool {
        match self.mask {
            Some(mask) => !mask.contains(&true),
            None => self.column.codes.is_empty(),
        }
    }

    /// The rows of each of these values, found in one pass.
    pub(crate) fn rows_of(self, index: &[String], values: impl Iterator<Item = usize>) -> Vec<Rows> {
        let mut places = vec![None; self.column.values.len()];
        let mut n = 0;
        for value in values {
            places[value] = Some(n);
            n += 1;
        }
        let mut found = vec![Rows::default(); n];
        if n == 0 {
            return found;
        }
        for (row, code) in self.column.codes.iter().enumerate() {
            if let Some(at) = places[*code as usize]
                && self.mask.is_none_or(|mask| mask[row])
            {
                found[at].add(index, row);
            }
        }
        found
    }

    /// The rows that have a value of which `is` holds.
    pub(crate) fn rows(self, index: &[String], is: impl Fn(&Value) -> bool) -> Rows {
        let of_values: Vec<bool> = self.column.values.iter().map(is).collect();
        let rows = self.column.codes.iter().enumerate();
        let rows = rows.filter(|(row, code)| of_values[**code as usize] && self.mask.is_none_or(|mask| mask[*row]));
        Rows::of(index, rows.map(|(row, _)| row))
    }
}

fn real(value: f64) -> Value {
    if value.is_nan() { Value::Nan } else { Value::Real(python::float(value)) }
}

/// A category, of which the reader gives what pandas would print.
fn category(kind: CategoryKind, text: &str) -> Value {
    match kind {
        CategoryKind::Text => Value::Text(text.to_owned()),
        CategoryKind::Booleans => Value::Bool(text == "True"),
        CategoryKind::Integers => text.parse().map_or_else(|_| Value::Real(text.to_owned()), Value::Integer),
        CategoryKind::Unsigned => text.parse().map_or_else(|_| Value::Real(text.to_owned()), Value::Unsigned),
        CategoryKind::Singles | CategoryKind::Doubles => Value::Real(text.to_owned()),
    }
}
