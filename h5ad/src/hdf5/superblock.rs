//! The superblock: where a file begins, how it counts, and where its root lies.

use super::super::codec;
use super::super::read_error::ReadError;
use super::super::source::SharedSource;
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
        Ok(Self { reader: Reader::new(source.clone(), start, widths), root })
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
