//! Bodies of responses: short ones whole, long ones read piece by piece.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    sync::Arc,
    vec,
};

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Frame;
use tokio::task;

/// The body of every response.
pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// What one read from disk brings: as much memory as a response in flight takes.
pub(super) const PIECE_BYTES: usize = 128 * 1024;

/// A body that is at hand.
pub(super) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// A body of all that `reader` gives. The first piece is read at once, so that what fails early can
/// still be answered with an error, and a short body is sent whole; the rest is read as it is sent.
///
/// # Errors
/// What the first read says.
pub(super) fn from_reader<R: Read + Send + 'static>(mut reader: R) -> io::Result<Body> {
    let first = piece(&mut reader)?;
    if first.len() < PIECE_BYTES {
        return Ok(full(first));
    }
    let pieces = stream::try_unfold((reader, Some(first)), |(mut reader, ready)| async move {
        if let Some(piece) = ready {
            return Ok(Some((Frame::data(piece), (reader, None))));
        }
        let read = task::spawn_blocking(move || piece(&mut reader).map(|piece| (piece, reader)));
        let (piece, reader) = read.await.map_err(io::Error::other)??;
        Ok((!piece.is_empty()).then(|| (Frame::data(piece), (reader, None))))
    });
    Ok(StreamBody::new(pieces).boxed_unsync())
}

/// Up to [`PIECE_BYTES`]; less only at the end.
fn piece(reader: &mut impl Read) -> io::Result<Bytes> {
    let mut bytes = Vec::with_capacity(PIECE_BYTES);
    reader.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut bytes)?;
    Ok(bytes.into())
}

/// A part of a body: some bytes of a file.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) file: Arc<File>,
    pub(super) range: Range<u64>,
}

/// Reads parts one after the other. A file that ends before its part does is an error, since the
/// length has been promised by then.
pub(super) struct PartsReader {
    rest: vec::IntoIter<Part>,
    current: Option<Part>,
}

impl PartsReader {
    /// Starts with the first part.
    pub(super) fn new(parts: Vec<Part>) -> Self {
        let mut rest = parts.into_iter();
        let current = rest.next();
        Self { rest, current }
    }
}

impl Read for PartsReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while let Some(part) = &mut self.current {
            let count = part.read(buffer)?;
            if count > 0 {
                return Ok(count);
            }
            self.current = self.rest.next();
        }
        Ok(0)
    }
}

impl Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.range.end - self.range.start).unwrap_or(usize::MAX);
        let wanted = left.min(buffer.len());
        if wanted == 0 {
            return Ok(0);
        }
        // The handle is this response's own, but several parts may share it.
        let mut file = self.file.as_ref();
        file.seek(SeekFrom::Start(self.range.start))?;
        let count = file.read(&mut buffer[..wanted])?;
        if count == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file has become shorter while it was read"));
        }
        self.range.start += count as u64;
        Ok(count)
    }
}

/// How many bytes the parts have together.
pub(super) fn total_bytes(parts: &[Part]) -> u64 {
    parts.iter().map(|part| part.range.end - part.range.start).sum()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn file_of(bytes: &[u8]) -> Arc<File> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Arc::new(file)
    }

    #[test]
    fn a_file_that_ends_too_early_is_an_error() {
        let parts = vec![Part { file: file_of(b"short"), range: 0..9 }];
        let error = PartsReader::new(parts).read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    proptest! {
        #[test]
        fn parts_are_read_in_order(
            content in vec(any::<u8>(), 1..400),
            cuts in vec((0usize..400, 0usize..400), 0..8),
        ) {
            let file = file_of(&content);
            let mut parts = Vec::new();
            let mut expected = Vec::new();
            for (a, b) in cuts {
                let (start, end) = (a.min(b).min(content.len()), a.max(b).min(content.len()));
                expected.extend_from_slice(&content[start..end]);
                parts.push(Part { file: Arc::clone(&file), range: start as u64..end as u64 });
            }
            prop_assert_eq!(total_bytes(&parts), expected.len() as u64);
            let mut read = Vec::new();
            PartsReader::new(parts).read_to_end(&mut read).unwrap();
            prop_assert_eq!(read, expected);
        }
    }

    #[tokio::test]
    async fn long_bodies_arrive_whole() {
        for len in [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES] {
            let content: Vec<u8> = (0..len).map(|at| (at % 251) as u8).collect();
            let body = from_reader(io::Cursor::new(content.clone())).unwrap();
            let arrived = body.collect().await.unwrap().to_bytes();
            assert!(arrived == content, "{len} bytes");
        }
    }
}
