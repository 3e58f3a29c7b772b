//! Matrices that store some entries of each row (CSR) or column (CSC).

use std::ops::{AddAssign, Range};

use super::super::error::H5adError;
use super::super::number::Number;
use super::super::store::{Array, Attributes, Store};
use super::super::text::counted;
use super::super::values::Values;
use super::{Loss, MatrixInfo, MatrixLocation, SparseSlab, Storage};

/// How many entries are decoded at a time.
const PIECE_ENTRIES: usize = 4 << 20;
/// How many bytes of inflated chunks are kept between slabs.
const CACHE_BYTES: usize = 32 << 20;

/// A sparse matrix, open for reading.
pub(in super::super) struct Sparse {
    store: Store,
    place: String,
    storage: Storage,
    indptr: Vec<u64>,
    indices: Array,
    index_number: Number,
    data: Array,
    data_number: Number,
    n_minor: usize,
}

/// Rows and columns that the attributes of a sparse matrix state.
pub(super) fn stated_shape(attributes: &Attributes) -> Option<(usize, usize)> {
    attributes.shape("shape").or_else(|| attributes.shape("h5sparse_shape"))
}

/// Describes the group at `place`.
pub(in super::super) fn inspect(store: &Store, location: MatrixLocation, place: &str) -> Result<MatrixInfo, H5adError> {
    let attributes = store.attributes(place)?;
    let encoding = attributes.text("encoding-type").or_else(|| attributes.text("h5sparse_format"));
    let storage = match encoding {
        Some("csr_matrix" | "csr_array" | "csr") => Storage::Csr,
        Some("csc_matrix" | "csc_array" | "csc") => Storage::Csc,
        other => {
            let form = match other {
                Some(encoding) => format!("is stored as `{encoding}`"),
                None => "is a group that does not say what it holds (it has no `encoding-type`)".to_owned(),
            };
            return Err(H5adError::malformed(place, format!("{form}, where a matrix is dense, CSR or CSC")));
        }
    };
    let (n_rows, n_cols) = stated_shape(&attributes)
        .ok_or_else(|| H5adError::malformed(place, "lacks the attribute `shape`, which gives its rows and columns"))?;
    let data = store.array(&format!("{place}/data"))?;
    Ok(MatrixInfo {
        location,
        place: place.to_owned(),
        n_rows,
        n_cols,
        storage,
        dtype: data.dtype()?,
        nnz: Some(data.n_elements() as u64),
    })
}

impl Sparse {
    /// Opens the matrix that `info` describes. Reads `indptr`, eight bytes a major.
    pub(in super::super) fn open(store: &Store, info: &MatrixInfo) -> Result<Self, H5adError> {
        let inner = |name| format!("{}/{name}", info.place);
        let data = store.streamed_array(&inner("data"), CACHE_BYTES)?;
        let indices = store.streamed_array(&inner("indices"), CACHE_BYTES)?;
        let (n_major, n_minor) = match info.storage {
            Storage::Csc => (info.n_cols, info.n_rows),
            Storage::Csr | Storage::Dense => (info.n_rows, info.n_cols),
        };
        data.check_size()?;
        indices.check_size()?;
        let index_number = indices.number()?;
        if index_number.is_float() {
            return Err(H5adError::malformed(indices.place(), "must hold whole numbers"));
        }
        if data.shape() != indices.shape() || data.shape().len() != 1 {
            let problem = format!("has {:?} entries but `{}` {:?}", indices.shape(), data.place(), data.shape());
            return Err(H5adError::malformed(indices.place(), problem));
        }
        let indptr = read_indptr(store, &inner("indptr"), n_major, data.shape()[0])?;
        // What is stored twice is added up, but not without end: all entries of one major are in memory together.
        let most = n_minor.max(PIECE_ENTRIES) as u64;
        if let Some(major) = indptr.windows(2).position(|ends| ends[1] - ends[0] > most) {
            let n = indptr[major + 1] - indptr[major];
            let (majors, minors) = match info.storage {
                Storage::Csc => ("column", "rows"),
                Storage::Csr | Storage::Dense => ("row", "columns"),
            };
            let problem =
                format!("has {n} entries of {majors} {major}, more than the {n_minor} {minors} of the matrix");
            return Err(H5adError::malformed(inner("indptr"), problem));
        }
        Ok(Self {
            store: store.clone(),
            place: info.place.clone(),
            storage: info.storage,
            indptr,
            index_number,
            indices,
            data_number: data.number()?,
            data,
            n_minor,
        })
    }

