//! Reads AnnData: any `.h5ad` file and any Zarr store, from anndata 0.5 to 0.12, one modality of MuData, and matrices of
//! 10x Genomics, as typed, streamed pieces.
//!
//! This is the only part of Tessera that knows HDF5 and Zarr. The bytes come from any [`Source`]; feature `native` opens
//! files and directories on disk, feature `write` writes `.h5ad` files, and copies of them with changes (`Revision`).
//! Opening reads only the file's structure; data frames and `obsm` arrays are then handed out whole, and matrices a slab
//! at a time, so that memory stays bounded whatever the size of the file. What can be mended is mended and listed
//! in [`H5ad::warnings`]; what cannot is an [`H5adError`] that names the place in the file.
//!
//! Left to the caller: duplicate labels, NaN in matrices and embeddings, and which matrix and embedding to use.

mod codec;
mod container;
mod element;
mod error;
mod facts;
#[cfg(feature = "native")]
mod file;
mod foreign;
mod frame;
mod grid;
mod hdf5;
mod matrix;
mod number;
mod obsm;
mod open;
mod read_error;
mod record;
mod source;
mod store;
mod tenx;
mod text;
mod uns;
mod values;
mod warning;
#[cfg(feature = "write")]
mod write;
mod zarr;

use std::ops::Range;
#[cfg(feature = "native")]
use std::path::Path;
use std::sync::Arc;

pub use error::H5adError;
pub use facts::{NodeKind, RawArray, RawColumn, RawFile, RawFrame, RawMatrix, RawSlab, RawTexts, RawValue, Scalar};
pub use frame::{CategoryKind, Frame, FrameColumn};
#[cfg(feature = "write")]
pub use hdf5::edit::Target;
pub use matrix::{Loss, Matrix, MatrixInfo, MatrixLocation, SparseSlab, Storage};
pub use obsm::{Obsm, ObsmInfo, ObsmValues};
pub use source::Source;
pub use uns::{Pixels, SpatialImage, SpatialLibrary, Uns};
pub use warning::Warning;
#[cfg(all(feature = "write", feature = "native"))]
pub use write::revise_file;
#[cfg(feature = "write")]
pub use write::{
    CsrWriter, DenseWriter, H5adWriter, NewImage, NewLibrary, NewMatrix, Patches, Piece, Revision, UnsValue,
    WriteError, by_label, is_member,
};
pub use zarr::{Files, Zip};

use container::Kind;
use source::{Bytes, SharedSource};
use store::Store;

/// An open AnnData file. Clones share it, and threads may read it at the same time.
#[derive(Clone)]
pub struct H5ad {
    store: Store,
    contents: Arc<Contents>,
}

/// What was found when the file was opened.
struct Contents {
    is_10x: bool,
    n_obs: usize,
    n_vars: usize,
    raw: Option<Raw>,
    obsm: Vec<obsm::Entry>,
    obsm_infos: Vec<ObsmInfo>,
    matrices: Vec<MatrixInfo>,
    uns: Uns,
}

/// Where `raw` keeps its genes, and how many there are.
struct Raw {
    var: &'static str,
    n_vars: usize,
}

impl std::fmt::Debug for H5ad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Contents { n_obs, n_vars, .. } = *self.contents;
        f.debug_struct("H5ad")
            .field("name", &self.store.name())
            .field("n_obs", &n_obs)
            .field("n_vars", &n_vars)
            .finish()
    }
}

impl H5ad {
    /// Opens the file at `path`, or the Zarr store if it is a directory.
    ///
    /// # Errors
    /// As [`from_source`](Self::from_source).
    #[cfg(feature = "native")]
    pub fn open(path: &Path) -> Result<Self, H5adError> {
        Self::open_modality(path, None)
    }

    /// Opens the file or directory at `path`, and of MuData the modality of this name.
    ///
    /// # Errors
    /// As [`from_source`](Self::from_source).
    #[cfg(feature = "native")]
    pub fn open_modality(path: &Path, modality: Option<&str>) -> Result<Self, H5adError> {
        let name = path.display().to_string();
        let failed = |source| H5adError::Io { file: name.clone(), source };
        if std::fs::metadata(path).map_err(failed)?.is_dir() {
            return Self::from_store(open::directory(path, name, modality)?);
        }
        let source = file::FileSource::open(path).map_err(failed)?;
        Self::from_store(open::source(&SharedSource::new(source), name, modality)?)
    }

