//! Writes AnnData as `.h5ad` files of the form of anndata 0.8 and later, and copies of files with changes.
//!
//! A new file is held in memory, as it will lie on disk, until it is written; a copy never is.

mod elements;
mod frame;
mod matrix;
mod patches;
mod revise;

use std::io::Write;

use crate::hdf5::edit::{Array, EditError, Object, Space};
use crate::{Frame, H5adError, MatrixLocation, Obsm, ObsmValues};
use elements::{array, dict, encoded, scalar, text, texts};

pub use elements::is_member;
pub use frame::by_label;
pub use matrix::{CsrWriter, DenseWriter};
pub use patches::{Patches, Piece};
#[cfg(feature = "native")]
pub use revise::revise_file;
pub use revise::{Revision, UnsValue};

/// Why a file cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// HDF5 has no place of such a name.
    #[error("{place} cannot hold `{name}`: the name is empty, holds `/` or is taken; rename it first")]
    Name {
        /// The group.
        place: String,
        /// The name.
        name: String,
    },
    /// A column is of a form that is not written.
    #[error("{place}/{name} cannot be written: {reason}")]
    Column {
        /// The data frame.
        place: String,
        /// The column.
        name: String,
        /// Why not.
        reason: String,
    },
    /// What is to be changed cannot be read.
    #[error(transparent)]
    Read(#[from] H5adError),
    /// What is to be changed is of a form that is not changed, or HDF5 has no room for the change.
    #[error("{file} cannot be changed: {reason}; write it anew with `anndata.read_h5ad(…).write_h5ad(…)` first")]
    Form {
        /// The file.
        file: String,
        /// Why not.
        reason: String,
    },
    /// HDF5 has no room for a part of it.
    #[error("the file cannot be written: {0}")]
    NoRoom(String),
    /// The bytes cannot be written.
    #[error("the file cannot be written: {0}")]
    Io(#[from] std::io::Error),
}

impl From<EditError> for WriteError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Io(error) => Self::Io(error),
            EditError::Read(_) | EditError::TooLong | EditError::Form(_) => Self::NoRoom(error.to_string()),
        }
    }
}

/// A matrix of cells × genes.
#[derive(Clone, Debug, PartialEq)]
pub enum NewMatrix {
    /// The non-zero values of each cell.
    Csr {
        /// Where the entries of each cell begin and end; one more than there are cells.
        indptr: Vec<u64>,
        /// Gene of every entry, ascending within each cell.
        indices: Vec<u32>,
        /// Value of every entry.
        data: Vec<f32>,
        /// Number of genes.
        n_vars: usize,
    },
    /// Every value, cell after cell.
    Dense {
        /// The values.
        data: Vec<f32>,
        /// Number of genes.
        n_vars: usize,
    },
}

/// A library of images of a tissue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewLibrary {
    /// Its name.
    pub name: String,
    /// Its images.
    pub images: Vec<NewImage>,
    /// The factors from coordinates to their pixels, and the width of spots, by name.
    pub scale_factors: Vec<(String, f64)>,
}

/// An image of bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewImage {
    /// Its key: `hires`.
    pub key: String,
    /// Rows, pixels a row and, of a colored image, channels.
    pub shape: Vec<u64>,
    /// Channel by channel, pixel by pixel, row by row.
    pub bytes: Vec<u8>,
}

/// A file in the making.
pub struct H5adWriter {
    space: Space<Vec<u8>>,
    root: Object,
    raw: Option<Object>,
    layers: Object,
    obsm: Object,
    uns: Object,
}

impl H5adWriter {
    /// A file of these cells and genes.
    ///
    /// # Errors
    /// When a column cannot be written.
    pub fn new(obs: &Frame, var: &Frame) -> Result<Self, WriteError> {
        let mut root = encoded(Object::group(), "anndata", "0.1.0");
        for (place, frame) in [("obs", obs), ("var", var)] {
            root.add(place, frame::written(place, frame)?);
        }
        Ok(Self { space: Space::new(Vec::new()), root, raw: None, layers: dict(), obsm: dict(), uns: dict() })
    }

