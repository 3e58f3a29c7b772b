//! Datasets that cannot be exported.

use std::path::PathBuf;

use anyhow::Error;
use remote_files::RemoteError;
use tessera::dataset::DatasetError;

use super::fetched::Unfetched;

/// A dataset is not as its manifest says.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be exported: {reason}; `tile-server verify` tells what else is damaged", directory.display())]
pub struct Damaged {
    /// The dataset's directory.
    pub directory: PathBuf,
    /// What is wrong.
    pub reason: String,
}

/// Whether an error is of a dataset, so that the others can be exported, and not of the site that is written.
pub fn is_of_dataset(error: &Error) -> bool {
    error.chain().any(|cause| {
        let of_reading = cause.downcast_ref::<DatasetError>();
        cause.is::<Damaged>()
            || cause.is::<Unfetched>()
            || cause.is::<RemoteError>()
            || of_reading.is_some_and(|error| !matches!(error, DatasetError::Stopped))
    })
}
