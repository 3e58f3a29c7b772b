//! Which state of a file this is, without reading it.

use std::{
    fs::{self, Metadata},
    path::Path,
    time::SystemTime,
};

/// Tells two states of a file apart, also where a program has put back the time of its last change, or another file of
/// the same age and length has taken its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileStamp {
    pub(crate) n_bytes: u64,
    pub(crate) modified: Option<SystemTime>,
    /// Number of the file in its file system, where the system tells.
    pub(crate) number: u64,
    /// Seconds and nanoseconds of the last change of content or attributes, which programs cannot set back.
    pub(crate) changed: (i64, i64),
}

impl FileStamp {
    /// The stamp of the file at a path; `None` where there is none.
    pub(crate) fn at(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|metadata| Self::of(&metadata))
    }

    /// The stamp of what the system says of a file.
    pub(crate) fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let (number, changed) = {
            use std::os::unix::fs::MetadataExt;
            (metadata.ino(), (metadata.ctime(), metadata.ctime_nsec()))
        };
        #[cfg(not(unix))]
        let (number, changed) = (0, (0, 0));
        Self { n_bytes: metadata.len(), modified: metadata.modified().ok(), number, changed }
    }

    /// The stamp of a file of another host, by a hash of its content or of its name where that determines it.
    pub(crate) fn elsewhere(n_bytes: u64, modified: Option<SystemTime>, hash: u64) -> Self {
        Self { n_bytes, modified, number: hash, changed: (0, 0) }
    }
}
