//! Files on disk as output and as scratch space.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use super::contents::UNFINISHED;
use crate::environment::{Output, OutputFile, Scratch, ScratchFile};

/// Bytes that are written together.
const BUFFER_BYTES: usize = 1 << 20;

/// A directory that takes the files of a dataset.
pub struct Directory {
    path: PathBuf,
}

impl Directory {
    /// The directory at `path`, which exists.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }
}

impl Output for Directory {
    fn create(&self, stem: &str) -> io::Result<Box<dyn OutputFile>> {
        let partial = self.path.join(format!("{stem}{UNFINISHED}"));
        let file = BufWriter::with_capacity(BUFFER_BYTES, File::create(&partial)?);
        Ok(Box::new(DirectoryFile { file, partial, directory: self.path.clone() }))
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }
}

struct DirectoryFile {
    file: BufWriter<File>,
    partial: PathBuf,
    directory: PathBuf,
}

impl Write for DirectoryFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl OutputFile for DirectoryFile {
    fn publish(mut self: Box<Self>, name: &str) -> io::Result<()> {
        self.file.flush()?;
        // A name that outlives a power cut without its bytes would be a broken dataset.
        self.file.get_ref().sync_all()?;
        fs::rename(&self.partial, self.directory.join(name))
    }
}

impl Drop for DirectoryFile {
    /// Removes a file that was not published.
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.partial);
    }
}

/// Unnamed temporary files in a directory.
pub struct TemporaryFiles {
    directory: PathBuf,
}

impl TemporaryFiles {
    /// In the directory at `path`, which exists.
    pub fn new(path: &Path) -> Self {
        Self { directory: path.to_owned() }
    }
}

impl Scratch for TemporaryFiles {
    fn create(&self) -> io::Result<Box<dyn ScratchFile>> {
        Ok(Box::new(tempfile::tempfile_in(&self.directory)?))
    }
}
