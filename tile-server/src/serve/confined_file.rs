//! Files that lie within a directory that is served, wherever their links lead.

use std::{fs::File, io, path::Path, sync::Arc, time::SystemTime};

use super::file_reading::{Patience, SharedFile};
use crate::file_stamp::FileStamp;

/// An open file.
#[derive(Clone)]
pub(super) struct OpenFile {
    /// To be read by position.
    pub(super) file: Arc<SharedFile>,
    /// Its length.
    pub(super) n_bytes: u64,
    /// When it was written.
    pub(super) modified: Option<SystemTime>,
    /// Which state of it this is.
    pub(super) stamp: FileStamp,
}

impl OpenFile {
    /// Opens the plain file `name` beneath `root`, a canonical directory, following only links that stay within it.
    ///
    /// # Errors
    /// When there is no such file, it lies elsewhere, it is no plain file, or it cannot be opened.
    pub(super) fn within(root: &Path, name: &Path) -> io::Result<Self> {
        let path = root.join(name).canonicalize()?;
        let refused = |why| Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        if !path.starts_with(root) {
            return refused("the file is a link that leads out of the directory served");
        }
        // Looked at before it is opened: to open a pipe would wait for its writer.
        if !path.metadata()?.is_file() {
            return refused("only plain files are served");
        }
        let file = File::open(&path)?;
        let stamp = FileStamp::of(&file.metadata()?);
        Ok(Self::of(Arc::new(SharedFile::new(file)), stamp))
    }

    /// The same file, as it is now.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn again(&self) -> io::Result<Self> {
        match self.file.file() {
            Some(file) => Ok(Self::of(Arc::clone(&self.file), FileStamp::of(&file.metadata()?))),
            None => Ok(self.clone()),
        }
    }

    /// All its bytes, where there are at most so many. Blocks.
    ///
    /// # Errors
    /// What the system says, and that it is longer, has become shorter, or that there is no memory for it.
    pub(super) fn read_all(&self, most_bytes: u64) -> io::Result<Vec<u8>> {
        if self.n_bytes > most_bytes {
            let why = format!("it has {} bytes, and at most {most_bytes} are read", self.n_bytes);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
        }
        let n_bytes = usize::try_from(self.n_bytes).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(n_bytes)?;
        bytes.resize(n_bytes, 0);
        let mut filled = 0;
        while filled < bytes.len() {
            filled += self.file.read_at(&mut bytes[filled..], filled as u64, Patience::MayWait)?;
        }
        Ok(bytes)
    }

    /// A file of another host, in this state.
    pub(super) fn elsewhere(file: SharedFile, stamp: FileStamp) -> Self {
        Self::of(Arc::new(file), stamp)
    }

    fn of(file: Arc<SharedFile>, stamp: FileStamp) -> Self {
        Self { file, n_bytes: stamp.n_bytes, modified: stamp.modified, stamp }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_too_long_is_refused_before_there_is_memory_for_it() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        // It takes no room on the disk.
        File::create(root.join("long")).unwrap().set_len(8 << 30).unwrap();
        let open = OpenFile::within(&root, Path::new("long")).unwrap();
        let error = open.read_all(1000).unwrap_err();
        assert_eq!(error.to_string(), format!("it has {} bytes, and at most 1000 are read", 8_u64 << 30));
        std::fs::write(root.join("short"), "text").unwrap();
        assert_eq!(OpenFile::within(&root, Path::new("short")).unwrap().read_all(4).unwrap(), b"text");
    }
}
