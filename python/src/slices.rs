//! Values of cells and genes.

use std::ops::Range;

use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use tessera::slice::{self, Csr};

use crate::{errors::Failure, pool};

/// The arrays of a matrix in compressed rows: `indptr`, `indices`, `data`.
type CsrArrays<'py> = (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i32>>, Bound<'py, PyArray1<f32>>);

/// Values as they were read, of which rows are put together when they are asked for.
#[pyclass(frozen, module = "tessera._tessera")]
pub struct Slice(pub slice::Slice);

impl Slice {
    fn places(&self, first: usize, end: usize) -> Result<Range<usize>, Failure> {
        let [n_cells, _] = self.0.shape();
        if first <= end && end <= n_cells {
            return Ok(first..end);
        }
        Err(Failure::Value(format!("there are no cells {first}..{end} among {n_cells}")))
    }
}

#[pymethods]
impl Slice {
    /// The cells at some places in compressed rows.
    fn csr<'py>(&self, py: Python<'py>, first: usize, end: usize) -> PyResult<CsrArrays<'py>> {
        let places = self.places(first, end)?;
        let csr = py.detach(|| pool::run(|| self.0.csr(places))).map_err(Failure::from)?;
        let Csr { indptr, indices, data } = csr;
        Ok((indptr.into_pyarray(py), indices.into_pyarray(py), data.into_pyarray(py)))
    }

    /// The same as an array of cells × genes.
    fn dense<'py>(&self, py: Python<'py>, first: usize, end: usize) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let places = self.places(first, end)?;
        let matrix = py.detach(|| pool::run(|| self.0.dense(places))).map_err(Failure::from)?;
        let [_, n_columns] = self.0.shape();
        matrix.into_pyarray(py).reshape([end - first, n_columns])
    }
}
