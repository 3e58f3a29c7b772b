//! The files of a Zarr store, wherever they lie.

use std::io;
use std::ops::Range;

/// Files by key, such as `X/data/0.0`.
pub(crate) trait Files: Send + Sync {
    /// The content of the file at `key`, if there is one.
    fn read(&self, key: &str) -> io::Result<Option<Vec<u8>>>;

    /// Bytes of the file at `key`, if there is one.
    fn size(&self, key: &str) -> io::Result<Option<u64>>;

    /// The bytes in `range` of the file at `key`, which must be there.
    fn read_range(&self, key: &str, range: Range<u64>) -> io::Result<Vec<u8>>;

    /// The names of directories right below `key`; `""` is the root.
    fn directories(&self, key: &str) -> io::Result<Vec<String>>;

    /// How many files lie below `key`, at any depth, and how many bytes they have.
    fn weigh(&self, key: &str) -> io::Result<(u64, u64)>;
}
