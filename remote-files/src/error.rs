//! Why a place gives nothing.

use std::{io, time::Duration};

/// Why a file or a list cannot be read. Cheap to clone, since those who wait for one answer share it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    /// There is no such file.
    #[error("{url} does not exist")]
    NotFound {
        /// The address.
        url: String,
    },
    /// It may not be read.
    #[error(
        "{url} may not be read (S3 says the same of what does not exist); give credentials in the environment, or \
         --anonymous for what is public: {reason}"
    )]
    Denied {
        /// The address.
        url: String,
        /// What the host says.
        reason: String,
    },
    /// The host does not answer, or says that it cannot.
    #[error("{url} cannot be reached: {reason}")]
    Unreachable {
        /// The address.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// It took longer than it may.
    #[error("{url} did not answer within {} s", time.as_secs_f32())]
    Late {
        /// The address.
        url: String,
        /// The longest that it may take.
        time: Duration,
    },
    /// The file has another length than the caller knows it to have.
    #[error("{url} has {found} bytes and should have {expected}")]
    Length {
        /// The address.
        url: String,
        /// The length that the host tells.
        found: u64,
        /// The length that the file should have.
        expected: u64,
    },
    /// The answer is not one to what was asked.
    #[error("{url} answers wrongly: {reason}")]
    Wrong {
        /// The address.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// The host sends whole files only, and this one cannot be kept.
    #[error(
        "{url} comes from a host without byte ranges, and its {n_bytes} bytes do not fit into the cache; raise --cache-size, or `tile-server export --segments 512K` there"
    )]
    NoRanges {
        /// The address.
        url: String,
        /// The length of the file.
        n_bytes: u64,
    },
}

impl RemoteError {
    /// Whether it may be otherwise in a moment.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Late { .. } => true,
            Self::NotFound { .. }
            | Self::Denied { .. }
            | Self::Length { .. }
            | Self::Wrong { .. }
            | Self::NoRanges { .. } => false,
        }
    }

    /// What a store's error means for the file at this address.
    pub(crate) fn of(url: String, error: &object_store::Error) -> Self {
        let reason = told(error);
        match error {
            object_store::Error::NotFound { .. } => Self::NotFound { url },
            object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
                Self::Denied { url, reason }
            }
            error if is_answer(error) => Self::Wrong { url, reason },
            _ => Self::Unreachable { url, reason },
        }
    }
}

/// The innermost reasons in one line. The retries are said by the outer ones.
pub(crate) fn told(error: &object_store::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        source = inner.source();
    }
    const MOST_CHARS: usize = 400;
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > MOST_CHARS { line.chars().take(MOST_CHARS).chain(['…']).collect() } else { line }
}

/// Whether the host answered, and not as asked: what the store says of headers and ranges comes from no request that
/// failed.
fn is_answer(error: &object_store::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if inner.is::<object_store::client::HttpError>() || inner.to_string().contains("Error performing") {
            return false;
        }
        source = inner.source();
    }
    matches!(error, object_store::Error::Generic { .. } | object_store::Error::NotSupported { .. })
}

impl From<RemoteError> for io::Error {
    fn from(error: RemoteError) -> Self {
        let kind = match &error {
            RemoteError::NotFound { .. } => io::ErrorKind::NotFound,
            RemoteError::Denied { .. } => io::ErrorKind::PermissionDenied,
            RemoteError::Unreachable { .. } => io::ErrorKind::NotConnected,
            RemoteError::Late { .. } => io::ErrorKind::TimedOut,
            RemoteError::Length { .. } | RemoteError::Wrong { .. } => io::ErrorKind::InvalidData,
            RemoteError::NoRanges { .. } => io::ErrorKind::Unsupported,
        };
        Self::new(kind, error)
    }
}
