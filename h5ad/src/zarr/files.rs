//! The files of a Zarr store, wherever they lie.

use std::io;
use std::ops::Range;

/// The files of a Zarr store by key, such as `X/data/0.0`.
pub trait Files: Send + Sync {
    /// The content of the file at `key`, if there is one.
    ///
    /// # Errors
    /// When it cannot be read, and when it has more than `most` bytes, before any of them takes memory.
    fn read(&self, key: &str, most: u64) -> io::Result<Option<Vec<u8>>>;

    /// Bytes of the file at `key`, if there is one.
    ///
    /// # Errors
    /// When the store cannot be looked at.
    fn size(&self, key: &str) -> io::Result<Option<u64>>;

    /// The bytes in `range` of the file at `key`.
    ///
    /// # Errors
    /// When it is not there, ends before that or cannot be read.
    fn read_range(&self, key: &str, range: Range<u64>) -> io::Result<Vec<u8>>;

    /// The names of directories right below `key`; `""` is the root.
    ///
    /// # Errors
    /// When the store cannot be looked at.
    fn directories(&self, key: &str) -> io::Result<Vec<String>>;

    /// How many files lie below `key`, at any depth, and how many bytes they have.
    ///
    /// # Errors
    /// When the store cannot be looked at.
    fn weigh(&self, key: &str) -> io::Result<(u64, u64)>;
}

/// What is said of a file of more bytes than what it is for can have.
pub(crate) fn too_large(bytes: u64, most: u64) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("it has {bytes} bytes where {most} are the most"))
}
