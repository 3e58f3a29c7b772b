//! The native half of the Python package `tessera`: what it reads and computes is that of the library `tessera`, which the
//! tile server shares; here it becomes numpy arrays and Arrow tables, without a copy.

#![allow(clippy::needless_pass_by_value, reason = "what Python hands over comes by value")]

mod arrow;
mod cells;
mod dataset;
mod errors;
mod fragments;
mod moments;
mod place;
mod pool;
mod slices;
mod statistics;
mod terms;

use pyo3::prelude::*;
use value_filter::Filter;

use crate::errors::Failure;

/// The columns that a filter asks of, each once.
#[pyfunction]
fn filter_columns(filter: &str) -> PyResult<Vec<String>> {
    let filter = Filter::parse(filter).map_err(Failure::from)?;
    Ok(filter.columns().into_iter().map(str::to_owned).collect())
}

/// The native half of `tessera`.
#[pymodule]
fn _tessera(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<dataset::NativeDataset>()?;
    module.add_class::<cells::Cells>()?;
    module.add_class::<moments::LayerMoments>()?;
    module.add_class::<slices::Slice>()?;
    module.add_function(wrap_pyfunction!(filter_columns, module)?)?;
    module.add("FilterError", module.py().get_type::<errors::FilterError>())?;
    module.add("DatasetError", module.py().get_type::<errors::DatasetError>())?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))
}
