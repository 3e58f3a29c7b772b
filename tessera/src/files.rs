//! The files of a dataset, wherever they lie.

use std::{fs::File, io, ops::Range, path::PathBuf};

use shared_fbs::manifest::Pack;

use crate::plain_file;

/// The bytes of a piece of a file that is read whole.
const PIECE_BYTES: u64 = 4 << 20;

/// Where the packs of a dataset lie.
pub trait Files: Send + Sync {
    /// A pack's bytes. Blocks.
    ///
    /// # Errors
    /// When there is no such pack, or it cannot be opened.
    fn open(&self, pack: &Pack) -> io::Result<Box<dyn ReadAt>>;

    /// The bytes of a poster, of which there should be so many. Blocks.
    ///
    /// # Errors
    /// When there is no such file, or it cannot be opened.
    fn open_poster(&self, file: &str, n_bytes: u64) -> io::Result<Box<dyn ReadAt>>;
}

/// The bytes of a pack, which never change.
pub trait ReadAt: Send + Sync {
    /// How many there are.
    fn n_bytes(&self) -> u64;

    /// The bytes of a range, for any number of threads at a time. Blocks.
    ///
    /// # Errors
    /// When they cannot be read, or there are fewer.
    fn read(&self, range: Range<u64>) -> io::Result<Vec<u8>>;

    /// Is told what will be read next, where it is quicker to get all of that at one time. Blocks.
    ///
    /// # Errors
    /// When no read would come to anything now.
    fn prepare(&self, _ranges: &[Range<u64>]) -> io::Result<()> {
        Ok(())
    }

    /// Is told that the bytes of a range are not those that were written. Where another read may give others, says where
    /// these came from.
    fn forget(&self, _range: Range<u64>) -> Option<String> {
        None
    }
}

/// A directory on this machine.
#[derive(Clone, Debug)]
pub struct Directory(pub PathBuf);

/// An open pack.
struct PackFile {
    file: File,
    n_bytes: u64,
}

impl Files for Directory {
    fn open(&self, pack: &Pack) -> io::Result<Box<dyn ReadAt>> {
        self.open_file(&pack.file)
    }

    fn open_poster(&self, file: &str, _: u64) -> io::Result<Box<dyn ReadAt>> {
        self.open_file(file)
    }
}

impl Directory {
    fn open_file(&self, name: &str) -> io::Result<Box<dyn ReadAt>> {
        let file = plain_file::open(&self.0.join(name))?;
        let n_bytes = file.metadata()?.len();
        Ok(Box::new(PackFile { file, n_bytes }))
    }
}

/// Hands out the bytes of a file in order, in pieces.
///
/// # Errors
/// Those of the reads, and of `take`.
pub fn read_all(file: &dyn ReadAt, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let n_bytes = file.n_bytes();
    let mut start = 0;
    while start < n_bytes {
        let end = n_bytes.min(start + PIECE_BYTES);
        take(&file.read(start..end)?)?;
        start = end;
    }
    Ok(())
}

impl ReadAt for PackFile {
    fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    fn read(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let len = usize::try_from(range.end.saturating_sub(range.start)).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let mut bytes = vec![0; len];
        read_exact_at(&self.file, &mut bytes, range.start)?;
        Ok(bytes)
    }
}

/// Fills the buffer from a place of the file, for any number of threads at a time.
#[cfg(unix)]
fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

/// Fills the buffer from a place of the file, for any number of threads at a time.
#[cfg(windows)]
fn read_exact_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, buffer, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                buffer = &mut buffer[read..];
                offset += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