    /// Opens a file that is wholly in memory; `name` is what messages call it.
    ///
    /// # Errors
    /// As [`from_source`](Self::from_source).
    pub fn from_bytes(bytes: Vec<u8>, name: impl Into<String>) -> Result<Self, H5adError> {
        Self::from_source(Bytes(bytes), name, None)
    }

    /// Opens the file whose bytes come from `source`, and looks what it holds; `name` is what messages call it. Of MuData
    /// the `modality` is opened, which must be named.
    ///
    /// # Errors
    /// When the file cannot be read, is neither HDF5 nor Zarr, is not AnnData, or contradicts itself in what cannot be
    /// left out: `obs`, `var` and `X`. Layers, `obsm` entries and `raw` of a wrong form or shape are left out and noted
    /// instead.
    pub fn from_source(
        source: impl Source + Send + Sync + 'static,
        name: impl Into<String>,
        modality: Option<&str>,
    ) -> Result<Self, H5adError> {
        Self::from_store(open::source(&SharedSource::new(source), name.into(), modality)?)
    }

    /// Opens the Zarr store of these files; `name` is what messages call it.
    ///
    /// # Errors
    /// As [`from_source`](Self::from_source).
    pub fn from_files(
        files: impl Files + 'static,
        name: impl Into<String>,
        modality: Option<&str>,
    ) -> Result<Self, H5adError> {
        Self::from_store(open::files(files, name.into(), modality)?)
    }

    fn from_store(store: Store) -> Result<Self, H5adError> {
        for frame in ["obs", "var"] {
            if store.kind(frame)?.is_none() {
                return Err(H5adError::NotAnnData {
                    file: store.name().to_owned(),
                    reason: foreign::not_anndata(&store, frame)?,
                });
            }
        }
        let x_shape = matrix::stated_shape(&store, "X")?;
        let axis = |frame: &str, of_x: Option<usize>| -> Result<usize, H5adError> {
            frame::length(&store, frame)?.or(of_x).ok_or_else(|| {
                H5adError::malformed(frame, "has neither an index nor columns, and X does not tell its length either")
            })
        };
        let n_obs = axis("obs", x_shape.map(|shape| shape.0))?;
        let n_vars = axis("var", x_shape.map(|shape| shape.1))?;

        let mut matrices = Vec::new();
        matrices.extend(MatrixInfo::inspect(&store, MatrixLocation::X, "X", (n_obs, n_vars))?);
        let raw = raw(&store, n_obs, &mut matrices)?;
        layers(&store, (n_obs, n_vars), &mut matrices)?;
        let obsm = obsm::list(&store, n_obs)?;
        let obsm_infos = obsm.iter().map(|entry| entry.info.clone()).collect();
        let uns = Uns::read(&store)?;
        let is_10x = store.attributes("")?.text("encoding-type") == Some(tenx::ENCODING);
        let contents = Contents { is_10x, n_obs, n_vars, raw, obsm, obsm_infos, matrices, uns };
        Ok(Self { store, contents: Arc::new(contents) })
    }

    /// What messages call the file: the path that it was opened at, or the name that was given.
    pub fn name(&self) -> &str {
        self.store.name()
    }

    /// Whether the file is a matrix of 10x Genomics, shown as AnnData.
    pub fn is_10x(&self) -> bool {
        self.contents.is_10x
    }

    /// Number of cells.
    pub fn n_obs(&self) -> usize {
        self.contents.n_obs
    }

    /// Number of genes.
    pub fn n_vars(&self) -> usize {
        self.contents.n_vars
    }

    /// Reads the data frame of cells.
    ///
    /// # Errors
    /// When it cannot be read. A column of an unknown form is [`FrameColumn::Unsupported`] instead.
    pub fn obs(&self) -> Result<Frame, H5adError> {
        Frame::read(&self.store, "obs", self.contents.n_obs)
    }

    /// Reads the data frame of genes.
    ///
    /// # Errors
    /// As [`obs`](Self::obs).
    pub fn var(&self) -> Result<Frame, H5adError> {
        Frame::read(&self.store, "var", self.contents.n_vars)
    }

