//! Expression matrices: `X`, `raw/X` and layers, dense or sparse, read a slab at a time.

mod dense;
mod loss;
mod sparse;

use std::fmt;
use std::ops::Range;

use super::container::Kind;
use super::error::H5adError;
use super::store::Store;

pub(super) use dense::Dense;
pub use loss::Loss;
pub(super) use sparse::{Entries, Sparse, inspect as inspect_sparse};

/// Where a matrix lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatrixLocation {
    /// `X`.
    X,
    /// `raw/X`, whose columns are those of `raw/var`.
    Raw,
    /// `layers/<name>`.
    Layer(String),
}

impl fmt::Display for MatrixLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::X => f.write_str("X"),
            Self::Raw => f.write_str("raw/X"),
            Self::Layer(name) => write!(f, "layers/{name}"),
        }
    }
}

/// How a matrix is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Every entry, row by row.
    Dense,
    /// The stored entries of each row.
    Csr,
    /// The stored entries of each column.
    Csc,
}

/// What is known of a matrix before its entries are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatrixInfo {
    /// Where it lies.
    pub location: MatrixLocation,
    /// Its HDF5 path, which in files of anndata before 0.7 may differ from the location.
    pub place: String,
    /// Rows: cells.
    pub n_rows: usize,
    /// Columns: genes.
    pub n_cols: usize,
    /// How it is stored.
    pub storage: Storage,
    /// numpy's name of the type of its entries, such as `float32`.
    pub dtype: &'static str,
    /// Stored entries, explicit zeros included, if it is sparse.
    pub nnz: Option<u64>,
}

/// Non-zero entries of consecutive majors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SparseSlab {
    /// Where the entries of each major begin and end; one more than there are majors.
    pub indptr: Vec<usize>,
    /// Minor index per entry, ascending within each major, no two alike.
    pub indices: Vec<u32>,
    /// Value per entry: never zero, possibly NaN or infinite.
    pub data: Vec<f32>,
    /// What the values lost when they became 32-bit floats.
    pub loss: Loss,
}

/// A matrix, open for reading from any number of threads.
///
/// *Majors* are rows for [`Storage::Dense`] and [`Storage::Csr`], columns for [`Storage::Csc`]; *minors* are the other
/// ones.
pub struct Matrix {
    info: MatrixInfo,
    body: Body,
}

enum Body {
    Dense(Box<Dense>),
    Sparse(Box<Sparse>),
}

impl fmt::Debug for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Matrix").field("info", &self.info).finish_non_exhaustive()
    }
}

impl MatrixInfo {
    /// Describes the matrix at `place`, which should have `shape`; none when there is nothing.
    ///
    /// # Errors
    /// When what lies there is not a matrix of that shape.
    pub(super) fn inspect(
        store: &Store,
        location: MatrixLocation,
        place: &str,
        shape: (usize, usize),
    ) -> Result<Option<Self>, H5adError> {
        let Some(kind) = store.kind(place)? else { return Ok(None) };
        if store.attributes(place)?.text("encoding-type") == Some("null") {
            return Ok(None);
        }
        let info = match kind {
            Kind::Dataset => dense::inspect(store, location, place, shape)?,
            Kind::Group => sparse::inspect(store, location, place)?,
        };
        if (info.n_rows, info.n_cols) != shape {
            let problem = format!(
                "is {} × {} where {} cells × {} genes were expected from the data frames",
                info.n_rows, info.n_cols, shape.0, shape.1
            );
            return Err(H5adError::malformed(place, problem));
        }
        Ok(Some(info))
    }
}

/// Rows and columns of the matrix at `place`, if there is one that states two.
pub(super) fn stated_shape(store: &Store, place: &str) -> Result<Option<(usize, usize)>, H5adError> {
    match store.kind(place)? {
        Some(Kind::Dataset) => match store.array(place)?.shape() {
            [n_rows, n_cols] => Ok(Some((*n_rows, *n_cols))),
            _ => Ok(None),
        },
        Some(Kind::Group) => Ok(sparse::stated_shape(&store.attributes(place)?)),
        None => Ok(None),
    }
}

impl Matrix {
    pub(super) fn open(store: &Store, info: &MatrixInfo) -> Result<Self, H5adError> {
        let body = match info.storage {
            Storage::Dense => Body::Dense(Box::new(Dense::open(store, info)?)),
            Storage::Csr | Storage::Csc => Body::Sparse(Box::new(Sparse::open(store, info)?)),
        };
        Ok(Self { info: info.clone(), body })
    }

    /// What is known of the matrix.
    pub fn info(&self) -> &MatrixInfo {
        &self.info
    }

    /// Whether numbers of its type may be rounded when they become 32-bit floats.
    pub fn may_round(&self) -> bool {
        let number = match &self.body {
            Body::Dense(dense) => dense.number(),
            Body::Sparse(sparse) => sparse.number(),
        };
        !number.fits_single()
    }

    /// Number of majors.
    pub fn n_major(&self) -> usize {
        match self.info.storage {
            Storage::Dense | Storage::Csr => self.info.n_rows,
            Storage::Csc => self.info.n_cols,
        }
    }

    /// Number of minors.
    pub fn n_minor(&self) -> usize {
        match self.info.storage {
            Storage::Dense | Storage::Csr => self.info.n_cols,
            Storage::Csc => self.info.n_rows,
        }
    }

    /// Where the stored entries of each major begin, and where the last ones end, if the matrix is sparse.
    pub fn indptr(&self) -> Option<&[u64]> {
        match &self.body {
            Body::Dense(_) => None,
            Body::Sparse(sparse) => Some(sparse.indptr()),
        }
    }

    /// Splits all majors into consecutive ranges of about `entries` stored entries each (for a dense matrix every entry
    /// counts), along the file's chunks where it has any, so that [`read`](Self::read) inflates few chunks twice.
    ///
    /// A range holds at least one major, so one may hold more.
    pub fn slabs(&self, entries: usize) -> Vec<Range<usize>> {
        match &self.body {
            Body::Dense(dense) => dense.slabs(entries),
            Body::Sparse(sparse) => sparse.slabs(entries),
        }
    }

    /// Reads the non-zero entries of the majors in `range`; only those are held in memory.
    ///
    /// Indices ascend within each major. Entries that the file lists twice are added up, as scipy does, and zeros left
    /// out. NaN stays. Values are rounded to 32-bit floats; [`SparseSlab::loss`] tells what does not survive.
    ///
    /// # Errors
    /// When the file cannot be read or contradicts itself.
    ///
    /// # Panics
    /// When `range` goes beyond [`n_major`](Self::n_major).
    pub fn read(&self, range: Range<usize>) -> Result<SparseSlab, H5adError> {
        assert!(range.end <= self.n_major(), "majors {range:?} of {}", self.n_major());
        match &self.body {
            Body::Dense(dense) => dense.read(range),
            Body::Sparse(sparse) => sparse.read(range),
        }
    }

    /// The same as 64-bit floats.
    #[cfg(feature = "write")]
    pub(super) fn read_doubles(&self, range: Range<usize>) -> Result<Entries<f64>, H5adError> {
        match &self.body {
            Body::Dense(dense) => dense.read_doubles(range),
            Body::Sparse(sparse) => sparse.read_doubles(range),
        }
    }
}
