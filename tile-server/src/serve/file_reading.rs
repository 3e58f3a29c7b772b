//! Reading at a place of a file, for any number of requests at a time.

use std::{
    fs::File,
    io,
    sync::atomic::{AtomicBool, Ordering},
};

/// Whether a read may wait for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// It may, so this thread must be one for that.
    MayWait,
    /// It may not: what is not in memory already is [`io::ErrorKind::WouldBlock`].
    AtHand,
}

/// A file that several requests read.
#[derive(Debug)]
pub(super) struct SharedFile {
    file: File,
    has_failed: AtomicBool,
}

impl SharedFile {
    /// Reads this file.
    pub(super) fn new(file: File) -> Self {
        Self { file, has_failed: AtomicBool::new(false) }
    }

    /// The file.
    pub(super) fn file(&self) -> &File {
        &self.file
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
            let outcome = match patience {
                Patience::MayWait => waiting(&self.file, buffer, offset),
                Patience::AtHand => at_hand(&self.file, buffer, offset),
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
        if outcome.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::WouldBlock) {
            self.has_failed.store(true, Ordering::Relaxed);
        }
        outcome
    }
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
