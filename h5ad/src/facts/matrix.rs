//! Matrices as they are stored, a slab at a time.

use std::ops::{ControlFlow, Range};

use super::super::container::Kind;
use super::super::error::H5adError;
use super::super::matrix::{self, Dense, MatrixInfo, MatrixLocation, Sparse, Storage};
use super::super::store::Store;
use super::dtype;

/// How many entries a slab has, about.
const SLAB_ENTRIES: usize = 1 << 20;

/// A matrix, open for reading.
pub struct RawMatrix {
    /// Where it lies.
    pub place: String,
    /// The attribute `encoding-type`.
    pub encoding: Option<String>,
    /// numpy's name of the type of its entries.
    pub dtype: String,
    /// Its extents: cells, genes.
    pub shape: Vec<usize>,
    body: Body,
}

enum Body {
    Dense(Box<Dense>),
    Sparse(Box<Sparse>),
    /// Of another number of dimensions, or of entries that are no numbers.
    Unread,
}

/// Entries of consecutive majors: cells, or of a CSC matrix genes.
pub enum RawSlab<'a> {
    /// All entries of some cells.
    Dense {
        /// The first cell.
        first: usize,
        /// Entries, cell after cell.
        values: &'a [f64],
    },
    /// The stored entries of some majors, in the order in which they are stored.
    Sparse {
        /// The first major.
        first: usize,
        /// Where the entries of each begin and end.
        bounds: &'a [usize],
        /// The minor of each entry.
        minors: &'a [u32],
        /// The value of each entry, zeros included.
        values: &'a [f64],
    },
}

impl RawSlab<'_> {
    /// How many cells, or of a CSC matrix genes, of a matrix of so many columns.
    pub fn n_majors(&self, n_columns: usize) -> usize {
        match self {
            Self::Dense { values, .. } => values.len().checked_div(n_columns).unwrap_or_default(),
            Self::Sparse { bounds, .. } => bounds.len() - 1,
        }
    }
}

impl std::fmt::Debug for RawMatrix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { place, encoding, dtype, shape, body: _ } = self;
        f.debug_struct("RawMatrix")
            .field("place", place)
            .field("encoding", encoding)
            .field("dtype", dtype)
            .field("shape", shape)
            .finish_non_exhaustive()
    }
}

impl RawMatrix {
    pub(super) fn open(store: &Store, place: &str) -> Result<Option<Self>, H5adError> {
        let Some(kind) = store.kind(place)? else { return Ok(None) };
        let encoding = store.attributes(place)?.text("encoding-type").map(str::to_owned);
        if encoding.as_deref() == Some("null") {
            return Ok(None);
        }
        let location = MatrixLocation::X;
        let place = place.to_owned();
        match kind {
            Kind::Group => {
                let info = MatrixInfo { place: place.clone(), ..matrix::inspect_sparse(store, location, &place)? };
                let (dtype, shape) = (info.dtype.to_owned(), vec![info.n_rows, info.n_cols]);
                let body = Body::Sparse(Box::new(Sparse::open(store, &info)?));
                Ok(Some(Self { place, encoding, dtype, shape, body }))
            }
            Kind::Dataset => {
                let array = store.array(&place)?;
                array.check_size()?;
                let (dtype, shape) = (dtype(&array), array.shape().to_vec());
                let body = match (shape.as_slice(), array.dtype()) {
                    (&[n_rows, n_cols], Ok(dtype)) => {
                        let (place, nnz) = (place.clone(), None);
                        let info = MatrixInfo { location, place, n_rows, n_cols, storage: Storage::Dense, dtype, nnz };
                        Body::Dense(Box::new(Dense::open(store, &info)?))
                    }
                    (_, Ok(_) | Err(_)) => Body::Unread,
                };
                Ok(Some(Self { place, encoding, dtype, shape, body }))
            }
        }
    }

    /// How it is stored; none where it is no matrix of numbers.
    pub fn storage(&self) -> Option<Storage> {
        match &self.body {
            Body::Dense(_) => Some(Storage::Dense),
            Body::Sparse(sparse) => Some(sparse.storage()),
            Body::Unread => None,
        }
    }

    /// How many cells it is read by, or of a CSC matrix genes.
    pub fn n_majors(&self) -> usize {
        let axis = match self.storage() {
            Some(Storage::Csc) => 1,
            Some(Storage::Csr | Storage::Dense) | None => 0,
        };
        self.shape.get(axis).copied().unwrap_or_default()
    }

    /// How many entries are stored, zeros included.
    pub fn n_stored(&self) -> u64 {
        match &self.body {
            Body::Dense(_) | Body::Unread => {
                self.shape.iter().fold(1, |n: u64, extent| n.saturating_mul(*extent as u64))
            }
            Body::Sparse(sparse) => sparse.indptr().last().copied().unwrap_or_default(),
        }
    }

    /// The ranges of cells, or of a CSC matrix of genes, that slabs are of.
    pub fn slabs(&self) -> Vec<Range<usize>> {
        match &self.body {
            Body::Unread => Vec::new(),
            Body::Dense(dense) => dense.slabs(SLAB_ENTRIES),
            Body::Sparse(sparse) => sparse.slabs(SLAB_ENTRIES),
        }
    }

    /// Shows the stored entries of one of [`slabs`](Self::slabs).
    ///
    /// # Errors
    /// When the file cannot be read or contradicts itself.
    pub fn with_slab<R>(&self, majors: Range<usize>, see: impl FnOnce(&RawSlab<'_>) -> R) -> Result<R, H5adError> {
        let first = majors.start;
        match &self.body {
            Body::Unread => Ok(see(&RawSlab::Dense { first, values: &[] })),
            Body::Dense(dense) => Ok(see(&RawSlab::Dense { first, values: &dense.read_values(majors)? })),
            Body::Sparse(sparse) => {
                let bounds = &sparse.indptr()[majors.start..=majors.end];
                let bounds: Vec<usize> = bounds.iter().map(|bound| (bound - bounds[0]) as usize).collect();
                let (minors, values) = sparse.read_stored(majors)?;
                Ok(see(&RawSlab::Sparse { first, bounds: &bounds, minors: &minors, values: &values }))
            }
        }
    }

    /// Shows the stored entries slab after slab, only one of which is in memory, until `see` says that it has seen enough.
    ///
    /// # Errors
    /// When the file cannot be read or contradicts itself.
    pub fn each_slab(&self, mut see: impl FnMut(&RawSlab<'_>) -> ControlFlow<()>) -> Result<(), H5adError> {
        for majors in self.slabs() {
            if self.with_slab(majors, &mut see)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}
