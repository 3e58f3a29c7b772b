//! The superblock: where a file begins, how it counts, and where its root lies.

use super::super::codec;
use super::super::read_error::ReadError;
use super::super::source::SharedSource;
#[cfg(feature = "write")]
use super::reader::unsigned;
use super::reader::{Cursor, Reader, Widths};

const SIGNATURE: &[u8; 8] = b"\x89HDF\r\n\x1a\n";
/// More than any version takes.
const MAX_BYTES: u64 = 128;
/// The file is open for writing; it is being written and read at once.
const IN_USE: u8 = 0b101;

/// Why a file cannot be opened as HDF5.
pub(crate) enum Unopened {
    /// It has no signature.
    NotHdf5,
    /// It is marked as open in a program that writes to it.
    InUse,
    /// It ends before the `stated` length.
    CutShort { stated: u64 },
    /// It could not be read.
    Failed(ReadError),
}

impl From<ReadError> for Unopened {
    fn from(error: ReadError) -> Self {
        Self::Failed(error)
    }
}

/// A file that begins as HDF5 does.
pub(super) struct Superblock {
    pub(super) reader: Reader,
    /// Address of the root group's header.
    pub(super) root: u64,
    #[cfg(feature = "write")]
    pub(super) form: Form,
}

/// What a superblock has to keep when the file is edited.
#[cfg(feature = "write")]
#[derive(Clone)]
pub(super) struct Form {
    version: u8,
    /// Where it lies in the file.
    start: u64,
    /// The base that it states, whatever addresses count from.
    base: u64,
    bytes: Vec<u8>,
}

/// What a superblock states of the nodes of the trees of version 1 that list chunks: half the most children of one.
#[cfg(feature = "write")]
pub(super) enum ChunkTreeRank {
    Known(u16),
    /// As the object at this address states it, if it does.
    InExtension(u64),
}

#[cfg(feature = "write")]
impl Form {
    /// Where the file begins to count.
    pub(super) fn start(&self) -> u64 {
        self.start
    }

    /// How large nodes of the trees of chunks are.
    pub(super) fn chunk_tree_rank(&self) -> ChunkTreeRank {
        const USUAL: u16 = 32;
        let extension = unsigned(&self.bytes[20..28]);
        match self.version {
            0 => ChunkTreeRank::Known(USUAL),
            1 => ChunkTreeRank::Known(unsigned(&self.bytes[24..26]) as u16),
            _ if extension == u64::MAX => ChunkTreeRank::Known(USUAL),
            _ => ChunkTreeRank::InExtension(extension),
        }
    }

    /// The superblock of the file when it ends at the address `end` and its root lies at `root`, and its place. Addresses
    /// have eight bytes.
    pub(super) fn repointed(&self, root: u64, end: u64) -> (u64, Vec<u8>) {
        let mut bytes = self.bytes.clone();
        let mut put = |at: usize, value: u64| bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        let end = end + self.base;
        if self.version < 2 {
            let first = if self.version == 0 { 24 } else { 28 };
            put(first + 16, end);
            put(first + 40, root);
            // Nothing about the root is kept here: neither its tree nor its heap.
            for at in [48, 56, 64] {
                put(first + at, 0);
            }
            bytes.truncate(first + 72);
        } else {
            put(28, end);
            put(36, root);
            let checksum = codec::lookup3(&bytes[..44]);
            bytes[44..48].copy_from_slice(&checksum.to_le_bytes());
            bytes.truncate(48);
        }
        (self.start, bytes)
    }

    /// The superblock of a file that is yet to be written, from its first byte on.
    pub(super) fn new() -> Self {
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend([2, 8, 8, 0]);
        bytes.extend(0_u64.to_le_bytes());
        bytes.extend(u64::MAX.to_le_bytes());
        bytes.resize(48, 0);
        Self { version: 2, start: 0, base: 0, bytes }
    }

    /// How many bytes it takes.
    pub(super) fn len(&self) -> u64 {
        self.repointed(0, 0).1.len() as u64
    }
}

impl Superblock {
    /// Finds the superblock, which may lie behind a user block of 512 bytes or a larger power of two. Addresses count
    /// from the superblock, whatever base it states: tools that put a user block before a file leave the old base in.
    pub(super) fn read(source: &SharedSource) -> Result<Self, Unopened> {
        let size = source.size();
        let start = begin(source)?.ok_or(Unopened::NotHdf5)?;
        let bytes = source.read(start, MAX_BYTES.min(size - start) as usize).map_err(ReadError::from)?;
        let mut cursor = Cursor::new(&bytes, Widths { offset: 8, length: 8 });
        cursor.skip(SIGNATURE.len())?;
        let version = cursor.u8()?;
        let mut flags = 0;
        let widths = match version {
            0 | 1 => {
                cursor.skip(4)?;
                let widths = Widths { offset: cursor.u8()?.into(), length: cursor.u8()?.into() };
                cursor.skip(if version == 0 { 9 } else { 13 })?;
                widths
            }
            2 | 3 => {
                let widths = Widths { offset: cursor.u8()?.into(), length: cursor.u8()?.into() };
                flags = cursor.u8()?;
                widths
            }
            _ => {
                let reason = format!("its superblock has the version {version}; up to 3 are read");
                return Err(ReadError::Unsupported(reason).into());
            }
        };
        if !(1..=8).contains(&widths.offset) || !(1..=8).contains(&widths.length) {
            return Err(ReadError::damaged("the superblock states impossible sizes of addresses").into());
        }
        let at = cursor.at();
        let mut cursor = Cursor::new(&bytes, widths);
        cursor.skip(at)?;
        let base = cursor.uint(widths.offset)?;
        cursor.skip(widths.offset)?;
        let end = cursor.uint(widths.offset)?;
        if version < 2 {
            // The driver's block, and the name of the root in no group.
            cursor.skip(2 * widths.offset)?;
        }
        let root = cursor.known_address()?;
        if version >= 2 {
            let at = cursor.at();
            if u64::from(codec::lookup3(&bytes[..at])) != cursor.uint(4)? {
                return Err(ReadError::damaged("the superblock does not fit its checksum").into());
            }
            if version == 3 && flags & IN_USE != 0 {
                return Err(Unopened::InUse);
            }
        }
        let stated = end.saturating_sub(base).saturating_add(start);
        if stated > size {
            return Err(Unopened::CutShort { stated });
        }
        Ok(Self {
            reader: Reader::new(source.clone(), start, widths),
            root,
            #[cfg(feature = "write")]
            form: Form { version, start, base, bytes },
        })
    }
}

/// Where the signature lies: at the start, or at 512 bytes, 1024 and so on.
fn begin(source: &SharedSource) -> Result<Option<u64>, ReadError> {
    let mut start = 0;
    while start + SIGNATURE.len() as u64 <= source.size() {
        if source.read(start, SIGNATURE.len())? == SIGNATURE {
            return Ok(Some(start));
        }
        start = if start == 0 { 512 } else { start * 2 };
    }
    Ok(None)
}
