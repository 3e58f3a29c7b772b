//! Errors as Python raises them.

use dataset_place::OpenError;
use pyo3::{
    PyErr, create_exception,
    exceptions::{PyFileNotFoundError, PyRuntimeError, PyValueError},
};
use shared_fbs::LayerNameError;
use tessera::{
    compare::CompareError, dataset::DatasetError as ReadError, fragment::FragmentError, selection::SelectionError,
};
use value_filter::SelectError;

create_exception!(tessera, FilterError, PyValueError, "A filter that cannot be read, or does not suit the columns.");
create_exception!(tessera, DatasetError, PyRuntimeError, "A dataset that cannot be read, or is broken.");

/// Anything that goes wrong.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The dataset.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The layer's name.
    #[error(transparent)]
    Layer(#[from] LayerNameError),
    /// A comparison.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// A filter.
    #[error(transparent)]
    Filter(#[from] value_filter::FilterError),
    /// A fragment.
    #[error(transparent)]
    Fragment(#[from] FragmentError),
    /// A place on another host.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Threads for other hosts.
    #[error("the system gives no threads to ask other hosts with: {0}")]
    Threads(#[from] std::io::Error),
    /// What was asked for makes no sense.
    #[error("{0}")]
    Value(String),
}

impl From<SelectionError> for Failure {
    fn from(error: SelectionError) -> Self {
        match error {
            SelectError::Filter(error) => Self::Filter(error),
            SelectError::Read(error) => Self::Read(error),
        }
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        let text = failure.to_string();
        match failure {
            Failure::Filter(_) => FilterError::new_err(text),
            Failure::Layer(_) | Failure::Value(_) | Failure::Fragment(_) | Failure::Open(OpenError::Place(_)) => {
                PyValueError::new_err(text)
            }
            Failure::Read(ReadError::NoManifest { .. })
            | Failure::Open(OpenError::Dataset(ReadError::NoManifest { .. })) => PyFileNotFoundError::new_err(text),
            Failure::Read(_) | Failure::Compare(_) | Failure::Open(_) | Failure::Threads(_) => {
                DatasetError::new_err(text)
            }
        }
    }
}
