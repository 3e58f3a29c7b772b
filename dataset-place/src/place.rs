//! Where a dataset lies: in a directory, or in an object store or on a web host.

use std::{fmt, io, ops::Range, path::PathBuf, sync::Arc};

use remote_files::Remote;
use shared_fbs::{manifest::Pack, segments::Segments};
use tessera::files::{Directory, Files, ReadAt};

/// Where a dataset lies.
#[derive(Clone)]
pub enum DatasetPlace {
    /// In a directory of this machine.
    Directory(PathBuf),
    /// Elsewhere, in a folder of this place.
    Remote(Remote),
}

impl DatasetPlace {
    /// The name of its directory or folder.
    pub fn name(&self) -> String {
        match self {
            Self::Directory(directory) => directory.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            Self::Remote(remote) => remote.place().name().to_owned(),
        }
    }

    /// The files of its packs.
    pub fn files(&self) -> Arc<dyn Files> {
        match self {
            Self::Directory(directory) => Arc::new(Directory(directory.clone())),
            Self::Remote(remote) => Arc::new(RemotePacks(remote.clone())),
        }
    }
}

impl From<PathBuf> for DatasetPlace {
    fn from(directory: PathBuf) -> Self {
        Self::Directory(directory)
    }
}

impl PartialEq for DatasetPlace {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Directory(a), Self::Directory(b)) => a == b,
            (Self::Remote(a), Self::Remote(b)) => a.place() == b.place(),
            (Self::Directory(_), Self::Remote(_)) | (Self::Remote(_), Self::Directory(_)) => false,
        }
    }
}

impl fmt::Display for DatasetPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(directory) => directory.display().fmt(formatter),
            Self::Remote(remote) => remote.place().fmt(formatter),
        }
    }
}

impl fmt::Debug for DatasetPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Packs in a folder elsewhere, each a file or several segments.
struct RemotePacks(Remote);

/// The bytes of a pack elsewhere.
struct RemotePack {
    remote: Remote,
    file: String,
    n_bytes: u64,
    segments: Option<Segments>,
}

/// A piece of a pack that is a file of its own, and what is wanted of it.
struct Piece {
    file: String,
    n_bytes: u64,
    wanted: Range<u64>,
}

impl Files for RemotePacks {
    fn open(&self, pack: &Pack) -> io::Result<Box<dyn ReadAt>> {
        Ok(Box::new(RemotePack {
            remote: self.0.clone(),
            file: pack.file.clone(),
            n_bytes: pack.n_bytes,
            segments: Segments::of(pack),
        }))
    }

    fn open_poster(&self, file: &str, n_bytes: u64) -> io::Result<Box<dyn ReadAt>> {
        Ok(Box::new(RemotePack { remote: self.0.clone(), file: file.to_owned(), n_bytes, segments: None }))
    }
}

impl RemotePack {
    /// The files that have the bytes of a range, in order.
    fn pieces(&self, range: &Range<u64>) -> Vec<Piece> {
        let Some(segments) = &self.segments else {
            return vec![Piece { file: self.file.clone(), n_bytes: self.n_bytes, wanted: range.clone() }];
        };
        let holding =
            segments.iter().filter(|segment| segment.range.start < range.end && range.start < segment.range.end);
        holding
            .map(|segment| {
                let start = segment.range.start;
                let wanted = range.start.max(start) - start..range.end.min(segment.range.end) - start;
                Piece { file: segment.file, n_bytes: segment.range.end - start, wanted }
            })
            .collect()
    }
}

impl ReadAt for RemotePack {
    fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    fn read(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for Piece { file, n_bytes, wanted } in self.pieces(&range) {
            bytes.extend_from_slice(&self.remote.read(&file, n_bytes, wanted)?);
        }
        if bytes.len() as u64 == range.end.saturating_sub(range.start) {
            return Ok(bytes);
        }
        Err(io::ErrorKind::UnexpectedEof.into())
    }

    fn prepare(&self, ranges: &[Range<u64>]) -> io::Result<()> {
        if self.segments.is_some() {
            return Ok(());
        }
        match self.remote.prepare(&self.file, self.n_bytes, ranges) {
            Err(error) if error.may_pass() => Err(error.into()),
            // What is wrong with one part is said by who reads it.
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn forget(&self, range: Range<u64>) -> Option<String> {
        for Piece { file, n_bytes, wanted } in self.pieces(&range) {
            self.remote.forget(&file, n_bytes, wanted);
        }
        Some(self.remote.place().below(&self.file).to_string())
    }
}
