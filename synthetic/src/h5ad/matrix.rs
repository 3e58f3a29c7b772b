//! Matrices, written some cells at a time.

use std::io::{self, Seek, Write};
use std::path::Path;

use crate::csr::Csr;
use crate::h5::{Address, Attribute, ChunkedDataset, Compression, Datatype, Scalar, Writer};

use super::csc::Transposition;
use super::{Layout, Progress, WriteError, encoding};

/// A matrix in the making.
pub struct MatrixWriter {
    n_obs: u64,
    n_vars: usize,
    form: Form,
}

enum Form {
    Csr(SparseWriter),
    Csc { transposition: Transposition, compression: Compression },
    Dense(ChunkedDataset),
}

/// The three datasets of a sparse matrix.
struct SparseWriter {
    /// Where rows end. They wait in memory, since their number decides how they are written.
    indptr: Vec<i64>,
    indices: ChunkedDataset,
    data: ChunkedDataset,
    compression: Compression,
}

impl MatrixWriter {
    /// Begins a matrix. What has to wait lies in a temporary file in `folder`.
    pub fn new(layout: Layout, n_vars: usize, compression: Compression, folder: &Path) -> io::Result<Self> {
        let form = match layout {
            Layout::Csr => Form::Csr(SparseWriter::new(compression)),
            Layout::Csc => Form::Csc { transposition: Transposition::new(n_vars, folder)?, compression },
            Layout::Dense => Form::Dense(ChunkedDataset::new(f32::DATATYPE, Some(n_vars as u64), compression)),
        };
        Ok(Self { n_obs: 0, n_vars, form })
    }

    /// Appends cells: where the non-zeros are in `pattern`, and what they are.
    pub fn append<W: Write + Seek>(&mut self, file: &mut Writer<W>, pattern: &Csr, values: &[f32]) -> io::Result<()> {
        match &mut self.form {
            Form::Csr(sparse) => {
                let ends: Vec<i64> = pattern.indptr[1..].iter().map(|&end| end as i64).collect();
                sparse.append(file, &ends, &pattern.indices, values)?;
            }
            Form::Csc { transposition, .. } => transposition.append(pattern, values)?,
            Form::Dense(dataset) => {
                let mut rows = vec![0.0_f32; pattern.n_obs() * self.n_vars];
                for (cell, row) in rows.chunks_exact_mut(self.n_vars).enumerate() {
                    let (start, end) = (pattern.indptr[cell] as usize, pattern.indptr[cell + 1] as usize);
                    for (&gene, &value) in pattern.indices[start..end].iter().zip(&values[start..end]) {
                        row[gene as usize] = value;
                    }
                }
                dataset.append(file, &f32::bytes_of(&rows))?;
            }
        }
        self.n_obs += pattern.n_obs() as u64;
        Ok(())
    }

    /// Ends the matrix.
    pub fn finish<W: Write + Seek>(
        self,
        file: &mut Writer<W>,
        report: &mut impl FnMut(Progress) -> Result<(), WriteError>,
    ) -> Result<Address, WriteError> {
        let shape = [self.n_obs, self.n_vars as u64];
        match self.form {
            Form::Csr(sparse) => Ok(sparse.finish(file, "csr_matrix", &shape)?),
            Form::Csc { transposition, compression } => {
                let mut sparse = SparseWriter::new(compression);
                transposition.finish(|genes, ends, cells, values| {
                    sparse.append(file, ends, cells, values)?;
                    report(Progress::Genes(genes))
                })?;
                Ok(sparse.finish(file, "csc_matrix", &shape)?)
            }
            Form::Dense(dataset) => Ok(dataset.finish(file, &encoding("array", "0.2.0"))?),
        }
    }
}

impl SparseWriter {
    fn new(compression: Compression) -> Self {
        let dataset = |datatype| ChunkedDataset::new(datatype, None, compression);
        Self { indptr: vec![0], indices: dataset(Datatype::I32), data: dataset(Datatype::F32), compression }
    }

    /// Appends rows (columns, of a matrix laid out by column) that end at `ends`, counted from the first of these.
    fn append<W: Write + Seek>(
        &mut self,
        file: &mut Writer<W>,
        ends: &[i64],
        indices: &[u32],
        values: &[f32],
    ) -> io::Result<()> {
        let nnz = self.nnz();
        self.indptr.extend(ends.iter().map(|end| nnz + end));
        let indices: Vec<i32> = indices.iter().map(|&index| index as i32).collect();
        self.indices.append(file, &i32::bytes_of(&indices))?;
        self.data.append(file, &f32::bytes_of(values))
    }

    fn nnz(&self) -> i64 {
        self.indptr.last().copied().unwrap_or(0)
    }

    fn finish<W: Write + Seek>(self, file: &mut Writer<W>, kind: &str, shape: &[u64]) -> io::Result<Address> {
        let array = || encoding("array", "0.2.0");
        // Of one type with the indices, as scipy wants it, unless there are too many non-zeros for that.
        let narrow: Option<Vec<i32>> =
            i32::try_from(self.nnz()).ok().map(|_| self.indptr.iter().map(|&end| end as i32).collect());
        let (datatype, bytes) = match &narrow {
            Some(indptr) => (Datatype::I32, i32::bytes_of(indptr)),
            None => (Datatype::I64, i64::bytes_of(&self.indptr)),
        };
        let mut indptr = ChunkedDataset::new(datatype, None, self.compression);
        indptr.append(file, &bytes)?;
        let members = [
            ("data", self.data.finish(file, &array())?),
            ("indices", self.indices.finish(file, &array())?),
            ("indptr", indptr.finish(file, &array())?),
        ];
        let [kind, version] = encoding(kind, "0.1.0");
        file.group(&members, &[kind, version, Attribute::shape("shape", shape)])
    }
}
