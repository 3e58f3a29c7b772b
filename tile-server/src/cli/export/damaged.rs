//! Datasets that cannot be exported.

use std::path::PathBuf;

/// A dataset is not as its manifest says.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be exported: {reason}; `tile-server verify` tells what else is damaged", directory.display())]
pub struct Damaged {
    /// The dataset's directory.
    pub directory: PathBuf,
    /// What is wrong.
    pub reason: String,
}
