//! One block as a file: a mark, the key, a checksum, the bytes.

use std::{
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use tempfile::Builder;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// Says what a file is, and how it is written.
const MARK: &[u8; 8] = b"TSblock1";

/// The bytes before those of the block.
pub(crate) const HEADER_BYTES: usize = 8 + 16 + 8;

/// No block is longer.
const MOST_BYTES: u64 = 16 << 20;

/// What the name of an unfinished file begins with.
pub(super) const UNFINISHED: &str = ".unfinished-";

/// What a block is of: a hash of the address of its file, of that file's length, and of the block's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct BlockKey(u128);

impl BlockKey {
    /// The key of a block.
    pub(crate) fn of(url: &str, n_bytes: u64, number: u64) -> Self {
        Self(xxh3_128(format!("{number} {n_bytes} {url}").as_bytes()))
    }

    /// Its file. Folders keep the lists of files short.
    pub(super) fn path(&self, directory: &Path) -> PathBuf {
        let name = format!("{:032x}", self.0);
        directory.join(&name[..2]).join(name)
    }
}

/// Reads a block.
///
/// # Errors
/// When the file is not one of this key, or its bytes are not those that were written.
pub(super) fn read(file: &mut impl Read, key: &BlockKey) -> io::Result<Bytes> {
    let wrong = |why| Err(io::Error::new(io::ErrorKind::InvalidData, why));
    let mut bytes = Vec::with_capacity((1 << 20) + HEADER_BYTES);
    file.take(HEADER_BYTES as u64 + MOST_BYTES).read_to_end(&mut bytes)?;
    let Some((header, block)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
        return wrong("it is too short");
    };
    if header[..8] != MARK[..] || header[8..24] != key.0.to_le_bytes() {
        return wrong("it is no block of this key");
    }
    if header[24..] != xxh3_64(block).to_le_bytes() {
        return wrong("its bytes are not those that were written");
    }
    Ok(Bytes::from(bytes).slice(HEADER_BYTES..))
}

/// Writes a block, so that it is there whole or not at all.
///
/// # Errors
/// What the system says.
pub(super) fn write(directory: &Path, key: &BlockKey, block: &[u8]) -> io::Result<()> {
    let path = key.path(directory);
    let folder = path.parent().expect("a block lies in a folder");
    fs::create_dir_all(folder)?;
    let mut file = Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
    let mut header = Vec::with_capacity(HEADER_BYTES);
    header.extend_from_slice(MARK);
    header.extend_from_slice(&key.0.to_le_bytes());
    header.extend_from_slice(&xxh3_64(block).to_le_bytes());
    file.write_all(&header)?;
    file.write_all(block)?;
    file.persist(&path)?;
    Ok(())
}
