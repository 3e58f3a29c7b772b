//! Why bytes could not be read or understood.

use std::io;

use thiserror::Error;

/// A part of a file could not be read. Every message continues "cannot read PLACE: ".
#[derive(Debug, Error)]
pub(super) enum ReadError {
    /// The bytes could not be obtained.
    #[error("{0}")]
    Io(#[source] io::Error),
    /// The bytes are not what the format prescribes.
    #[error("{0}")]
    Damaged(String),
    /// The bytes are whole, but in a form that is not read.
    #[error("{0}")]
    Unsupported(String),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // They were obtained, and are not what they should be.
            io::ErrorKind::InvalidData => Self::Damaged(error.to_string()),
            _ => Self::Io(error),
        }
    }
}

impl ReadError {
    pub(super) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged(what.into())
    }
}
