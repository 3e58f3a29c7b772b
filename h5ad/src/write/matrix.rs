//! Matrices, written a slab of cells at a time.

use std::marker::PhantomData;
use std::ops::Range;

use super::elements::{array, encoded};
use super::{NewMatrix, Revision, WriteError};
use crate::hdf5::edit::{Array, Chunks, EditError, Element, Object, Space, Target, put_chunks};
use crate::{H5adError, Loss, Matrix, MatrixLocation, SparseSlab, Storage};

/// Writes a matrix whole, and gives its address.
pub(super) fn put<T: Target>(matrix: NewMatrix, space: &mut Space<T>) -> Result<u64, EditError> {
    match matrix {
        NewMatrix::Csr { indptr, indices, data, n_vars } => {
            let mut csr = Csr::<f32>::new(n_vars);
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

/// A number that entries of a written matrix may be.
pub(super) trait Entry: Copy + Default {
    const ELEMENT: Element;
    const BYTES: fn(Self, &mut Vec<u8>);
}

impl Entry for f32 {
    const ELEMENT: Element = Element::F32;
    const BYTES: fn(Self, &mut Vec<u8>) = |value, to| to.extend(value.to_le_bytes());
}

impl Entry for f64 {
    const ELEMENT: Element = Element::F64;
    const BYTES: fn(Self, &mut Vec<u8>) = |value, to| to.extend(value.to_le_bytes());
}

/// A sparse matrix of which cells are written one after another.
struct Csr<V> {
    /// Where the entries of each cell end, after a zero; eight bytes a cell stay in memory.
    indptr: Vec<i64>,
    indices: Chunks,
    data: Chunks,
    n_vars: usize,
    entry: PhantomData<V>,
}

impl<V: Entry> Csr<V> {
    fn new(n_vars: usize) -> Self {
        let (indices, data) = (Chunks::new(Element::I32, &[]), Chunks::new(V::ELEMENT, &[]));
        Self { indptr: vec![0], indices, data, n_vars, entry: PhantomData }
    }

    fn push<T: Target>(
        &mut self,
        lengths: impl IntoIterator<Item = usize>,
        indices: &[u32],
        data: &[V],
        space: &mut Space<T>,
    ) -> Result<(), EditError> {
        let mut end = self.indptr[self.indptr.len() - 1];
        self.indptr.extend(lengths.into_iter().map(|length| {
            end += length as i64;
            end
        }));
        push(&mut self.indices, indices, |index, to| to.extend(index.to_le_bytes()), space)?;
        push(&mut self.data, data, V::BYTES, space)
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
        push(&mut self.values, data, f32::BYTES, space)
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
    bytes_of: fn(V, &mut Vec<u8>),
    space: &mut Space<T>,
) -> Result<(), EditError> {
    const AT_ONCE: usize = 1 << 14;
    for values in values.chunks(AT_ONCE) {
        let mut bytes = Vec::with_capacity(size_of_val(values));
        values.iter().for_each(|value| bytes_of(*value, &mut bytes));
        to.push(&bytes, space)?;
    }
    Ok(())
}

/// Writes a sparse matrix into a copy, a slab of cells at a time.
pub struct CsrWriter<'a, T> {
    revision: &'a mut Revision<T>,
    location: MatrixLocation,
    csr: Csr<f32>,
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

/// Entries of consecutive majors: where those of each begin and end, minors, and values.
type Slab<V> = (Vec<usize>, Vec<u32>, Vec<V>);

/// What reads the majors in a range.
type Read<'a, V> = &'a dyn Fn(Range<usize>) -> Result<Slab<V>, WriteError>;

/// Reads 32-bit floats, as which no number is another than in the file.
pub(super) fn singles(matrix: &Matrix) -> impl Fn(Range<usize>) -> Result<Slab<f32>, WriteError> {
    move |range| {
        let SparseSlab { indptr, indices, data, .. } = exact(matrix, matrix.read(range)?)?;
        Ok((indptr, indices, data))
    }
}

/// Reads 64-bit floats.
pub(super) fn doubles(matrix: &Matrix) -> impl Fn(Range<usize>) -> Result<Slab<f64>, WriteError> {
    move |range| Ok(matrix.read_doubles(range)?)
}

/// Copies all entries of a matrix, cell after cell, and gives the address of the copy.
pub(super) fn copy_as_csr<V: Entry, T: Target>(
    matrix: &Matrix,
    read: Read<'_, V>,
    space: &mut Space<T>,
) -> Result<u64, WriteError> {
    let mut csr = Csr::new(matrix.info().n_cols);
    match matrix.info().storage {
        Storage::Dense | Storage::Csr => {
            for range in matrix.slabs(ENTRIES_IN_MEMORY / 4) {
                let (indptr, indices, data) = read(range)?;
                csr.push(lengths(&indptr), &indices, &data, space)?;
            }
        }
        Storage::Csc => turned(matrix, ENTRIES_IN_MEMORY, read, &mut csr, space)?,
    }
    Ok(csr.finish(space)?)
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
fn turned<V: Entry, T: Target>(
    matrix: &Matrix,
    entries: usize,
    read: Read<'_, V>,
    to: &mut Csr<V>,
    space: &mut Space<T>,
) -> Result<(), WriteError> {
    let slabs = matrix.slabs(entries / 4);
    let mut n_of_cells = vec![0_usize; matrix.n_minor()];
    for range in &slabs {
        let (_, cells, _) = read(range.clone())?;
        cells.iter().for_each(|cell| n_of_cells[*cell as usize] += 1);
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
        let (mut indices, mut data) = (vec![0_u32; n], vec![V::default(); n]);
        for range in &slabs {
            let (indptr, of_entries, values) = read(range.clone())?;
            for (gene, ends) in range.clone().zip(indptr.windows(2)) {
                let cells = &of_entries[ends[0]..ends[1]];
                let from = ends[0] + cells.partition_point(|cell| (*cell as usize) < first);
                let until = ends[0] + cells.partition_point(|cell| (*cell as usize) < end);
                for at in from..until {
                    let place = &mut next[of_entries[at] as usize - first];
                    (indices[*place], data[*place]) = (gene as u32, values[at]);
                    *place += 1;
                }
            }
        }
        to.push(band.iter().copied(), &indices, &data, space)?;
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
            let mut csr = Csr::new(n_vars);
            turned(&x, entries, &singles(&x), &mut csr, revision.space()).expect("it can be read");
            let address = csr.finish(revision.space()).expect("there is memory");
            revision.put_matrix(&name, address);
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
        let slab_of = |bytes: Vec<u8>, rewrite: &dyn Fn(&mut Revision<Vec<u8>>)| {
            let mut revision = Revision::new(Bytes(bytes.clone()), "x", bytes).expect("it is whole");
            rewrite(&mut revision);
            let file = H5ad::from_bytes(revision.finish().expect("there is memory"), "x").expect("it is whole");
            let x = file.matrix(&name).expect("it is there");
            (x.info().storage, x.info().dtype, x.read(0..n_obs).expect("it is whole"))
        };
        let (_, _, singles) = slab_of(bytes.clone(), &|revision| revision.rewrite_as_csr(&name).expect("it can be"));
        let (storage, dtype, doubles) =
            slab_of(bytes, &|revision| revision.rewrite_as_csr_of_doubles(&name).expect("it can be"));
        assert_eq!((storage, dtype, doubles), (Storage::Csr, "float64", singles));
    }
}
