//! Where the bytes of an AnnData file come from.

use std::io;
use std::sync::Arc;

/// Bytes of known number that can be read from anywhere.
pub trait Source {
    /// How many bytes there are. Report the true length: what a file claims is held against it.
    fn size(&self) -> u64;

    /// Reads exactly `buf.len()` bytes, beginning with byte `offset`.
    ///
    /// # Errors
    /// When the bytes cannot be obtained, or there are not as many.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()>;
}

impl<S: Source + ?Sized> Source for Arc<S> {
    fn size(&self) -> u64 {
        (**self).size()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        (**self).read_at(offset, buf)
    }
}

/// One source, read at given offsets by any number of threads.
#[derive(Clone)]
pub(crate) struct SharedSource(Arc<dyn Source + Send + Sync>);

impl SharedSource {
    pub(crate) fn new(source: impl Source + Send + Sync + 'static) -> Self {
        Self(Arc::new(source))
    }

    pub(crate) fn size(&self) -> u64 {
        self.0.size()
    }

    /// Reads `length` bytes from `offset` on. A range beyond the end takes no memory.
    pub(crate) fn read(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        if offset.checked_add(length as u64).is_none_or(|end| end > self.size()) {
            return Err(past_the_end(offset, length as u64, self.size()));
        }
        let mut bytes = vec![0; length];
        self.0.read_at(offset, &mut bytes)?;
        Ok(bytes)
    }
}

/// A file that is wholly in memory.
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Source for Bytes {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let bytes = usize::try_from(offset).ok().and_then(|start| self.0.get(start..)?.get(..buf.len()));
        let bytes = bytes.ok_or_else(|| past_the_end(offset, buf.len() as u64, self.size()))?;
        buf.copy_from_slice(bytes);
        Ok(())
    }
}

/// The error for `length` bytes from `offset` on, of which only `size` exist.
pub(crate) fn past_the_end(offset: u64, length: u64, size: u64) -> io::Error {
    let message = format!("{length} bytes are wanted at byte {offset}, but it ends after {size}");
    io::Error::new(io::ErrorKind::UnexpectedEof, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_past_the_end_is_an_error() {
        let source = SharedSource::new(Bytes(vec![1, 2, 3]));
        assert_eq!(source.read(1, 2).unwrap(), [2, 3]);
        for offset in [2, 4, u64::MAX] {
            assert!(source.read(offset, 2).is_err(), "{offset}");
        }
        assert!(source.read(0, usize::MAX).is_err());
    }
}
