//! Writes AnnData as `.h5ad` files of the form of anndata 0.8 and later.
//!
//! All of a file is held in memory until it is written, matrices as they will lie in it but for their compression.

mod elements;
mod frame;

use std::io::Write;

use hdf5_pure::{AttrValue, FileBuilder, FinishedGroup, GroupBuilder};

use crate::{Frame, MatrixLocation, Obsm, ObsmValues};
use elements::{Filled, array, encoding, is_member, text};

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
    /// The file cannot be laid out or written.
    #[error("the file cannot be written: {0}")]
    Hdf5(#[from] hdf5_pure::Error),
    /// HDF5 has no type for a part of it.
    #[error("the file cannot be written: {0}")]
    Format(#[from] hdf5_pure::FormatError),
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
    file: FileBuilder,
    raw: Option<GroupBuilder>,
    layers: GroupBuilder,
    obsm: GroupBuilder,
    uns: GroupBuilder,
}

impl H5adWriter {
    /// A file of these cells and genes.
    ///
    /// # Errors
    /// When a column cannot be written.
    pub fn new(obs: &Frame, var: &Frame) -> Result<Self, WriteError> {
        let mut file = FileBuilder::new();
        for (name, value) in encoding("anndata", "0.1.0") {
            file.set_attr(name, value);
        }
        let [layers, obsm, uns] = ["layers", "obsm", "uns"].map(|name| dict(file.create_group(name)));
        let mut writer = Self { file, raw: None, layers, obsm, uns };
        for (place, frame) in [("obs", obs), ("var", var)] {
            let group = writer.file.create_group(place);
            writer.file.add_group(frame::written(group, place, frame)?);
        }
        Ok(writer)
    }

    /// Adds the genes of `raw`.
    ///
    /// # Errors
    /// When a column cannot be written.
    pub fn raw_var(&mut self, var: &Frame) -> Result<(), WriteError> {
        let raw = self.raw.get_or_insert_with(|| self.file.create_group("raw"));
        for (name, value) in encoding("raw", "0.1.0") {
            raw.set_attr(name, value);
        }
        let group = raw.create_group("var");
        raw.add_group(frame::written(group, "raw/var", var)?);
        Ok(())
    }

    /// Adds a matrix; that of `raw` after [`raw_var`](Self::raw_var).
    ///
    /// # Errors
    /// When its name is none that a layer can have.
    pub fn matrix(&mut self, location: &MatrixLocation, matrix: NewMatrix) -> Result<(), WriteError> {
        match location {
            MatrixLocation::X => {
                if let Some(group) = put_matrix(&mut self.file, "X", matrix) {
                    self.file.add_group(group);
                }
            }
            MatrixLocation::Raw => {
                let raw = self.raw.get_or_insert_with(|| self.file.create_group("raw"));
                put_in_group(raw, "X", matrix);
            }
            MatrixLocation::Layer(name) => {
                named("layers", name)?;
                put_in_group(&mut self.layers, name, matrix);
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
        let shape = [entry.n_rows as u64, entry.n_columns as u64];
        let dataset = self.obsm.create_dataset(key);
        match &entry.values {
            ObsmValues::Singles(values) => array(dataset.with_f32_data(values), &shape, 4),
            ObsmValues::Doubles(values) => array(dataset.with_f64_data(values), &shape, 8),
        }
        Ok(())
    }

    /// Adds texts to `uns`, such as the colors of labels.
    ///
    /// # Errors
    /// When the key is none that an entry can have.
    pub fn uns_texts(&mut self, key: &str, texts: &[String]) -> Result<(), WriteError> {
        named("uns", key)?;
        elements::texts(self.uns.create_dataset(key), texts.iter().map(String::as_str));
        Ok(())
    }

    /// Adds a dictionary of texts to `uns`.
    ///
    /// # Errors
    /// When the key, or one in it, is none that an entry can have.
    pub fn uns_dictionary(&mut self, key: &str, entries: &[(&str, String)]) -> Result<(), WriteError> {
        named("uns", key)?;
        let mut group = dict(self.uns.create_group(key));
        for (name, value) in entries {
            named(key, name)?;
            text(group.create_dataset(name), value);
        }
        self.uns.add_group(group.finish());
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
        let mut spatial = dict(self.uns.create_group("spatial"));
        for NewLibrary { name, images, scale_factors } in libraries {
            named("uns/spatial", &name)?;
            let mut library = dict(spatial.create_group(&name));
            let mut group = dict(library.create_group("images"));
            for NewImage { key, shape, bytes } in images {
                named("images", &key)?;
                array(group.create_dataset(&key).with_u8_data(&bytes), &shape, 1);
            }
            library.add_group(group.finish());
            let mut group = dict(library.create_group("scalefactors"));
            for (name, value) in scale_factors {
                named("scalefactors", &name)?;
                elements::number(group.create_dataset(&name), value);
            }
            library.add_group(group.finish());
            spatial.add_group(library.finish());
        }
        self.uns.add_group(spatial.finish());
        Ok(())
    }

    /// Writes the file.
    ///
    /// # Errors
    /// When it cannot be laid out, or `to` cannot be written.
    pub fn write_to(mut self, to: impl Write) -> Result<(), WriteError> {
        for group in [Some(self.layers), Some(self.obsm), Some(self.uns), self.raw].into_iter().flatten() {
            self.file.add_group(group.finish());
        }
        Ok(self.file.finish_to(to)?)
    }
}

fn dict(mut group: GroupBuilder) -> GroupBuilder {
    for (name, value) in encoding("dict", "0.1.0") {
        group.set_attr(name, value);
    }
    group
}

fn named(place: &str, name: &str) -> Result<(), WriteError> {
    let wrong = || WriteError::Name { place: place.to_owned(), name: name.to_owned() };
    if is_member(name) { Ok(()) } else { Err(wrong()) }
}

fn put_in_group(parent: &mut GroupBuilder, name: &str, matrix: NewMatrix) {
    if let Some(group) = put_matrix(parent, name, matrix) {
        parent.add_group(group);
    }
}

/// Adds a dense matrix as a dataset; gives a sparse one as a group to add.
fn put_matrix(parent: &mut impl Filled, name: &str, matrix: NewMatrix) -> Option<FinishedGroup> {
    match matrix {
        NewMatrix::Dense { data, n_vars } => {
            let n_obs = data.len().checked_div(n_vars).unwrap_or_default();
            let dataset = elements::floats(parent.dataset(name), data);
            array(dataset, &[n_obs as u64, n_vars as u64], 4);
            None
        }
        NewMatrix::Csr { indptr, indices, data, n_vars } => {
            let mut group = parent.group(name);
            for (name, value) in encoding("csr_matrix", "0.1.0") {
                group.set_attr(name, value);
            }
            let n_obs = indptr.len().saturating_sub(1) as i64;
            group.set_attr("shape", AttrValue::I64Array(vec![n_obs, n_vars as i64]));
            let n = [indices.len() as u64];
            array(elements::floats(group.create_dataset("data"), data), &n, 4);
            array(elements::indices(group.create_dataset("indices"), indices), &n, 4);
            let indptr: Vec<i64> = indptr.into_iter().map(u64::cast_signed).collect();
            array(group.create_dataset("indptr").with_i64_data(&indptr), &[indptr.len() as u64], 8);
            Some(group.finish())
        }
    }
}
