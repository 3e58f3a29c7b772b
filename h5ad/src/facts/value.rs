//! Values of `uns` and the like: dictionaries, texts, numbers, arrays.

use super::super::container::Kind;
use super::super::error::H5adError;
use super::super::store::Store;
use super::super::values::Values;
use super::{dtype, scalar};

/// More levels of dictionaries are taken for a circle.
const MAX_DEPTH: usize = 32;
/// More entries of dictionaries are taken for groups that hard links lead to again and again.
const MAX_ENTRIES: usize = 1 << 20;

/// What lies at a place, as `anndata` would read it.
#[derive(Clone, Debug, PartialEq)]
pub enum RawValue {
    /// Values by name, in order of the alphabet.
    Dict(Vec<(String, Self)>),
    /// A single text, number or truth value.
    Scalar(Scalar),
    /// An array; its elements are read when they are asked for.
    Array(RawArray),
    /// A sparse matrix.
    Sparse {
        /// `csr` or `csc`.
        format: &'static str,
        /// numpy's name of the type of its entries.
        dtype: String,
        /// Rows and columns.
        shape: (usize, usize),
    },
    /// A data frame.
    Frame {
        /// Its rows.
        n_rows: usize,
    },
    /// A categorical.
    Categorical {
        /// How many values it has.
        n_values: usize,
    },
    /// Values with a mask of those that are missing.
    Masked {
        /// pandas' name of its type.
        dtype: String,
        /// How many values it has.
        n_values: usize,
    },
    /// AnnData's sign for nothing.
    Null,
    /// Something in an encoding that is not known here.
    Other {
        /// The encoding.
        encoding: String,
    },
}

/// A single value.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// A text.
    Text(String),
    /// A truth value.
    Bool(bool),
    /// A whole number, and numpy's name of its type.
    Integer(i64, String),
    /// A real number, and numpy's name of its type.
    Float(f64, String),
}

/// An array of known shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawArray {
    /// Where it lies.
    pub place: String,
    /// numpy's name of the type of its elements; `object` for texts.
    pub dtype: String,
    /// Its extents.
    pub shape: Vec<usize>,
    /// Whether it says that it is an array, by `encoding-type`.
    pub is_encoded: bool,
}

/// The elements of an array as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawTexts {
    /// Whether they are texts in the file.
    pub is_text: bool,
    /// One per element, as Python's `str` prints it.
    pub texts: Vec<String>,
}

impl RawArray {
    /// How many elements it has; the most that can be counted where its extents claim more.
    pub fn n_elements(&self) -> usize {
        self.shape.iter().fold(1, |n, extent| n.saturating_mul(*extent))
    }
}

/// Reads what lies at `place`.
pub(super) fn read(store: &Store, place: &str) -> Result<RawValue, H5adError> {
    let mut budget = MAX_ENTRIES;
    read_at(store, place, 0, &mut budget)
}

fn read_at(store: &Store, place: &str, depth: usize, budget: &mut usize) -> Result<RawValue, H5adError> {
    let attributes = store.attributes(place)?;
    let encoding = attributes.text("encoding-type").unwrap_or_default();
    match store.kind(place)? {
        None => Err(H5adError::missing(place, "there is nothing of this name")),
        Some(Kind::Dataset) => dataset(store, place, encoding),
        Some(Kind::Group) => match encoding {
            "" | "dict" if attributes.text("h5sparse_format").is_none() => {
                if depth > MAX_DEPTH {
                    return Err(H5adError::malformed(place, format!("has more than {MAX_DEPTH} levels")));
                }
                let mut entries = Vec::new();
                for name in store.members(place)?.names() {
                    let Some(left) = budget.checked_sub(1) else {
                        let problem = format!("has more than {MAX_ENTRIES} entries, those of groups in it included");
                        return Err(H5adError::malformed(place, problem));
                    };
                    *budget = left;
                    entries.push((name.clone(), read_at(store, &format!("{place}/{name}"), depth + 1, budget)?));
                }
                Ok(RawValue::Dict(entries))
            }
            "csr_matrix" | "csc_matrix" => {
                let shape = attributes.shape("shape").ok_or_else(|| {
                    H5adError::malformed(place, "lacks the attribute `shape`, which gives its rows and columns")
                })?;
                let format = if encoding == "csr_matrix" { "csr" } else { "csc" };
                Ok(RawValue::Sparse { format, dtype: dtype(&store.array(&format!("{place}/data"))?), shape })
            }
            "dataframe" => Ok(RawValue::Frame { n_rows: super::frame::n_rows(store, place)? }),
            "categorical" => Ok(RawValue::Categorical { n_values: length(store, &format!("{place}/codes"))? }),
            "nullable-integer" | "nullable-boolean" | "nullable-string-array" => {
                let values = format!("{place}/values");
                let dtype = super::frame::masked_dtype(encoding, &dtype(&store.array(&values)?));
                Ok(RawValue::Masked { dtype, n_values: length(store, &values)? })
            }
            other => Ok(RawValue::Other { encoding: other.to_owned() }),
        },
    }
}

