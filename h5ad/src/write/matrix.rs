//! Matrices, written a slab of cells at a time.

use super::elements::{array, encoded};
use super::{NewMatrix, Revision, WriteError};
use crate::hdf5::edit::{Array, Chunks, EditError, Element, Object, Space, Target, put_chunks};
use crate::{H5adError, Loss, Matrix, MatrixLocation, SparseSlab, Storage};

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
        push(&mut self.indices, indices, u32::to_le_bytes, space)?;
        push(&mut self.data, data, f32::to_le_bytes, space)
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
        push(&mut self.values, data, f32::to_le_bytes, space)
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

/// Entries of a matrix that are in memory at a time.
const ENTRIES_IN_MEMORY: usize = 32 << 20;

/// Copies all entries of a matrix, cell after cell.
pub(super) fn copy_as_csr<T: Target>(matrix: &Matrix, to: &mut CsrWriter<'_, T>) -> Result<(), WriteError> {
    match matrix.info().storage {
        Storage::Dense | Storage::Csr => {
            for range in matrix.slabs(ENTRIES_IN_MEMORY / 4) {
                let slab = exact(matrix, matrix.read(range)?)?;
                to.push(lengths(&slab.indptr), &slab.indices, &slab.data)?;
            }
            Ok(())
        }
        Storage::Csc => turned(matrix, ENTRIES_IN_MEMORY, to),
    }
}

/// Copies all values of a dense matrix.
pub(super) fn copy_as_dense<T: Target>(matrix: &Matrix, to: &mut DenseWriter<'_, T>) -> Result<(), WriteError> {
    let n_cols = matrix.info().n_cols;
    for range in matrix.slabs(ENTRIES_IN_MEMORY / 4) {
        let n = range.len();
        let slab = exact(matrix, matrix.read(range)?)?;
        let mut values = vec![0.0; n * n_cols];
        for (row, ends) in values.chunks_exact_mut(n_cols.max(1)).zip(slab.indptr.windows(2)) {
            (ends[0]..ends[1]).for_each(|at| row[slab.indices[at] as usize] = slab.data[at]);
        }
        to.push(n, &values)?;
    }
    Ok(())
}

/// Copies a matrix that is stored by genes, a band of cells of about so many entries after another.
fn turned<T: Target>(matrix: &Matrix, entries: usize, to: &mut CsrWriter<'_, T>) -> Result<(), WriteError> {
    let slabs = matrix.slabs(entries / 4);
    let mut n_of_cells = vec![0_usize; matrix.n_minor()];
    for range in &slabs {
        let slab = exact(matrix, matrix.read(range.clone())?)?;
        slab.indices.iter().for_each(|cell| n_of_cells[*cell as usize] += 1);
    }
    let mut first = 0;
    while first < n_of_cells.len() {
        let mut n = n_of_cells[first];
        let mut end = first + 1;
        while end < n_of_cells.len() && n + n_of_cells[end] <= entries {
            n += n_of_cells[end];
            end += 1;
        }
        let band = &n_of_cells[first..end];
        // Where the next entry of each cell goes.
        let mut next: Vec<usize> = band.iter().scan(0, |at, n| Some(std::mem::replace(at, *at + n))).collect();
        let (mut indices, mut data) = (vec![0_u32; n], vec![0_f32; n]);
        for range in &slabs {
            let slab = matrix.read(range.clone())?;
            for (gene, ends) in range.clone().zip(slab.indptr.windows(2)) {
                let cells = &slab.indices[ends[0]..ends[1]];
                let from = ends[0] + cells.partition_point(|cell| (*cell as usize) < first);
                let until = ends[0] + cells.partition_point(|cell| (*cell as usize) < end);
                for at in from..until {
                    let place = &mut next[slab.indices[at] as usize - first];
                    (indices[*place], data[*place]) = (gene as u32, slab.data[at]);
                    *place += 1;
                }
            }
        }
        to.push(band.iter().copied(), &indices, &data)?;
        first = end;
    }
    Ok(())
}