    /// Reads the data frame of the genes in `raw`, if there is a `raw`.
    ///
    /// # Errors
    /// As [`obs`](Self::obs).
    pub fn raw_var(&self) -> Result<Option<Frame>, H5adError> {
        self.contents.raw.as_ref().map(|raw| Frame::read(&self.store, raw.var, raw.n_vars)).transpose()
    }

    /// The readable entries of `obsm`, sorted by key.
    pub fn obsm(&self) -> &[ObsmInfo] {
        &self.contents.obsm_infos
    }

    /// Reads those of `columns` that the `obsm` entry `key` has; `0..usize::MAX` reads all.
    ///
    /// Only what was asked for is kept in memory, so a wide entry can be read in bands of columns.
    ///
    /// # Errors
    /// When there is no such entry or it cannot be read.
    pub fn read_obsm(&self, key: &str, columns: Range<usize>) -> Result<Obsm, H5adError> {
        let entry = self.contents.obsm.iter().find(|entry| entry.info.key == key).ok_or_else(|| {
            let known: Vec<_> = self.contents.obsm_infos.iter().map(|info| info.key.as_str()).collect();
            H5adError::missing(format!("obsm/{key}"), format!("the entries of obsm are: {}", text::listed(&known)))
        })?;
        obsm::read(&self.store, entry, self.contents.n_obs, columns)
    }

    /// The matrices: `X`, `raw/X`, then layers by name, as far as the file has them.
    pub fn matrices(&self) -> &[MatrixInfo] {
        &self.contents.matrices
    }

    /// Opens a matrix for reading. Of a sparse one this reads `indptr`, eight bytes a major.
    ///
    /// # Errors
    /// When there is no such matrix or it contradicts itself.
    pub fn matrix(&self, location: &MatrixLocation) -> Result<Matrix, H5adError> {
        let info = self.contents.matrices.iter().find(|info| info.location == *location).ok_or_else(|| {
            let known: Vec<_> = self.contents.matrices.iter().map(|info| info.location.to_string()).collect();
            let known = text::listed(&known);
            H5adError::missing(location.to_string(), format!("the matrices of this file are: {known}"))
        })?;
        Matrix::open(&self.store, info)
    }

    /// What the Explorer takes from `uns`.
    pub fn uns(&self) -> &Uns {
        &self.contents.uns
    }

    /// Reads an image of a spatial library; none when it is of a form that is not read, which is noted.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read_image(&self, image: &SpatialImage) -> Result<Option<Pixels>, H5adError> {
        Pixels::read(&self.store, image)
    }

    /// What was mended or left out so far, sorted by place. Reading more may add to it; reading the same again does not.
    pub fn warnings(&self) -> Vec<Warning> {
        self.store.warnings().list()
    }
}

/// Finds `raw` and adds its matrix. One that does not fit is noted.
fn raw(store: &Store, n_obs: usize, matrices: &mut Vec<MatrixInfo>) -> Result<Option<Raw>, H5adError> {
    for (x, var) in [("raw/X", "raw/var"), ("raw.X", "raw.var")] {
        if store.kind(x)?.is_none() {
            continue;
        }
        let stated = matrix::stated_shape(store, x)?.map(|shape| shape.1);
        let Some(n_vars) = frame::length(store, var)?.or(stated) else {
            store.warnings().note(var, "is missing or empty, so the genes of raw are unknown; raw is left out");
            return Ok(None);
        };
        match MatrixInfo::inspect(store, MatrixLocation::Raw, x, (n_obs, n_vars)) {
            Ok(Some(info)) => {
                matrices.push(info);
                return Ok(store.kind(var)?.map(|_| Raw { var, n_vars }));
            }
            Ok(None) => {}
            Err(H5adError::Malformed { place, problem }) => {
                store.warnings().note(place, format!("{problem}; raw is left out"));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Adds the layers. One that does not fit is noted.
fn layers(store: &Store, shape: (usize, usize), matrices: &mut Vec<MatrixInfo>) -> Result<(), H5adError> {
    if store.kind("layers")? != Some(Kind::Group) {
        return Ok(());
    }
    let members = store.members("layers")?;
    for name in members.names() {
        match MatrixInfo::inspect(store, MatrixLocation::Layer(name.clone()), &format!("layers/{name}"), shape) {
            Ok(info) => matrices.extend(info),
            Err(H5adError::Malformed { place, problem }) => {
                store.warnings().note(place, format!("{problem}; the layer is left out"));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
