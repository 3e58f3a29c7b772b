//! Building wholly in memory, as a page does with a file from the user's disk.

use std::{
    collections::BTreeMap,
    io::{self, Cursor, Write},
    sync::{Arc, Mutex, PoisonError},
};

use crate::environment::{Output, OutputFile, Scratch, ScratchFile};

/// The files of a dataset by name.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Keeps the files of a dataset.
#[derive(Default)]
pub struct MemoryOutput {
    files: Arc<Mutex<Files>>,
}

impl MemoryOutput {
    /// The files that were published.
    pub fn into_files(self) -> Files {
        std::mem::take(&mut *self.files.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Output for MemoryOutput {
    fn create(&self, _stem: &str) -> io::Result<Box<dyn OutputFile>> {
        Ok(Box::new(MemoryFile { bytes: Vec::new(), files: Arc::clone(&self.files) }))
    }

    fn place(&self) -> String {
        "the dataset in memory".to_owned()
    }
}

struct MemoryFile {
    bytes: Vec<u8>,
    files: Arc<Mutex<Files>>,
}

impl Write for MemoryFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl OutputFile for MemoryFile {
    fn publish(self: Box<Self>, name: &str) -> io::Result<()> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), self.bytes);
        Ok(())
    }
}

/// Keeps in memory also what waits.
#[derive(Clone, Copy, Default)]
pub struct MemoryScratch;

impl Scratch for MemoryScratch {
    fn create(&self) -> io::Result<Box<dyn ScratchFile>> {
        Ok(Box::new(Cursor::new(Vec::new())))
    }
}
