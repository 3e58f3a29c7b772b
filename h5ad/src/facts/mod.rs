//! The file as it is, nothing mended: what a validator asks, where [`H5ad`](crate::H5ad) takes any form for what it means.

mod frame;
mod matrix;
mod value;

#[cfg(feature = "native")]
use std::path::Path;

use super::container::Kind;
use super::element::ElementType;
use super::error::H5adError;
#[cfg(feature = "native")]
use super::file::FileSource;
use super::open;
use super::source::{Bytes, SharedSource, Source};
use super::store::{Array, Store, ValuesError};
use super::values::Values;
use super::warning::Warning;

pub use frame::{RawColumn, RawFrame};
pub use matrix::{RawMatrix, RawSlab};
pub use value::{RawArray, RawTexts, RawValue, Scalar};

/// An open HDF5 file or zipped Zarr store, whatever is in it.
#[derive(Clone)]
pub struct RawFile {
    store: Store,
}

/// What a name leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A group of names.
    Group,
    /// An array or a single value.
    Dataset,
}

impl std::fmt::Debug for RawFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawFile").field("name", &self.store.name()).finish()
    }
}

impl RawFile {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// When it cannot be read, or is neither HDF5 nor a zipped Zarr store.
    #[cfg(feature = "native")]
    pub fn open(path: &Path) -> Result<Self, H5adError> {
        let name = path.display().to_string();
        if path.is_dir() {
            let reason = "it is a directory; write it as one file with `anndata.read_zarr(…).write_h5ad(…)`".to_owned();
            return Err(H5adError::NotAnnData { file: name, reason });
        }
        let source = FileSource::open(path).map_err(|source| H5adError::Io { file: name.clone(), source })?;
        Self::from_source(source, name)
    }

    /// Opens a file that is wholly in memory; `name` is what messages call it.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_bytes(bytes: Vec<u8>, name: impl Into<String>) -> Result<Self, H5adError> {
        Self::from_source(Bytes(bytes), name)
    }

    /// Opens the file whose bytes come from `source`; `name` is what messages call it.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_source(
        source: impl Source + Send + Sync + 'static,
        name: impl Into<String>,
    ) -> Result<Self, H5adError> {
        let name = name.into();
        let container = open::container(&SharedSource::new(source), &name)?;
        Ok(Self { store: Store::new(container, String::new(), name) })
    }

    /// What messages call the file.
    pub fn name(&self) -> &str {
        self.store.name()
    }

    /// What lies at `place`, if anything; `""` is the root.
    ///
    /// # Errors
    /// When a link on the way leads nowhere, or a group cannot be read.
    pub fn kind(&self, place: &str) -> Result<Option<NodeKind>, H5adError> {
        if place.is_empty() {
            return Ok(Some(NodeKind::Group));
        }
        Ok(self.store.kind(place)?.map(|kind| match kind {
            Kind::Group => NodeKind::Group,
            Kind::Dataset => NodeKind::Dataset,
        }))
    }

    /// The names in the group at `place`, in order of the alphabet; none where there is no group.
    ///
    /// # Errors
    /// As [`kind`](Self::kind).
    pub fn members(&self, place: &str) -> Result<Vec<String>, H5adError> {
        match self.kind(place)? {
            Some(NodeKind::Group) => Ok(self.store.members(place)?.names().cloned().collect()),
            Some(NodeKind::Dataset) | None => Ok(Vec::new()),
        }
    }

    /// The attribute `encoding-type` at `place`, if there is one.
    ///
    /// # Errors
    /// When the attributes cannot be read.
    pub fn encoding(&self, place: &str) -> Result<Option<String>, H5adError> {
        Ok(self.store.attributes(place)?.text("encoding-type").map(str::to_owned))
    }

    /// The data frame at `place`, and how many rows it has.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn frame(&self, place: &str) -> Result<RawFrame, H5adError> {
        RawFrame::read(&self.store, place)
    }

    /// What lies at `place` and below it, without the elements of arrays.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn value(&self, place: &str) -> Result<RawValue, H5adError> {
        value::read(&self.store, place)
    }

    /// The texts of the array at `place`, or its numbers and truth values as Python prints them.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn texts(&self, place: &str) -> Result<RawTexts, H5adError> {
        let values = self.store.values(place).map_err(|error| error.required(place))?;
        let is_text = matches!(values, Values::Strings(_));
        Ok(RawTexts { is_text, texts: values.into_strings() })
    }

    /// The numbers of the array at `place`, slice after slice: rows, or parts of rows that are long.
    ///
    /// # Errors
    /// When it cannot be read or holds none.
    pub fn each_number(&self, place: &str, mut see: impl FnMut(&[f64])) -> Result<(), H5adError> {
        const SLICE: usize = 1 << 20;
        let array = self.store.streamed_array(place, 32 << 20)?;
        array.check_size()?;
        let number = array.number()?;
        let shape = array.shape();
        let Some(&n_rows) = shape.first() else {
            see(&number.doubles(&array.read()?));
            return Ok(());
        };
        let row = shape[1..].iter().fold(1_usize, |n, extent| n.saturating_mul(*extent));
        let step = (SLICE / row.max(1)).max(1);
        // Of rows that are longer than a slice a part of their columns is read at a time.
        let n_columns = shape.get(1).copied().unwrap_or(1);
        let width = (SLICE / (row / n_columns.max(1)).max(1)).clamp(1, n_columns.max(1));
        for start in (0..n_rows).step_by(step) {
            for left in (0..n_columns).step_by(width) {
                let columns = shape.get(1).map(|_| left..(left + width).min(n_columns));
                let rest = shape.iter().skip(2).map(|extent| 0..*extent);
                let rows = start..(start + step).min(n_rows);
                let part: Vec<_> = std::iter::once(rows).chain(columns).chain(rest).collect();
                see(&number.doubles(&array.read_box(&part)?));
            }
        }
        Ok(())
    }

    /// The matrix at `place`; none where there is nothing, or AnnData's sign for nothing.
    ///
    /// # Errors
    /// When it contradicts itself or cannot be read.
    pub fn matrix(&self, place: &str) -> Result<Option<RawMatrix>, H5adError> {
        RawMatrix::open(&self.store, place)
    }

    /// What readers of AnnData would have to guess about the frames that were read.
    pub fn warnings(&self) -> Vec<Warning> {
        self.store.warnings().list()
    }
}

/// numpy's name of the type of the elements of an array.
fn dtype(array: &Array) -> String {
    match array.element() {
        ElementType::Number(number) => number.name().to_owned(),
        ElementType::Enumeration { .. } => "bool".to_owned(),
        ElementType::Text { .. } => "object".to_owned(),
        ElementType::FixedText { bytes, .. } => format!("bytes{}", 8 * bytes),
        ElementType::WideText { characters, .. } => format!("str{}", 32 * characters),
        ElementType::Records { bytes, .. } => format!("void{}", 8 * bytes),
        ElementType::Array { .. } | ElementType::Other { .. } => "void".to_owned(),
    }
}

/// The values of a single element.
fn scalar(store: &Store, place: &str) -> Result<Option<Values>, H5adError> {
    match store.values(place) {
        Ok(values) => Ok(Some(values)),
        Err(ValuesError::Unsupported(_)) => Ok(None),
        Err(ValuesError::Failed(error)) => Err(error),
    }
}