    /// Adds the genes of `raw`.
    ///
    /// # Errors
    /// When a column cannot be written.
    pub fn raw_var(&mut self, var: &Frame) -> Result<(), WriteError> {
        self.raw().add("var", frame::written("raw/var", var)?);
        Ok(())
    }

    fn raw(&mut self) -> &mut Object {
        self.raw.get_or_insert_with(|| encoded(Object::group(), "raw", "0.1.0"))
    }

    /// Adds a matrix.
    ///
    /// # Errors
    /// When its name is none that a layer can have, or it cannot be written.
    pub fn matrix(&mut self, location: &MatrixLocation, matrix: NewMatrix) -> Result<(), WriteError> {
        let address = matrix::put(matrix, &mut self.space)?;
        match location {
            MatrixLocation::X => self.root.add_written("X", address),
            MatrixLocation::Raw => self.raw().add_written("X", address),
            MatrixLocation::Layer(name) => {
                named("layers", name)?;
                self.layers.add_written(name, address);
            }
        }
        Ok(())
    }

    /// Adds an entry of `obsm`.
    ///
    /// # Errors
    /// When its key is none that an entry can have.
    pub fn obsm(&mut self, key: &str, entry: &Obsm) -> Result<(), WriteError> {
        named("obsm", key)?;
        let values = match &entry.values {
            ObsmValues::Singles(values) => Array::f32s(values.iter().copied()),
            ObsmValues::Doubles(values) => Array::f64s(values.iter().copied()),
        };
        self.obsm.add(key, array(values.shaped(vec![entry.n_rows as u64, entry.n_columns as u64])));
        Ok(())
    }

    /// Adds texts to `uns`, such as the colors of labels.
    ///
    /// # Errors
    /// When the key is none that an entry can have.
    pub fn uns_texts(&mut self, key: &str, values: &[String]) -> Result<(), WriteError> {
        named("uns", key)?;
        self.uns.add(key, texts(values.to_vec()));
        Ok(())
    }

    /// Adds a dictionary of texts to `uns`.
    ///
    /// # Errors
    /// When the key, or one in it, is none that an entry can have.
    pub fn uns_dictionary(&mut self, key: &str, entries: &[(&str, String)]) -> Result<(), WriteError> {
        named("uns", key)?;
        let mut group = dict();
        for (name, value) in entries {
            named(key, name)?;
            group.add(name, text(value));
        }
        self.uns.add(key, group);
        Ok(())
    }

    /// Adds libraries of images to `uns`, as Space Ranger and scanpy have them.
    ///
    /// # Errors
    /// When a name is none that an entry can have.
    pub fn uns_spatial(&mut self, libraries: Vec<NewLibrary>) -> Result<(), WriteError> {
        if libraries.is_empty() {
            return Ok(());
        }
        let mut spatial = dict();
        for NewLibrary { name, images, scale_factors } in libraries {
            named("uns/spatial", &name)?;
            let (mut in_library, mut in_images, mut factors) = (dict(), dict(), dict());
            for NewImage { key, shape, bytes } in images {
                named("images", &key)?;
                in_images.add(&key, array(Array::u8s(bytes).shaped(shape)));
            }
            for (name, value) in scale_factors {
                named("scalefactors", &name)?;
                factors.add(&name, scalar(Array::f64s([value])));
            }
            in_library.add("images", in_images);
            in_library.add("scalefactors", factors);
            spatial.add(&name, in_library);
        }
        self.uns.add("spatial", spatial);
        Ok(())
    }

    /// Writes the file.
    ///
    /// # Errors
    /// When HDF5 has no room for a part of it, or `to` cannot be written.
    pub fn write_to(mut self, mut to: impl Write) -> Result<(), WriteError> {
        for (name, group) in [("layers", self.layers), ("obsm", self.obsm), ("uns", self.uns)] {
            self.root.add(name, group);
        }
        if let Some(raw) = self.raw {
            self.root.add("raw", raw);
        }
        let root = self.root.write(&mut self.space)?;
        let bytes = self.space.finish(root)?;
        Ok(to.write_all(&bytes)?)
    }
}

fn named(place: &str, name: &str) -> Result<(), WriteError> {
    let wrong = || WriteError::Name { place: place.to_owned(), name: name.to_owned() };
    if is_member(name) { Ok(()) } else { Err(wrong()) }
}
