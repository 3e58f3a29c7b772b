//! Room for what is sorted.

use std::io;

/// Bytes that are written once, one after another, and then read from several places in turn.
pub trait Scratch {
    /// Adds bytes to the end.
    ///
    /// # Errors
    /// When they cannot be written.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Reads exactly `buf.len()` bytes from byte `offset` on, all of which were written.
    ///
    /// # Errors
    /// When they cannot be read.
    fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> io::Result<()>;
}

/// Room in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryScratch(Vec<u8>);

impl Scratch for MemoryScratch {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.extend(bytes);
        Ok(())
    }

    fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let bytes = self.0.get(start..start + buf.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        buf.copy_from_slice(bytes);
        Ok(())
    }
}

impl Scratch for std::fs::File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        use io::{Seek as _, Write as _};

        self.seek(io::SeekFrom::End(0))?;
        self.write_all(bytes)
    }

    fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        use io::{Read as _, Seek as _};

        self.seek(io::SeekFrom::Start(offset))?;
        self.read_exact(buf)
    }
}
