//! Bytes on their way from the order in which they come to that in which they are wanted: dealt into
//! buckets, of which as much as may be stays in memory, and the rest waits in one temporary file.

use std::{
    io::{self, Read, Seek, SeekFrom, Write},
    sync::{Mutex, PoisonError},
};

use crate::environment::{Scratch, ScratchFile};

/// Bounds of what is written to the file at a time.
const SEGMENT_BYTES: std::ops::RangeInclusive<usize> = 1 << 12..=1 << 18;

/// Buckets of bytes.
pub struct Spool<'a> {
    buckets: Vec<Bucket>,
    /// Bytes of a bucket that are put away together.
    segment_bytes: usize,
    /// Bytes of segments that may still stay in memory.
    room_bytes: usize,
    scratch: &'a dyn Scratch,
    file: Option<Mutex<Box<dyn ScratchFile>>>,
    file_bytes: u64,
}

#[derive(Default)]
struct Bucket {
    segments: Vec<Segment>,
    /// What is not put away yet.
    open: Vec<u8>,
}

enum Segment {
    Memory(Box<[u8]>),
    File { offset: u64, n_bytes: usize },
}

impl<'a> Spool<'a> {
    /// Empty buckets. About `memory_bytes` of their content stay in memory; a file in `scratch` takes
    /// what goes beyond.
    pub fn new(n_buckets: usize, memory_bytes: u64, scratch: &'a dyn Scratch) -> Self {
        let memory_bytes = usize::try_from(memory_bytes).unwrap_or(usize::MAX);
        let share = memory_bytes / 2 / n_buckets.max(1);
        Self {
            buckets: std::iter::repeat_with(Bucket::default).take(n_buckets).collect(),
            segment_bytes: share.clamp(*SEGMENT_BYTES.start(), *SEGMENT_BYTES.end()),
            room_bytes: memory_bytes / 2,
            scratch,
            file: None,
            file_bytes: 0,
        }
    }

    /// Number of buckets.
    pub fn n_buckets(&self) -> usize {
        self.buckets.len()
    }

    /// Adds bytes to a bucket.
    pub fn append(&mut self, bucket: usize, bytes: &[u8]) -> io::Result<()> {
        let open = &mut self.buckets[bucket].open;
        if !open.is_empty() && open.len() + bytes.len() > self.segment_bytes {
            let full = std::mem::take(open);
            self.put_away(bucket, full)?;
        }
        self.buckets[bucket].open.extend_from_slice(bytes);
        Ok(())
    }

    fn put_away(&mut self, bucket: usize, bytes: Vec<u8>) -> io::Result<()> {
        let segment = if let Some(room) = self.room_bytes.checked_sub(bytes.len()) {
            self.room_bytes = room;
            Segment::Memory(bytes.into_boxed_slice())
        } else {
            let file = match &mut self.file {
                Some(file) => file,
                None => self.file.insert(Mutex::new(self.scratch.create()?)),
            };
            let offset = self.file_bytes;
            file.get_mut().unwrap_or_else(PoisonError::into_inner).write_all(&bytes)?;
            self.file_bytes += bytes.len() as u64;
            Segment::File { offset, n_bytes: bytes.len() }
        };
        self.buckets[bucket].segments.push(segment);
        Ok(())
    }

    /// All bytes of a bucket, in the order in which they were added.
    pub fn read(&self, bucket: usize) -> io::Result<Vec<u8>> {
        let Bucket { segments, open } = &self.buckets[bucket];
        let put_away = |segment: &Segment| match segment {
            Segment::Memory(bytes) => bytes.len(),
            Segment::File { n_bytes, .. } => *n_bytes,
        };
        let mut bytes = Vec::with_capacity(segments.iter().map(put_away).sum::<usize>() + open.len());
        for segment in segments {
            match segment {
                Segment::Memory(segment) => bytes.extend_from_slice(segment),
                Segment::File { offset, n_bytes } => {
                    let file = self.file.as_ref().expect("a segment was written to it");
                    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                    file.seek(SeekFrom::Start(*offset))?;
                    let before = bytes.len();
                    bytes.resize(before + n_bytes, 0);
                    file.read_exact(&mut bytes[before..])?;
                }
            }
        }
        bytes.extend_from_slice(open);
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryScratch;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_bucket_gives_back_what_it_took(
            pieces in prop::collection::vec((0usize..5, prop::collection::vec(any::<u8>(), 0..3000)), 0..60),
            memory_bytes in prop::sample::select(&[0u64, 20_000, u64::MAX][..]),
        ) {
            let mut spool = Spool::new(5, memory_bytes, &MemoryScratch);
            let mut expected = vec![Vec::new(); 5];
            for (bucket, bytes) in &pieces {
                spool.append(*bucket, bytes).unwrap();
                expected[*bucket].extend_from_slice(bytes);
            }
            for (bucket, expected) in expected.iter().enumerate() {
                prop_assert_eq!(&spool.read(bucket).unwrap(), expected);
            }
        }
    }
}
