//! What an AnnData file is stored in, told without its format.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::element::ElementType;
use super::grid::ChunkCache;
use super::read_error::ReadError;
use super::values::{TextHeap, Values};

/// A hierarchy of groups and arrays with attributes: an HDF5 file or a Zarr store. Paths have no slash at either end;
/// `""` is the root.
pub(super) trait Container: Send + Sync {
    /// The names in the group at `path`, and what they are.
    fn members(&self, path: &str) -> Result<BTreeMap<String, Member>, ReadError>;

    /// The attributes of what lies at `path`.
    fn attributes(&self, path: &str) -> Result<HashMap<String, Values>, ReadError>;

    /// The array at `path`.
    fn array(&self, path: &str) -> Result<Box<dyn Elements>, ReadError>;

    /// Where texts of variable length lie, if they do not lie in their arrays.
    fn heap(&self) -> Option<&dyn TextHeap>;
}

/// The elements of one array.
pub(super) trait Elements: Send + Sync {
    /// What one of them is.
    fn element(&self) -> &ElementType;

    /// Extents; none for a single element.
    fn shape(&self) -> &[usize];

    /// Extents of one chunk, if the array is chunked.
    fn chunk_shape(&self) -> Option<&[usize]>;

    /// The most bytes that what was written can become when it is decoded.
    fn supported_bytes(&self) -> Result<u64, ReadError>;

    /// The bytes of the elements within `ranges`, one per dimension, in row-major order. The caller has made sure that
    /// they may be held in memory.
    fn read(&self, ranges: &[Range<usize>], cache: &ChunkCache) -> Result<Vec<u8>, ReadError>;

    /// All elements, where they are texts that only the array itself can tell apart.
    fn texts(&self) -> Result<Option<Vec<String>>, ReadError>;
}

/// What a name in a group leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Member {
    Known(Kind),
    /// Nothing that can be read, as the sentence says that continues its path.
    Broken(String),
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Group,
    Dataset,
}
