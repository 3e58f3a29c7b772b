//! Cells that are selected.

use std::sync::Arc;

use explorer_core::{data::CellRow, data::CellRows, filter::CellMask};
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use tessera::selection::CellSelection;

use crate::errors::Failure;

/// Some cells of a dataset.
#[pyclass(frozen, module = "tessera._tessera")]
pub struct Cells {
    pub selection: CellSelection,
    pub rows: Arc<CellRows>,
}

#[pymethods]
impl Cells {
    /// How many there are.
    fn __len__(&self) -> usize {
        self.selection.cells().count()
    }

    /// Their numbers in storage order, in the order of the input.
    fn numbers<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u32>> {
        py.detach(|| self.selection.in_order_of_input(&self.rows)).into_pyarray(py)
    }

    /// Their rows in the input, ascending.
    fn input_rows<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        let rows = py.detach(|| self.rows.rows_of(self.selection.cells().iter()));
        rows.iter().map(i64::from).collect::<Vec<_>>().into_pyarray(py)
    }

    /// Those that are among others, too.
    fn both(&self, other: &Self) -> PyResult<Self> {
        if self.selection.cells().len() != other.selection.cells().len() {
            return Err(Failure::Value("these cells are of different datasets".to_owned()).into());
        }
        Ok(Self { selection: self.selection.and(&other.selection), rows: Arc::clone(&self.rows) })
    }

    /// Those that lie between two numbers in storage order.
    fn within(&self, first: u32, end: u32) -> Self {
        Self { selection: self.selection.within(&(first..end)), rows: Arc::clone(&self.rows) }
    }

    /// Those of some rows of the input, in whatever order, among these.
    fn of_rows(&self, rows: PyReadonlyArray1<'_, i64>) -> PyResult<Self> {
        let n_obs = self.selection.cells().len();
        let mut cells = vec![0; n_obs];
        for &row in rows.as_array() {
            let cell = u32::try_from(row).ok().and_then(|row| self.rows.cell_of(CellRow(row)));
            let cell =
                cell.ok_or_else(|| Failure::Value(format!("there is no cell {row}: the dataset has {n_obs}")))?;
            cells[cell.0 as usize] = 1;
        }
        let of_rows = CellSelection::of_mask(CellMask::from_bytes(cells));
        Ok(Self { selection: self.selection.and(&of_rows), rows: Arc::clone(&self.rows) })
    }
}
