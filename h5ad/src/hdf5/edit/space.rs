//! Where new bytes go.

use std::io;
use std::ops::Range;

use super::super::superblock::Form;
use super::heap::{Collection, Heap};

/// The bytes of a file in the making, or of a copy that is being changed.
pub trait Target {
    /// Writes all of `bytes` from byte `offset` on, which may lie at the end.
    ///
    /// # Errors
    /// When they cannot be written.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;
}

impl Target for Vec<u8> {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let end = start + bytes.len();
        if self.len() < end {
            self.resize(end, 0);
        }
        self[start..end].copy_from_slice(bytes);
        Ok(())
    }
}

#[cfg(feature = "native")]
impl Target for std::fs::File {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        use std::io::{Seek as _, SeekFrom, Write as _};

        self.seek(SeekFrom::Start(offset))?;
        self.write_all(bytes)
    }
}

/// Gives out room in a file.
pub(crate) struct Space<T> {
    target: T,
    form: Form,
    /// The first address that nothing lies at.
    end: u64,
    /// Of a copy, the first address behind what was there: what follows was put.
    old_end: u64,
    /// Addresses of what is no longer part of the file, ascending and apart.
    free: Vec<Range<u64>>,
    pub(super) chunk_tree_rank: u16,
    heap: Heap,
}

impl<T: Target> Space<T> {
    /// A new file.
    pub(crate) fn new(target: T) -> Self {
        let form = Form::new();
        let end = form.len();
        Self { target, form, end, old_end: 0, free: Vec::new(), chunk_tree_rank: 32, heap: Heap::default() }
    }

    /// The copy of a file of this form and number of bytes.
    pub(super) fn of_copy(target: T, form: Form, bytes: u64, chunk_tree_rank: u16) -> Self {
        let end = bytes - form.start();
        Self { target, form, end, old_end: end, free: Vec::new(), chunk_tree_rank, heap: Heap::default() }
    }

    /// Writes a block and gives its address.
    pub(super) fn put(&mut self, bytes: &[u8]) -> io::Result<u64> {
        let length = bytes.len() as u64;
        let aligned = |range: &Range<u64>| range.start.next_multiple_of(ALIGNMENT);
        if let Some(at) = self.free.iter().position(|range| aligned(range) + length <= range.end) {
            let address = aligned(&self.free[at]);
            self.free[at].start = address + length;
            if self.free[at].is_empty() {
                self.free.remove(at);
            }
            self.overwrite(address, bytes)?;
            return Ok(address);
        }
        let address = self.end.next_multiple_of(ALIGNMENT);
        // Without a gap, for who only adds to the end.
        let padded = [&vec![0; (address - self.end) as usize], bytes].concat();
        self.overwrite(self.end, &padded)?;
        self.end = address + length;
        Ok(address)
    }

    /// Writes a text into the global heap, and gives the address of its collection and its number there. About
    /// `more_bytes` of texts follow it.
    pub(super) fn put_text(&mut self, text: &str, more_bytes: usize) -> io::Result<(u64, u32)> {
        if !self.heap.has_room(text) {
            self.close_heap()?;
            let several = Collection::new(text.len().saturating_add(more_bytes));
            let collection = if several.has_room(text) { several } else { Collection::of_one(text) };
            self.heap = Heap(Some((self.put(&collection.closed())?, collection)));
        }
        match &mut self.heap.0 {
            Some((address, collection)) => Ok((*address, collection.add(text))),
            None => Ok((0, 0)),
        }
    }

    /// Writes what the open collection of texts has.
    fn close_heap(&mut self) -> io::Result<()> {
        match std::mem::take(&mut self.heap).0 {
            Some((address, collection)) => self.overwrite(address, &collection.closed()),
            None => Ok(()),
        }
    }

    /// Writes over a block that was put.
    pub(super) fn overwrite(&mut self, address: u64, bytes: &[u8]) -> io::Result<()> {
        self.target.write_at(self.form.start() + address, bytes)
    }

    /// Lets new blocks take the place of what lay in these ranges of addresses. A damaged file may claim ranges past its end,
    /// where by now new blocks may lie.
    pub(super) fn release(&mut self, mut ranges: Vec<Range<u64>>) {
        for range in &mut ranges {
            range.end = range.end.min(self.old_end);
        }
        ranges.append(&mut self.free);
        ranges.retain(|range| !range.is_empty());
        ranges.sort_unstable_by_key(|range| range.start);
        for range in ranges {
            match self.free.last_mut() {
                Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
                Some(_) | None => self.free.push(range),
            }
        }
    }

    /// The file as it is.
    pub(super) fn into_target(self) -> T {
        self.target
    }

    /// Ends the file, whose root lies at this address.
    pub(crate) fn finish(mut self, root: u64) -> io::Result<T> {
        self.close_heap()?;
        let (place, superblock) = self.form.repointed(root, self.end);
        self.target.write_at(place, &superblock)?;
        Ok(self.target)
    }
}

/// Addresses are multiples of it.
const ALIGNMENT: u64 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    /// The copy of a file of 4 KiB whose bytes are all 1.
    fn copy() -> (Space<Vec<u8>>, u64) {
        let form = Form::new();
        let start = form.start();
        (Space::of_copy(vec![1; 4096], form, 4096, 32), 4096 - start)
    }

    #[test]
    fn ranges_past_the_end_are_clipped_and_those_used_up_are_dropped() {
        let (mut space, end) = copy();
        let put = space.put(&[2; 64]).expect("memory takes it");
        assert_eq!(put, end, "nothing is free yet");
        space.release(vec![end - 64..u64::MAX, u64::MAX - 1..u64::MAX, 5..3]);
        assert_eq!(space.free, [end - 64..end]);
        assert_eq!(space.put(&[3; 64]).expect("memory takes it"), end - 64);
        assert!(space.free.is_empty(), "{:?}", space.free);
        assert_eq!(space.put(&[4; 64]).expect("memory takes it"), end + 64, "what was put stays");
    }
}
