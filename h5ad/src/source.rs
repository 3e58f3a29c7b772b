//! Where the bytes of an AnnData file come from.

use std::sync::Arc;

use hdf5_pure::FormatError;
pub use hdf5_pure::Source;

/// One source, read at given offsets by any number of threads.
#[derive(Clone)]
pub(crate) struct SharedSource(Arc<dyn Source + Send + Sync>);

impl SharedSource {
    pub(crate) fn new(source: impl Source + Send + Sync + 'static) -> Self {
        Self(Arc::new(source))
    }
}

impl Source for SharedSource {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), FormatError> {
        self.0.read_at(offset, buf)
    }
}

/// A file that is wholly in memory.
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Source for Bytes {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), FormatError> {
        let bytes = usize::try_from(offset).ok().and_then(|start| self.0.get(start..)?.get(..buf.len()));
        let available = usize::try_from(self.len().saturating_sub(offset)).unwrap_or(usize::MAX);
        buf.copy_from_slice(bytes.ok_or(FormatError::UnexpectedEof { expected: buf.len(), available })?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_past_the_end_is_an_error() {
        let source = SharedSource::new(Bytes(vec![1, 2, 3]));
        let mut two = [0; 2];
        assert!(source.read_at(1, &mut two).is_ok());
        assert_eq!(two, [2, 3]);
        for offset in [2, 4, u64::MAX] {
            assert!(source.read_at(offset, &mut two).is_err(), "{offset}");
        }
    }
}
