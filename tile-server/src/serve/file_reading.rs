//! Reading at a place of a file, for any number of requests at a time.

use std::{
    fs::File,
    io,
    ops::Range,
    sync::atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;

use super::confirmed_pack::ConfirmedPack;

/// Whether a read may wait for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// It may, so this thread must be one for that.
    MayWait,
    /// It may not: what is not in memory already is [`io::ErrorKind::WouldBlock`].
    AtHand,
}

/// A file that several requests read.
pub(super) struct SharedFile {
    source: Source,
    has_failed: AtomicBool,
}

/// Where the bytes come from.
enum Source {
    File(File),
    /// A small file of another host.
    Memory(Bytes),
    /// A pack of another host.
    Pack(ConfirmedPack),
}

impl SharedFile {
    /// Reads this file.
    pub(super) fn new(file: File) -> Self {
        Self::of(Source::File(file))
    }

    /// Reads these bytes.
    pub(super) fn in_memory(bytes: Bytes) -> Self {
        Self::of(Source::Memory(bytes))
    }

    /// Reads this pack of another host.
    pub(super) fn of_pack(pack: ConfirmedPack) -> Self {
        Self::of(Source::Pack(pack))
    }

    fn of(source: Source) -> Self {
        Self { source, has_failed: AtomicBool::new(false) }
    }

    /// The file, where it is one of this machine.
    pub(super) fn file(&self) -> Option<&File> {
        match &self.source {
            Source::File(file) => Some(file),
            Source::Memory(_) | Source::Pack(_) => None,
        }
    }

    /// Whether it is a pack of another host.
    pub(super) fn is_remote(&self) -> bool {
        match self.source {
            Source::File(_) | Source::Memory(_) => false,
            Source::Pack(_) => true,
        }
    }

    /// Is told what will be read next, where it is quicker to get all of that at one time. Blocks.
    ///
    /// # Errors
    /// When no read would come to anything now.
    pub(super) fn prepare(&self, ranges: &[Range<u64>]) -> io::Result<()> {
        match &self.source {
            Source::File(_) | Source::Memory(_) => Ok(()),
            Source::Pack(pack) => self.noting(pack.prepare(ranges)),
        }
    }

    /// Looks at what will be sent, where the host that has it may send something else. Blocks.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub(super) fn confirm(&self, range: &Range<u64>) -> io::Result<()> {
        match &self.source {
            Source::File(_) | Source::Memory(_) => Ok(()),
            Source::Pack(pack) => self.noting(pack.confirm(range)),
        }
    }

    fn noting<T>(&self, outcome: io::Result<T>) -> io::Result<T> {
        if outcome.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::WouldBlock) {
            self.has_failed.store(true, Ordering::Relaxed);
        }
        outcome
    }

    /// Whether a read has failed, or the file ended where it should not.
    pub(super) fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Relaxed)
    }

    /// Reads at least one byte from a place of the file.
    ///
    /// # Errors
    /// What the system says; that the file has become too short; and [`io::ErrorKind::WouldBlock`] where it would have to
    /// wait but may not.
    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64, patience: Patience) -> io::Result<usize> {
        let outcome = loop {
            let outcome = match (&self.source, patience) {
                (Source::File(file), Patience::MayWait) => waiting(file, buffer, offset),
                (Source::File(file), Patience::AtHand) => at_hand(file, buffer, offset),
                (Source::Memory(bytes), _) => Ok(copy(bytes, buffer, offset)),
                (Source::Pack(pack), patience) => pack.read_at(buffer, offset, patience),
            };
            match outcome {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) => {
                    let why = "the file has become shorter while it was read";
                    break Err(io::Error::new(io::ErrorKind::UnexpectedEof, why));
                }
                outcome => break outcome,
            }
        };
        self.noting(outcome)
    }
}

fn copy(bytes: &[u8], buffer: &mut [u8], offset: u64) -> usize {
    let rest = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..)).unwrap_or_default();
    let n = rest.len().min(buffer.len());
    buffer[..n].copy_from_slice(&rest[..n]);
    n
}

/// Linux tells what its page cache has, for most file systems; what it does not say is as if it had to be waited for.
#[cfg(target_os = "linux")]
fn at_hand(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    use rustix::io::{Errno, ReadWriteFlags, preadv2};
    match preadv2(file, &mut [io::IoSliceMut::new(buffer)], offset, ReadWriteFlags::NOWAIT) {
        Ok(read) => Ok(read),
        Err(Errno::AGAIN | Errno::OPNOTSUPP | Errno::NOSYS) => Err(io::ErrorKind::WouldBlock.into()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn at_hand(_: &File, _: &mut [u8], _: u64) -> io::Result<usize> {
    Err(io::ErrorKind::WouldBlock.into())
}

#[cfg(unix)]
fn waiting(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn waiting(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn what_is_read_lies_at_the_place_whoever_reads() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        for patience in [Patience::MayWait, Patience::AtHand] {
            let file = SharedFile::new(file.try_clone().unwrap());
            let mut buffer = [0; 4];
            for (offset, expected) in [(3, &b"3456"[..]), (8, b"89"), (2, b"2345")] {
                match file.read_at(&mut buffer, offset, patience) {
                    Ok(read) => assert_eq!(&buffer[..read], expected, "{offset}"),
                    // Not every file system says what is at hand.
                    Err(error) => assert_eq!((error.kind(), patience), (io::ErrorKind::WouldBlock, Patience::AtHand)),
                }
            }
            assert!(!file.has_failed());
            let error = file.read_at(&mut buffer, 10, Patience::MayWait).unwrap_err();
            assert!(error.kind() == io::ErrorKind::UnexpectedEof && file.has_failed());
        }
    }
}