fn dataset(store: &Store, place: &str, encoding: &str) -> Result<RawValue, H5adError> {
    if encoding == "null" {
        return Ok(RawValue::Null);
    }
    let array = store.array(place)?;
    let dtype = dtype(&array);
    if !array.shape().is_empty() {
        let shape = array.shape().to_vec();
        return Ok(RawValue::Array(RawArray {
            place: place.to_owned(),
            dtype,
            shape,
            is_encoded: !encoding.is_empty(),
        }));
    }
    let one = || H5adError::malformed(place, "must hold one value, which it does not");
    let Some(values) = scalar(store, place)? else {
        return Ok(RawValue::Other { encoding: dtype });
    };
    Ok(RawValue::Scalar(match values {
        Values::Strings(texts) => Scalar::Text(texts.into_iter().next().ok_or_else(one)?),
        Values::Booleans(truths) => Scalar::Bool(truths.first().copied().flatten().unwrap_or_default()),
        Values::Integers(numbers) => Scalar::Integer(*numbers.first().ok_or_else(one)?, dtype),
        Values::Unsigned(numbers) => Scalar::Float(*numbers.first().ok_or_else(one)? as f64, dtype),
        Values::Singles(numbers) => Scalar::Float((*numbers.first().ok_or_else(one)?).into(), dtype),
        Values::Doubles(numbers) => Scalar::Float(*numbers.first().ok_or_else(one)?, dtype),
    }))
}

fn length(store: &Store, place: &str) -> Result<usize, H5adError> {
    Ok(store.array(place)?.shape().first().copied().unwrap_or_default())
}

#[cfg(all(test, feature = "write"))]
mod tests {
    use super::super::RawFile;
    use super::*;
    use crate::hdf5::edit::{Object, Space};

    /// A file whose `uns` has so many levels of groups, each with two links to the next.
    fn linked_twice(n_levels: usize) -> RawFile {
        let mut space = Space::new(Vec::new());
        let mut inner = Object::group().write(&mut space).expect("memory takes it");
        for _ in 0..n_levels {
            let mut group = Object::group();
            group.add_written("a", inner);
            group.add_written("b", inner);
            inner = group.write(&mut space).expect("memory takes it");
        }
        let mut root = Object::group();
        root.add_written("uns", inner);
        let root = root.write(&mut space).expect("memory takes it");
        RawFile::from_bytes(space.finish(root).expect("memory takes it"), "linked.h5ad").expect("it is HDF5")
    }

    #[test]
    fn groups_that_links_lead_to_again_and_again_end() {
        let mut budget = 1 << 12;
        let error =
            read_at(&linked_twice(31).store, "uns", 0, &mut budget).expect_err("there are 2^31 ways").to_string();
        assert!(error.contains("more than 1048576 entries"), "{error}");
        let RawValue::Dict(entries) = linked_twice(2).value("uns").expect("these are few") else {
            panic!("no dictionary")
        };
        assert_eq!(entries.len(), 2);
    }
}
