//! Files that lie within a directory that is served, wherever their links lead.

use std::{fs::File, io, path::Path, sync::Arc, time::SystemTime};

use super::file_reading::SharedFile;
use crate::file_stamp::FileStamp;

/// An open file.
#[derive(Clone, Debug)]
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
        Self::of(Arc::new(SharedFile::new(File::open(&path)?)))
    }

    /// The same file, as it is now.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn again(&self) -> io::Result<Self> {
        Self::of(Arc::clone(&self.file))
    }

    fn of(file: Arc<SharedFile>) -> io::Result<Self> {
        let metadata = file.file().metadata()?;
        let stamp = FileStamp::of(&metadata);
        Ok(Self { file, n_bytes: stamp.n_bytes, modified: stamp.modified, stamp })
    }
}