    pub(in super::super) fn indptr(&self) -> &[u64] {
        &self.indptr
    }

    /// The type of the entries.
    pub(in super::super) fn number(&self) -> Number {
        self.data_number
    }

    /// Consecutive majors of about so many entries.
    pub(in super::super) fn slabs(&self, entries: usize) -> Vec<Range<usize>> {
        let n_major = self.indptr.len() - 1;
        let mut slabs = Vec::new();
        let mut start = 0;
        while start < n_major {
            let limit = self.indptr[start].saturating_add(entries as u64);
            let fitting = self.indptr[start + 1..].partition_point(|end| *end <= limit);
            let end = start + fitting.max(1);
            slabs.push(start..end);
            start = end;
        }
        slabs
    }

    /// How the matrix is stored.
    pub(in super::super) fn storage(&self) -> Storage {
        self.storage
    }

    /// The minors and values of the majors in `range`, in the order in which they are stored, zeros included.
    pub(in super::super) fn read_stored(&self, range: Range<usize>) -> Result<(Vec<u32>, Vec<f64>), H5adError> {
        let entries = self.indptr[range.start] as usize..self.indptr[range.end] as usize;
        let entries = self.stored(entries, |piece| self.data_number.doubles(piece.bytes))?;
        Ok((entries.indices, entries.data))
    }

    /// Reads the majors in `range` as 32-bit floats, and keeps what that loses.
    pub(super) fn read(&self, range: Range<usize>) -> Result<SparseSlab, H5adError> {
        let mut loss = Loss::default();
        let entries = self.read_with(range, |piece| {
            let singles = self.data_number.singles(piece.bytes);
            loss.merge(&singles.loss);
            loss.columns_beyond.extend(singles.beyond.iter().map(|at| self.column(piece, *at)));
            singles.values
        })?;
        Ok(SparseSlab { indptr: entries.indptr, indices: entries.indices, data: entries.data, loss })
    }

    /// Reads the majors in `range` as 64-bit floats.
    #[cfg(feature = "write")]
    pub(super) fn read_doubles(&self, range: Range<usize>) -> Result<Entries<f64>, H5adError> {
        self.read_with(range, |piece| self.data_number.doubles(piece.bytes))
    }

