//! Bytes of a file in blocks, so that many small reads are few of the browser's.

use std::{
    io,
    sync::{Mutex, PoisonError},
};

use h5ad::Source;

/// Bytes that are read together, since each read takes about 0.2 ms from a disk and longer from a host. What is longer is
/// read by itself.
const BLOCK_BYTES: u64 = 1 << 18;

/// Blocks that are kept for reads near those before.
const MOST_BLOCKS: usize = 64;

/// A file that can be read by slices.
pub trait ReadSlice {
    /// How many bytes it has.
    fn n_bytes(&self) -> u64;

    /// Fills `buf` with the bytes from `offset` on, which are there.
    ///
    /// # Errors
    /// When they cannot be obtained.
    fn read(&self, offset: u64, buf: &mut [u8]) -> io::Result<()>;
}

/// A file, with the last blocks that were read of it.
pub struct Cached<R> {
    file: R,
    /// Where each begins; the latest is at the end.
    kept: Mutex<Vec<(u64, Vec<u8>)>>,
}

impl<R: ReadSlice> Cached<R> {
    /// Nothing is read yet.
    pub fn new(file: R) -> Self {
        Self { file, kept: Mutex::default() }
    }
}

impl<R: ReadSlice> Source for Cached<R> {
    fn size(&self) -> u64 {
        self.file.n_bytes()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let size = self.size();
        let end =
            offset.checked_add(buf.len() as u64).filter(|&end| end <= size).ok_or(io::ErrorKind::UnexpectedEof)?;
        if buf.len() as u64 > BLOCK_BYTES {
            return self.file.read(offset, buf);
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut at = offset;
        while at < end {
            let start = at / BLOCK_BYTES * BLOCK_BYTES;
            let block = match kept.iter().position(|(of, _)| *of == start) {
                Some(place) => kept.remove(place),
                None => {
                    let mut bytes = vec![0; BLOCK_BYTES.min(size - start) as usize];
                    self.file.read(start, &mut bytes)?;
                    (start, bytes)
                }
            };
            let n_bytes = (end.min(start + BLOCK_BYTES) - at) as usize;
            let (from, to) = ((at - start) as usize, (at - offset) as usize);
            buf[to..to + n_bytes].copy_from_slice(&block.1[from..from + n_bytes]);
            at += n_bytes as u64;
            if kept.len() == MOST_BLOCKS {
                kept.remove(0);
            }
            kept.push(block);
        }
        Ok(())
    }
}
