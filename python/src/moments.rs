//! Moments of genes over some cells, which add up over disjoint sets.

use explorer_core::de::Moments;
use pyo3::{
    prelude::*,
    types::{PyBytes, PyTuple, PyType},
};
use shared_fbs::tile;

use crate::errors::Failure;

/// Exact moments of all genes of a layer: numbers of values other than zero, sums and sums of squares, as integers.
#[pyclass(frozen, module = "tessera._tessera")]
pub struct LayerMoments {
    pub content_id: String,
    pub layer: String,
    pub moments: Moments,
}

#[pymethods]
impl LayerMoments {
    /// Number of cells.
    #[getter]
    fn n_cells(&self) -> u64 {
        self.moments.n_cells
    }

    /// The layer that they are of, by its place in the file.
    #[getter]
    fn layer(&self) -> &str {
        &self.layer
    }

    /// The moments of both sets of cells, which must have no cell in common. The same bits in any order.
    fn merge(&self, other: &Self) -> PyResult<Self> {
        if (&self.content_id, &self.layer) != (&other.content_id, &other.layer) {
            let problem = format!(
                "moments of {} of dataset {} do not add up with those of {} of dataset {}",
                self.layer, self.content_id, other.layer, other.content_id
            );
            return Err(Failure::Value(problem).into());
        }
        let mut moments = self.moments.clone();
        moments.merge(&other.moments).map_err(|error| Failure::Value(error.to_string()))?;
        Ok(Self { content_id: self.content_id.clone(), layer: self.layer.clone(), moments })
    }

    fn __add__(&self, other: &Self) -> PyResult<Self> {
        self.merge(other)
    }

    fn __eq__(&self, other: &Self) -> bool {
        (&self.content_id, &self.layer, &self.moments) == (&other.content_id, &other.layer, &other.moments)
    }

    /// From what pickle keeps.
    #[classmethod]
    fn of_parts(
        _: &Bound<'_, PyType>,
        content_id: String,
        layer: String,
        n_entries: usize,
        tile: &[u8],
    ) -> PyResult<Self> {
        let wrong = |error: &dyn std::fmt::Display| Failure::Value(format!("these are no moments: {error}"));
        let tile = tile::Moments::decode(tile).map_err(|error| wrong(&error))?;
        let moments = Moments::from_tile(&tile, n_entries).map_err(|error| wrong(&error))?;
        Ok(Self { content_id, layer, moments })
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let of_parts = py.get_type::<Self>().getattr("of_parts")?;
        let tile = PyBytes::new(py, &self.moments.to_tile().encode());
        let parts = (&self.content_id, &self.layer, self.moments.entries.len(), tile).into_pyobject(py)?;
        Ok((of_parts, parts))
    }
}