    /// Reads the majors in `range`, whose values `decode` takes from a piece of the file after another.
    pub(in super::super) fn read_with<T: Value>(
        &self,
        range: Range<usize>,
        decode: impl FnMut(&Piece<'_>) -> Vec<T>,
    ) -> Result<Entries<T>, H5adError> {
        let first = self.indptr[range.start] as usize;
        let bounds = &self.indptr[range.start..=range.end];
        let mut entries = self.stored(first..bounds[range.len()] as usize, decode)?;
        let bounds: Vec<usize> = bounds.iter().map(|bound| *bound as usize - first).collect();
        if entries.normalize(&bounds) {
            self.store.warnings().note(&self.place, "lists some entries twice; they are added up, as scipy does");
        }
        Ok(entries)
    }

    /// The entries in `range` as they are stored.
    fn stored<T: Value>(
        &self,
        range: Range<usize>,
        mut decode: impl FnMut(&Piece<'_>) -> Vec<T>,
    ) -> Result<Entries<T>, H5adError> {
        let mut indices = Vec::with_capacity(range.len());
        let mut data = Vec::with_capacity(range.len());
        for start in range.clone().step_by(PIECE_ENTRIES) {
            let piece = start..(start + PIECE_ENTRIES).min(range.end);
            let n_before = indices.len();
            for index in self.index_number.integers(&self.indices.read_rows(piece.clone())?) {
                match u32::try_from(index) {
                    Ok(index) if (index as usize) < self.n_minor => indices.push(index),
                    _ => {
                        let problem = format!("holds the index {index}, beyond 0 to {}", self.n_minor.wrapping_sub(1));
                        return Err(H5adError::malformed(self.indices.place(), problem));
                    }
                }
            }
            let bytes = self.data.read_rows(piece)?;
            data.append(&mut decode(&Piece { bytes: &bytes, minors: &indices[n_before..], start }));
        }
        Ok(Entries { indptr: Vec::new(), indices, data })
    }

    /// The column of the matrix that an entry of a piece is in.
    fn column(&self, piece: &Piece<'_>, at: usize) -> u32 {
        match self.storage {
            Storage::Csr | Storage::Dense => piece.minors[at],
            Storage::Csc => (self.indptr.partition_point(|start| *start <= (piece.start + at) as u64) - 1) as u32,
        }
    }
}

/// Entries that are read together.
pub(in super::super) struct Piece<'a> {
    /// The values as the file has them.
    pub(in super::super) bytes: &'a [u8],
    /// The minor of each.
    minors: &'a [u32],
    /// How many entries of the matrix are stored before these.
    start: usize,
}

/// A type that values are decoded to.
pub(in super::super) trait Value: Copy + Default + PartialEq + AddAssign {}

impl Value for f32 {}
impl Value for f64 {}

/// Entries of consecutive majors; once read, as in [`SparseSlab`].
pub(in super::super) struct Entries<T> {
    pub(in super::super) indptr: Vec<usize>,
    pub(in super::super) indices: Vec<u32>,
    pub(in super::super) data: Vec<T>,
}

impl<T: Value> Entries<T> {
    /// Sorts the entries of each major, adds up those with the same index, and drops zeros. `bounds` tells where each
    /// major's entries lie now. Returns whether any were added up.
    fn normalize(&mut self, bounds: &[usize]) -> bool {
        let mut added = false;
        let mut kept = 0;
        let mut indptr = Vec::with_capacity(bounds.len());
        indptr.push(0);
        for bound in bounds.windows(2) {
            let major = bound[0]..bound[1];
            if !self.indices[major.clone()].is_sorted_by(|a, b| a < b) {
                added |= self.sort(major.clone());
            }
            let mut at = major.start;
            while at < major.end {
                let index = self.indices[at];
                let mut value = self.data[at];
                at += 1;
                while at < major.end && self.indices[at] == index {
                    value += self.data[at];
                    at += 1;
                }
                if value != T::default() {
                    self.indices[kept] = index;
                    self.data[kept] = value;
                    kept += 1;
                }
            }
            indptr.push(kept);
        }
        self.indices.truncate(kept);
        self.data.truncate(kept);
        self.indptr = indptr;
        added
    }

    /// Sorts the entries in `major` by index, equal ones in the order they had. Returns whether there were equal ones.
    fn sort(&mut self, major: Range<usize>) -> bool {
        let indices = &mut self.indices[major.clone()];
        let data = &mut self.data[major];
        let mut entries: Vec<(u32, T)> = indices.iter().copied().zip(data.iter().copied()).collect();
        entries.sort_by_key(|(index, _)| *index);
        for (slot, (index, value)) in entries.iter().enumerate() {
            indices[slot] = *index;
            data[slot] = *value;
        }
        entries.windows(2).any(|pair| pair[0].0 == pair[1].0)
    }
}

fn read_indptr(store: &Store, place: &str, n_major: usize, n_entries: usize) -> Result<Vec<u64>, H5adError> {
    let n_bounds = store.array(place)?.n_elements();
    if n_bounds.checked_sub(1) != Some(n_major) {
        let bounds = counted(n_bounds, "bound", "bounds");
        let problem = format!("has {bounds}, not {} as expected from the shape", n_major as u128 + 1);
        return Err(H5adError::malformed(place, problem));
    }
    let Values::Integers(bounds) = store.values(place).map_err(|error| error.required(place))? else {
        return Err(H5adError::malformed(place, "must hold whole numbers"));
    };
    let starts_at_zero = bounds.first() == Some(&0);
    let ends_inside = bounds.last().is_some_and(|last| *last <= n_entries as i64);
    if !starts_at_zero || !ends_inside || !bounds.is_sorted() {
        let problem = format!("does not rise from 0 to the {n_entries} entries stored; the file is damaged");
        return Err(H5adError::malformed(place, problem));
    }
    Ok(bounds.into_iter().map(|bound| bound as u64).collect())
}
