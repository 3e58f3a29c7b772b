//! Bodies of responses: short ones at hand, long ones read piece by piece when the client takes them.

use std::{
    io::{self, Read},
    ops::Range,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
    vec,
};

use super::{
    disk_threads::DiskThreads,
    exchange::HeldBytes,
    file_reading::{Patience, SharedFile},
    piece_buffers::{PIECE_BYTES, PieceBuffer},
};
use bytes::Bytes;
use futures_util::future::BoxFuture;

/// The body of every response.
pub(super) enum Body {
    /// At hand, with the room that it takes in memory where it is for this response only.
    Whole(Bytes, Option<HeldBytes>),
    /// To be read.
    Read(Reading),
}

impl Default for Body {
    /// An empty one.
    fn default() -> Self {
        Self::Whole(Bytes::new(), None)
    }
}

/// A body that is at hand.
pub(super) fn full(bytes: impl Into<Bytes>) -> Body {
    Body::Whole(bytes.into(), None)
}

/// Where pieces come from.
pub(super) trait Pieces: Send + 'static {
    /// Up to [`PIECE_BYTES`]; no bytes at the end, and only there.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] where the thread would have to wait but may not; nothing is lost then. Otherwise
    /// what keeps it from being read.
    fn next(&mut self, patience: Patience) -> io::Result<Bytes>;
}

/// Reads piece after piece, on this thread what is at hand, and on a thread for that what is not.
pub(super) struct Reading {
    source: Source,
    threads: DiskThreads,
    /// The longest that one piece may take.
    time: Duration,
}

/// A piece, and what the next ones come from.
type ReadPiece = (Bytes, Box<dyn Pieces>);

enum Source {
    Here(Box<dyn Pieces>),
    OnAnotherThread(BoxFuture<'static, io::Result<ReadPiece>>),
    /// Read to its end, or broken.
    Ended,
}

impl Reading {
    /// Reads from its beginning; no piece may take longer than `time`.
    pub(super) fn of(pieces: impl Pieces, threads: &DiskThreads, time: Duration) -> Self {
        Self { source: Source::Here(Box::new(pieces)), threads: threads.clone(), time }
    }

    /// The next piece, or none at the end.
    pub(super) fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            let outcome = match std::mem::replace(&mut self.source, Source::Ended) {
                Source::Here(mut pieces) => match pieces.next(Patience::AtHand) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        let (threads, time) = (self.threads.clone(), self.time);
                        let read = async move {
                            threads.run(time, move || Ok((pieces.next(Patience::MayWait)?, pieces))).await?
                        };
                        self.source = Source::OnAnotherThread(Box::pin(read));
                        continue;
                    }
                    outcome => outcome.map(|bytes| (bytes, pieces)),
                },
                Source::OnAnotherThread(mut read) => match read.as_mut().poll(context) {
                    Poll::Pending => {
                        self.source = Source::OnAnotherThread(read);
                        return Poll::Pending;
                    }
                    Poll::Ready(outcome) => outcome,
                },
                Source::Ended => return Poll::Ready(None),
            };
            return Poll::Ready(match outcome {
                Ok((bytes, _)) if bytes.is_empty() => None,
                Ok((bytes, pieces)) => {
                    self.source = Source::Here(pieces);
                    Some(Ok(bytes))
                }
                Err(error) => Some(Err(error)),
            });
        }
    }
}

/// A part of a body: some bytes of a file.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) file: Arc<SharedFile>,
    pub(super) range: Range<u64>,
}

/// How many bytes the parts have together.
pub(super) fn total_bytes(parts: &[Part]) -> u64 {
    parts.iter().map(|part| part.range.end - part.range.start).sum()
}

/// Reads parts one after the other. A file that ends before its part does is an error, since the length has been
/// promised by then.
pub(super) struct Parts {
    rest: vec::IntoIter<Part>,
    current: Option<Part>,
    n_bytes_left: u64,
}

impl Parts {
    /// Starts with the first part.
    pub(super) fn new(parts: Vec<Part>) -> Self {
        let n_bytes_left = total_bytes(&parts);
        let mut rest = parts.into_iter();
        Self { current: rest.next(), rest, n_bytes_left }
    }

    /// Reads into the buffer, less than it holds only at the end; returns how much.
    fn fill(&mut self, buffer: &mut [u8], patience: Patience) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(Part { file, range }) = &mut self.current {
            let wanted = usize::try_from(range.end - range.start).unwrap_or(usize::MAX).min(buffer.len() - filled);
            if wanted > 0 {
                if patience == Patience::MayWait {
                    file.prepare(std::slice::from_ref(range))?;
                }
                match file.read_at(&mut buffer[filled..filled + wanted], range.start, patience) {
                    Ok(read) => {
                        filled += read;
                        range.start += read as u64;
                        self.n_bytes_left -= read as u64;
                    }
                    // What has been read so far is a piece, too.
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock && filled > 0 => return Ok(filled),
                    Err(error) => return Err(error),
                }
            } else if range.is_empty() {
                self.current = self.rest.next();
            } else {
                break;
            }
        }
        Ok(filled)
    }
}

