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

    /// All its bytes. Blocks.
    ///
    /// # Errors
    /// What the system says, and that it has become shorter.
    pub(super) fn read_all(&self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(self.n_bytes).map_err(|_| io::ErrorKind::OutOfMemory)?];
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
