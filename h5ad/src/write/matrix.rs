//! Matrices, written a slab of cells at a time.

use super::elements::{array, encoded};
use super::{NewMatrix, Revision, WriteError};
use crate::MatrixLocation;
use crate::hdf5::edit::{Array, Chunks, EditError, Element, Object, Space, Target, put_chunks};

/// Writes a matrix whole, and gives its address.
pub(super) fn put<T: Target>(matrix: NewMatrix, space: &mut Space<T>) -> Result<u64, EditError> {
    match matrix {
        NewMatrix::Csr { indptr, indices, data, n_vars } => {
            let mut csr = Csr::new(n_vars);
            let ends = indptr.windows(2).map(|ends| (ends[1] - ends[0]) as usize);
            csr.push(ends, &indices, &data, space)?;
            csr.finish(space)
        }
        NewMatrix::Dense { data, n_vars } => {
            let n_obs = data.len().checked_div(n_vars).unwrap_or_default();
            let mut dense = Dense::new(n_vars);
            dense.push(n_obs, &data, space)?;
            dense.finish(space)
        }
    }
}

/// A sparse matrix of which cells are written one after another.
struct Csr {
    /// Where the entries of each cell end, after a zero; eight bytes a cell stay in memory.
    indptr: Vec<i64>,
    indices: Chunks,
    data: Chunks,
    n_vars: usize,
}

impl Csr {
    fn new(n_vars: usize) -> Self {
        let (indices, data) = (Chunks::new(Element::I32, &[]), Chunks::new(Element::F32, &[]));
        Self { indptr: vec![0], indices, data, n_vars }
    }

    fn push<T: Target>(
        &mut self,
        lengths: impl IntoIterator<Item = usize>,
        indices: &[u32],
        data: &[f32],
        space: &mut Space<T>,
    ) -> Result<(), EditError> {
        let mut end = self.indptr[self.indptr.len() - 1];
        self.indptr.extend(lengths.into_iter().map(|length| {
            end += length as i64;
            end
        }));
        push(&mut self.indices, indices, |value| value.to_le_bytes(), space)?;
        push(&mut self.data, data, |value| value.to_le_bytes(), space)
    }

    fn finish<T: Target>(self, space: &mut Space<T>) -> Result<u64, EditError> {
        let encoding = || vec![("encoding-type".to_owned(), Array::text("array")), version("0.2.0")];
        let shape = Array::i64s([self.indptr.len() as i64 - 1, self.n_vars as i64]);
        let mut group = encoded(Object::group(), "csr_matrix", "0.1.0").with("shape", shape);
        group.add_written("data", put_chunks(self.data, encoding(), space)?);
        group.add_written("indices", put_chunks(self.indices, encoding(), space)?);
        // As scipy has it, which wants its indices of the same width where that suffices.
        let narrow: Option<Vec<i32>> = self.indptr.iter().map(|end| i32::try_from(*end).ok()).collect();
        let indptr = narrow.map_or_else(|| Array::i64s(self.indptr), Array::i32s);
        group.add("indptr", array(indptr));
        group.write(space)
    }
}

/// A dense matrix of which cells are written one after another.
struct Dense {
    values: Chunks,
    n_obs: usize,
    n_vars: usize,
}

impl Dense {
    fn new(n_vars: usize) -> Self {
        Self { values: Chunks::new(Element::F32, &[n_vars as u64]), n_obs: 0, n_vars }
    }

    fn push<T: Target>(&mut self, n_obs: usize, data: &[f32], space: &mut Space<T>) -> Result<(), EditError> {
        self.n_obs += n_obs;
        push(&mut self.values, data, |value| value.to_le_bytes(), space)
    }

    fn finish<T: Target>(self, space: &mut Space<T>) -> Result<u64, EditError> {
        if self.n_vars == 0 {
            let empty = Array::f32s([]).shaped(vec![self.n_obs as u64, 0]);
            return array(empty).write(space);
        }
        put_chunks(self.values, vec![("encoding-type".to_owned(), Array::text("array")), version("0.2.0")], space)
    }
}

fn version(version: &str) -> (String, Array) {
    ("encoding-version".to_owned(), Array::text(version))
}

/// Adds values to a dataset, some thousands at a time.
fn push<V: Copy, T: Target>(
    to: &mut Chunks,
    values: &[V],
    bytes_of: fn(V) -> [u8; 4],
    space: &mut Space<T>,
) -> Result<(), EditError> {
    const AT_ONCE: usize = 1 << 14;
    for values in values.chunks(AT_ONCE) {
        let bytes: Vec<u8> = values.iter().flat_map(|value| bytes_of(*value)).collect();
        to.push(&bytes, space)?;
    }
    Ok(())
}

/// Writes a sparse matrix into a copy, a slab of cells at a time.
pub struct CsrWriter<'a, T> {
    revision: &'a mut Revision<T>,
    location: MatrixLocation,
    csr: Csr,
}

impl<'a, T: Target> CsrWriter<'a, T> {
    pub(super) fn new(revision: &'a mut Revision<T>, location: MatrixLocation, n_vars: usize) -> Self {
        Self { revision, location, csr: Csr::new(n_vars) }
    }

    /// Adds cells: how many entries each has, then gene and value of every entry, genes ascending within each cell.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn push(
        &mut self,
        lengths: impl IntoIterator<Item = usize>,
        indices: &[u32],
        data: &[f32],
    ) -> Result<(), WriteError> {
        Ok(self.csr.push(lengths, indices, data, self.revision.space())?)
    }

    /// Puts the matrix in its place.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self) -> Result<(), WriteError> {
        let address = self.csr.finish(self.revision.space())?;
        self.revision.put_matrix(&self.location, address);
        Ok(())
    }
}

/// Writes a dense matrix into a copy, a slab of cells at a time.
pub struct DenseWriter<'a, T> {
    revision: &'a mut Revision<T>,
    location: MatrixLocation,
    dense: Dense,
}

impl<'a, T: Target> DenseWriter<'a, T> {
    pub(super) fn new(revision: &'a mut Revision<T>, location: MatrixLocation, n_vars: usize) -> Self {
        Self { revision, location, dense: Dense::new(n_vars) }
    }

    /// Adds cells: how many, and the values of each for every gene.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn push(&mut self, n_obs: usize, data: &[f32]) -> Result<(), WriteError> {
        Ok(self.dense.push(n_obs, data, self.revision.space())?)
    }

    /// Puts the matrix in its place.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self) -> Result<(), WriteError> {
        let address = self.dense.finish(self.revision.space())?;
        self.revision.put_matrix(&self.location, address);
        Ok(())
    }
}
