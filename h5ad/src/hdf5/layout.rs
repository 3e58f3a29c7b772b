//! Layout messages: how a dataset's elements lie in the file.

use super::super::read_error::ReadError;
use super::reader::Cursor;

/// How a dataset is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// In its header.
    Compact(Vec<u8>),
    /// In one piece, at an address unless nothing was written.
    Contiguous(Option<u64>),
    /// In chunks.
    Chunked(Chunked),
    /// Put together from other datasets.
    Virtual,
}

/// How a dataset's chunks are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chunked {
    /// Extents of a chunk, without that of an element's bytes.
    pub(super) chunk: Vec<u64>,
    /// What lists the chunks.
    pub(super) index: Index,
    /// Where the index lies, unless nothing was written.
    pub(super) address: Option<u64>,
    /// Bytes of a filtered chunk's size in the index, where the format does not derive them from the chunk.
    pub(super) size_bytes: Option<usize>,
    /// Chunks that reach over the edge are not filtered.
    pub(super) edges_are_plain: bool,
}

/// What lists the chunks of a dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Index {
    /// A B-tree of version 1.
    BTreeV1,
    /// Nothing: there is one chunk, and this is its stored size and filter mask if it is filtered.
    Single(Option<(u64, u32)>),
    /// Nothing: they lie one after another.
    Implicit,
    /// An array of fixed length, in pages of so many bits of elements.
    FixedArray { page_bits: u8 },
    /// An array that grows along one dimension.
    ExtensibleArray,
    /// A B-tree of version 2.
    BTreeV2,
}

impl Layout {
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ReadError> {
        let version = cursor.u8()?;
        match version {
            1 | 2 => Self::read_v1(cursor),
            3..=5 => Self::read_v3(cursor, version),
            _ => Err(ReadError::Unsupported(format!("its layout has the unknown version {version}"))),
        }
    }

    fn read_v1(cursor: &mut Cursor<'_>) -> Result<Self, ReadError> {
        let (rank, class) = (cursor.u8()?, cursor.u8()?);
        cursor.skip(5)?;
        let address = if class == 0 { None } else { cursor.address()? };
        let mut dims = Vec::new();
        for _ in 0..rank {
            dims.push(u64::from(cursor.u32()?));
        }
        Ok(match class {
            0 => {
                let length = cursor.u32()? as usize;
                Self::Compact(cursor.take(length)?.to_vec())
            }
            1 => Self::Contiguous(address),
            2 => {
                dims.pop();
                Self::Chunked(Chunked {
                    chunk: dims,
                    index: Index::BTreeV1,
                    address,
                    size_bytes: None,
                    edges_are_plain: false,
                })
            }
            _ => return Err(unknown_class(class)),
        })
    }

    fn read_v3(cursor: &mut Cursor<'_>, version: u8) -> Result<Self, ReadError> {
        let class = cursor.u8()?;
        Ok(match class {
            0 => {
                let length = cursor.u16()?.into();
                Self::Compact(cursor.take(length)?.to_vec())
            }
            1 => Self::Contiguous(cursor.address()?),
            2 if version == 3 => {
                let rank = cursor.u8()?;
                let address = cursor.address()?;
                let mut chunk = Vec::new();
                for _ in 1..rank {
                    chunk.push(u64::from(cursor.u32()?));
                }
                let index = Index::BTreeV1;
                Self::Chunked(Chunked { chunk, index, address, size_bytes: None, edges_are_plain: false })
            }
            2 => Self::Chunked(Chunked::read_v4(cursor, version)?),
            3 => Self::Virtual,
            _ => return Err(unknown_class(class)),
        })
    }
}

impl Chunked {
    fn read_v4(cursor: &mut Cursor<'_>, version: u8) -> Result<Self, ReadError> {
        const EDGES_ARE_PLAIN: u8 = 1;
        const SINGLE_IS_FILTERED: u8 = 2;
        let (flags, rank, dim_bytes) = (cursor.u8()?, cursor.u8()?, cursor.u8()?);
        if dim_bytes > 8 {
            return Err(ReadError::damaged("its chunks have impossible extents"));
        }
        let mut chunk = Vec::new();
        for _ in 0..rank {
            chunk.push(cursor.uint(dim_bytes.into())?);
        }
        chunk.pop();
        let index = match cursor.u8()? {
            1 if flags & SINGLE_IS_FILTERED != 0 => Index::Single(Some((cursor.length()?, cursor.u32()?))),
            1 => Index::Single(None),
            2 => Index::Implicit,
            3 => Index::FixedArray { page_bits: cursor.u8()? },
            4 => {
                cursor.skip(5)?;
                Index::ExtensibleArray
            }
            5 => {
                cursor.skip(6)?;
                Index::BTreeV2
            }
            other => {
                return Err(ReadError::Unsupported(format!("its chunks have an index of the unknown kind {other}")));
            }
        };
        let size_bytes = (version >= 5).then_some(cursor.widths().length);
        Ok(Self { chunk, index, address: cursor.address()?, size_bytes, edges_are_plain: flags & EDGES_ARE_PLAIN != 0 })
    }

    /// Bytes of a filtered chunk's size in the index, for chunks of `chunk_bytes`.
    pub(super) fn size_bytes(&self, chunk_bytes: u64) -> usize {
        self.size_bytes.unwrap_or_else(|| (1 + (chunk_bytes.max(1).ilog2() as usize + 8) / 8).min(8))
    }
}

fn unknown_class(class: u8) -> ReadError {
    ReadError::Unsupported(format!("its layout is of the unknown class {class}"))
}