/// The slab, if no number in it is another than in the file.
fn exact(matrix: &Matrix, slab: SparseSlab) -> Result<SparseSlab, WriteError> {
    let Loss { n_rounded, n_vanished, columns_beyond, .. } = &slab.loss;
    if *n_rounded == 0 && *n_vanished == 0 && columns_beyond.is_empty() {
        return Ok(slab);
    }
    let problem =
        "has numbers that no 32-bit float is equal to: decide how to round them, and write it anew as float32";
    Err(H5adError::malformed(matrix.info().place.as_str(), problem).into())
}

fn lengths(indptr: &[usize]) -> impl Iterator<Item = usize> {
    indptr.windows(2).map(|ends| ends[1] - ends[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Bytes;
    use crate::{Frame, FrameColumn, H5ad, H5adWriter, UnsValue};

    /// A file without a matrix.
    fn of(n_obs: usize, n_vars: usize) -> Vec<u8> {
        let frame = |n: usize, prefix: &str| Frame {
            index: (0..n).map(|at| format!("{prefix}{at}")).collect(),
            index_name: None,
            columns: vec![("n".to_owned(), FrameColumn::Doubles(vec![0.5; n]))],
        };
        let writer = H5adWriter::new(&frame(n_obs, "c"), &frame(n_vars, "g")).expect("it has no odd names");
        let mut bytes = Vec::new();
        writer.write_to(&mut bytes).expect("there is memory");
        bytes
    }

    #[test]
    fn a_matrix_by_genes_is_turned_in_bands_of_any_size() {
        // The same numbers by genes: what is written as cells is read as such of the turned matrix.
        let (n_obs, n_vars) = (13, 7);
        let value = |cell: usize, gene: usize| {
            if (cell * 5 + gene * 3).is_multiple_of(4) { (cell * 10 + gene + 1) as f32 } else { 0.0 }
        };
        let mut by_genes = SparseSlab { indptr: vec![0], ..SparseSlab::default() };
        for gene in 0..n_vars {
            for cell in (0..n_obs).filter(|cell| value(*cell, gene) != 0.0) {
                by_genes.indices.push(cell as u32);
                by_genes.data.push(value(cell, gene));
            }
            by_genes.indptr.push(by_genes.indices.len());
        }
        let bytes = of(n_obs, n_vars);
        let name = MatrixLocation::X;
        let mut revision = Revision::new(Bytes(bytes.clone()), "x", bytes.clone()).expect("it was just written");
        let mut csc = revision.csr(&name, n_obs).expect("there is room");
        csc.push(lengths(&by_genes.indptr), &by_genes.indices, &by_genes.data).expect("there is memory");
        csc.finish().expect("there is memory");
        let bytes = revision.finish().expect("there is memory");
        let mut revision = Revision::new(Bytes(bytes.clone()), "x", bytes).expect("it was just written");
        let shape = UnsValue::Numbers(vec![n_obs as f64, n_vars as f64]);
        for (attribute, value) in [("encoding-type", UnsValue::Text("csc_matrix".to_owned())), ("shape", shape)] {
            revision.set_attribute("X", attribute, &value).expect("there is X");
        }
        let bytes = revision.finish().expect("there is memory");
        let x = H5ad::from_bytes(bytes.clone(), "x").and_then(|file| file.matrix(&name)).expect("it has X");
        assert_eq!(x.info().storage, Storage::Csc);
        for entries in [1, 4, 9, 1_000] {
            let mut revision = Revision::new(Bytes(bytes.clone()), "x", bytes.clone()).expect("it was just written");
            let mut csr = revision.csr(&name, n_vars).expect("there is room");
            turned(&x, entries, &mut csr).expect("it can be read");
            csr.finish().expect("there is memory");
            let turned = H5ad::from_bytes(revision.finish().expect("there is memory"), "x").expect("it is whole");
            let slab = turned.matrix(&name).and_then(|x| x.read(0..n_obs)).expect("it is whole");
            let mut found = vec![vec![0.0; n_vars]; n_obs];
            for (cell, ends) in slab.indptr.windows(2).enumerate() {
                (ends[0]..ends[1]).for_each(|at| found[cell][slab.indices[at] as usize] = slab.data[at]);
            }
            let expected: Vec<Vec<f32>> =
                (0..n_obs).map(|cell| (0..n_vars).map(|gene| value(cell, gene)).collect()).collect();
            assert_eq!(found, expected, "{entries}");
        }
    }
}