impl Pieces for Parts {
    fn next(&mut self, patience: Patience) -> io::Result<Bytes> {
        let most = usize::try_from(self.n_bytes_left).unwrap_or(usize::MAX).min(PIECE_BYTES);
        if most < PIECE_BYTES {
            let mut bytes = vec![0; most];
            let filled = self.fill(&mut bytes, patience)?;
            bytes.truncate(filled);
            return Ok(bytes.into());
        }
        let mut buffer = PieceBuffer::take();
        let filled = self.fill(buffer.memory(), patience)?;
        Ok(buffer.into_bytes(filled))
    }
}

/// All that the parts hold, which must not be more than [`PIECE_BYTES`].
///
/// # Errors
/// As [`Pieces::next`].
pub(super) fn read_whole(parts: Vec<Part>, patience: Patience) -> io::Result<Bytes> {
    let mut parts = Parts::new(parts);
    let expected = parts.n_bytes_left;
    let bytes = parts.next(patience)?;
    if bytes.len() as u64 == expected { Ok(bytes) } else { Err(io::ErrorKind::WouldBlock.into()) }
}

impl Read for Parts {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.fill(buffer, Patience::MayWait)
    }
}

/// The pieces of what a reader gives, which may always have to wait. The first is read at once, so that what fails early
/// can still be answered with an error.
pub(super) struct Buffered<R> {
    reader: R,
    first: Option<Bytes>,
    _room: Option<HeldBytes>,
}

impl<R: Read + Send + 'static> Buffered<R> {
    /// Reads the first piece. The reader takes this room in memory.
    ///
    /// # Errors
    /// What the reader says.
    pub(super) fn new(mut reader: R, room: Option<HeldBytes>) -> io::Result<Self> {
        let first = piece(&mut reader)?;
        Ok(Self { reader, first: Some(first), _room: room })
    }
}

impl<R: Read + Send + 'static> Pieces for Buffered<R> {
    fn next(&mut self, patience: Patience) -> io::Result<Bytes> {
        match (self.first.take(), patience) {
            (Some(first), _) => Ok(first),
            (None, Patience::AtHand) => Err(io::ErrorKind::WouldBlock.into()),
            (None, Patience::MayWait) => piece(&mut self.reader),
        }
    }
}

fn piece(reader: &mut impl Read) -> io::Result<Bytes> {
    let mut bytes = Vec::with_capacity(PIECE_BYTES);
    reader.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut bytes)?;
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, io::Write};

    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn file_of(bytes: &[u8]) -> Arc<SharedFile> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Arc::new(SharedFile::new(file))
    }

    #[test]
    fn a_file_that_ends_too_early_is_an_error() {
        let parts = vec![Part { file: file_of(b"short"), range: 0..9 }];
        let error = Parts::new(parts.clone()).read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        let error = read_whole(parts, Patience::MayWait).unwrap_err();
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
            Parts::new(parts.clone()).read_to_end(&mut read).unwrap();
            prop_assert_eq!(&read, &expected);
            prop_assert_eq!(read_whole(parts, Patience::MayWait).unwrap(), expected);
        }
    }

    async fn all_of(pieces: impl Pieces) -> Vec<u8> {
        let mut reading = Reading::of(pieces, &DiskThreads::default(), Duration::from_secs(60));
        let mut bytes = Vec::new();
        while let Some(piece) = poll_fn(|context| reading.poll_piece(context)).await {
            bytes.extend_from_slice(&piece.unwrap());
        }
        bytes
    }

    #[tokio::test]
    async fn long_bodies_arrive_whole() {
        for len in [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES] {
            let content: Vec<u8> = (0..len).map(|at| (at % 251) as u8).collect();
            let parts = vec![Part { file: file_of(&content), range: 0..len as u64 }];
            assert!(all_of(Parts::new(parts)).await == content, "{len} bytes of a file");
            let reader = Buffered::new(io::Cursor::new(content.clone()), None).unwrap();
            assert!(all_of(reader).await == content, "{len} bytes of a reader");
        }
    }

    /// Never at hand, and never there.
    struct Hanging;

    impl Pieces for Hanging {
        fn next(&mut self, patience: Patience) -> io::Result<Bytes> {
            if patience == Patience::MayWait {
                std::thread::sleep(Duration::from_millis(200));
            }
            Err(io::ErrorKind::WouldBlock.into())
        }
    }

    #[tokio::test]
    async fn a_read_that_takes_too_long_is_an_error() {
        let mut reading = Reading::of(Hanging, &DiskThreads::default(), Duration::from_millis(10));
        let error = poll_fn(|context| reading.poll_piece(context)).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
