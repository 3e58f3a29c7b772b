//! Matrices that store every entry, row by row.

use std::ops::Range;

use super::super::error::H5adError;
use super::super::number::Number;
use super::super::store::{Array, Store};
use super::super::text::counted;
#[cfg(feature = "write")]
use super::Entries;
use super::{MatrixInfo, MatrixLocation, SparseSlab, Storage};

/// How many bytes of rows are decoded at a time.
const PIECE_BYTES: usize = 32 << 20;
/// How many bytes of inflated chunks are kept between slabs, if a row of chunks needs that many.
const CACHE_BYTES: usize = 512 << 20;

pub(in super::super) struct Dense {
    array: Array,
    number: Number,
    n_rows: usize,
    n_cols: usize,
    /// Elements of the array's first dimension per row: 1, or all of them when a single row is stored flat.
    extents_per_row: usize,
    /// Rows that share chunks.
    band_rows: usize,
}

/// Describes the dataset at `place`. One of rank 1 is taken as the column or row that fits `shape`.
pub(super) fn inspect(
    store: &Store,
    location: MatrixLocation,
    place: &str,
    shape: (usize, usize),
) -> Result<MatrixInfo, H5adError> {
    let array = store.array(place)?;
    let (n_rows, n_cols) = match *array.shape() {
        [n_rows, n_cols] => (n_rows, n_cols),
        [n] if shape.0 == 1 => (1, n),
        [n] => (n, 1),
        ref other => {
            let dimensions = counted(other.len(), "dimension", "dimensions");
            let problem = format!("has {dimensions}, where a matrix has two");
            return Err(H5adError::malformed(place, problem));
        }
    };
    let dtype = array.dtype()?;
    Ok(MatrixInfo { location, place: place.to_owned(), n_rows, n_cols, storage: Storage::Dense, dtype, nnz: None })
}

impl Dense {
    pub(in super::super) fn open(store: &Store, info: &MatrixInfo) -> Result<Self, H5adError> {
        let plain = store.array(&info.place)?;
        let chunk = plain.chunk_shape();
        let extents_per_row = if plain.shape().len() == 1 && info.n_rows == 1 { info.n_cols } else { 1 };
        let band_rows = chunk.and_then(|dims| dims.first().copied()).unwrap_or(1).clamp(1, info.n_rows.max(1));
        let row_bytes = plain.element_bytes().saturating_mul(info.n_cols);
        let cache_bytes = band_rows.saturating_mul(row_bytes).saturating_mul(2).min(CACHE_BYTES);
        Ok(Self {
            number: plain.number()?,
            array: store.streamed_array(&info.place, cache_bytes)?,
            n_rows: info.n_rows,
            n_cols: info.n_cols,
            extents_per_row,
            band_rows,
        })
    }

    /// The type of the entries.
    pub(super) fn number(&self) -> Number {
        self.number
    }

    pub(in super::super) fn slabs(&self, entries: usize) -> Vec<Range<usize>> {
        let rows = (entries / self.n_cols.max(1)).max(1);
        let rows = if rows >= self.band_rows { rows - rows % self.band_rows } else { rows };
        (0..self.n_rows).step_by(rows).map(|start| start..(start + rows).min(self.n_rows)).collect()
    }

    /// All entries of the rows in `range`.
    pub(in super::super) fn read_values(&self, range: Range<usize>) -> Result<Vec<f64>, H5adError> {
        let mut values = Vec::with_capacity(range.len() * self.n_cols);
        for piece in self.slabs_of(range) {
            let extents = piece.start * self.extents_per_row..piece.end * self.extents_per_row;
            values.extend(self.number.doubles(&self.array.read_rows(extents)?));
        }
        Ok(values)
    }

    pub(super) fn read(&self, range: Range<usize>) -> Result<SparseSlab, H5adError> {
        let mut slab = SparseSlab { indptr: vec![0], ..SparseSlab::default() };
        for piece in self.slabs_of(range) {
            let extents = piece.start * self.extents_per_row..piece.end * self.extents_per_row;
            let singles = self.number.singles(&self.array.read_rows(extents)?);
            slab.loss.merge(&singles.loss);
            slab.loss.columns_beyond.extend(singles.beyond.iter().map(|at| (at % self.n_cols) as u32));
            let SparseSlab { indptr, indices, data, .. } = &mut slab;
            self.push_rows(piece.len(), &singles.values, (indptr, indices, data));
        }
        Ok(slab)
    }

    /// The same as 64-bit floats.
    #[cfg(feature = "write")]
    pub(super) fn read_doubles(&self, range: Range<usize>) -> Result<Entries<f64>, H5adError> {
        let mut entries = Entries { indptr: vec![0], indices: Vec::new(), data: Vec::new() };
        for piece in self.slabs_of(range) {
            let values = self.read_values(piece.clone())?;
            let Entries { indptr, indices, data } = &mut entries;
            self.push_rows(piece.len(), &values, (indptr, indices, data));
        }
        Ok(entries)
    }

    /// Adds what is not zero in so many rows: where each ends, columns, and values.
    fn push_rows<V: Copy + Default + PartialEq>(
        &self,
        n_rows: usize,
        values: &[V],
        (indptr, indices, data): (&mut Vec<usize>, &mut Vec<u32>, &mut Vec<V>),
    ) {
        for row in 0..n_rows {
            let row = &values[row * self.n_cols..(row + 1) * self.n_cols];
            for (index, value) in row.iter().enumerate().filter(|(_, value)| **value != V::default()) {
                indices.push(index as u32);
                data.push(*value);
            }
            indptr.push(indices.len());
        }
    }

    /// Pieces of a range that end where chunks do.
    fn slabs_of(&self, range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let row_bytes = self.array.element_bytes().saturating_mul(self.n_cols).max(1);
        let rows = (PIECE_BYTES / row_bytes).max(1);
        let band = if rows >= self.band_rows { self.band_rows } else { 1 };
        let mut start = range.start;
        std::iter::from_fn(move || {
            if start >= range.end {
                return None;
            }
            let mut end = start + rows;
            end -= end % band;
            let piece = start..end.clamp(start + 1, range.end);
            start = piece.end;
            Some(piece)
        })
    }
}
