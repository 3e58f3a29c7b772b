//! Matrices as they are stored, a slab at a time.

use std::ops::Range;

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

    /// How many entries are stored, zeros included.
    pub fn n_stored(&self) -> u64 {
        match &self.body {
            Body::Dense(_) | Body::Unread => self.shape.iter().map(|extent| *extent as u64).product(),
            Body::Sparse(sparse) => sparse.indptr().last().copied().unwrap_or_default(),
        }
    }

    /// Shows the stored entries slab after slab, only one of which is in memory, until `see` says that it has seen enough.
    ///
    /// # Errors
    /// When the file cannot be read or contradicts itself.
    pub fn each_slab(&self, mut see: impl FnMut(&RawSlab<'_>) -> std::ops::ControlFlow<()>) -> Result<(), H5adError> {
        match &self.body {
            Body::Unread => Ok(()),
            Body::Dense(dense) => {
                for rows in dense.slabs(SLAB_ENTRIES) {
                    let first = rows.start;
                    let values = dense.read_values(rows)?;
                    if see(&RawSlab::Dense { first, values: &values }).is_break() {
                        break;
                    }
                }
                Ok(())
            }
            Body::Sparse(sparse) => {
                for majors in sparse.slabs(SLAB_ENTRIES) {
                    let first = majors.start;
                    let (bounds, entries) = stored(sparse, majors)?;
                    let (minors, values) = (&entries.0, &entries.1);
                    if see(&RawSlab::Sparse { first, bounds: &bounds, minors, values }).is_break() {
                        break;
                    }
                }
                Ok(())
            }
        }
    }
}

/// The stored entries of some majors: where those of each lie, their minors and values.
fn stored(sparse: &Sparse, majors: Range<usize>) -> Result<(Vec<usize>, (Vec<u32>, Vec<f64>)), H5adError> {
    let bounds = &sparse.indptr()[majors.start..=majors.end];
    let first = bounds[0];
    let bounds = bounds.iter().map(|bound| (bound - first) as usize).collect();
    Ok((bounds, sparse.read_stored(majors)?))
}
