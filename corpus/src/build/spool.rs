//! Sums by gene or by group that wait in temporary files until all of them are there.

use std::{
    io::{self, BufWriter, Read, Seek, SeekFrom, Write},
    ops::Range,
};

use builder::{Scratch, ScratchFile};
use explorer_core::de::GeneMoments;
use rayon::prelude::*;
use shared_fbs::bytes::{push_varint, push_wide_varint, take_varint, take_wide_varint, unzigzag, zigzag};

use crate::{Entry, sums::added_up};

/// Bytes of entries that wait in memory.
const PENDING_BYTES: usize = 128 << 20;

/// Entries of a major as bytes, in ascending order of their minors, or several such lists.
#[derive(Clone, Debug, Default)]
pub struct EntryBytes {
    bytes: Vec<u8>,
    /// The least minor that may follow; none where a list begins.
    next: Option<u32>,
    /// How many lists they are.
    n_lists: usize,
}

impl EntryBytes {
    /// Appends an entry. One whose minor is not above that of the last begins a list.
    pub fn push(&mut self, (minor, moments): Entry) {
        let delta = self.next.and_then(|next| minor.checked_sub(next));
        // The lowest bit tells of a beginning.
        let code = delta.map_or((u64::from(minor) << 1) | 1, |delta| u64::from(delta) << 1);
        self.n_lists += usize::from(delta.is_none());
        push_varint(code, &mut self.bytes);
        self.next = minor.checked_add(1);
        push_varint(moments.n_nonzero.into(), &mut self.bytes);
        push_varint(zigzag(moments.sum), &mut self.bytes);
        push_wide_varint(moments.sum_sq, &mut self.bytes);
    }

    /// Appends others.
    fn append(&mut self, others: &Self) {
        self.bytes.extend_from_slice(&others.bytes);
        self.next = others.next.or(self.next);
        self.n_lists += others.n_lists;
    }

    /// Bytes until now.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The same, of each minor one entry.
    fn added_up(&self) -> io::Result<Self> {
        let mut all = Vec::new();
        entries(&self.bytes, &mut all)?;
        let mut sums = Self::default();
        added_up(all).ok_or_else(overflow)?.into_iter().for_each(|entry| sums.push(entry));
        Ok(sums)
    }
}

fn overflow() -> io::Error {
    io::Error::other("the sums overflow")
}

/// The entries of bytes; an error where the bytes are others than were written.
fn entries(mut bytes: &[u8], out: &mut Vec<Entry>) -> io::Result<()> {
    let mut next = 0;
    let mut take = |bytes: &mut &[u8]| -> Option<Entry> {
        let code = take_varint(bytes)?;
        let delta = u32::try_from(code >> 1).ok()?;
        let minor: u32 = if code & 1 == 1 { delta } else { delta.checked_add(next)? };
        next = minor.checked_add(1)?;
        let n_nonzero = u32::try_from(take_varint(bytes)?).ok()?;
        let sum = unzigzag(take_varint(bytes)?);
        Some((minor, GeneMoments { n_nonzero, sum, sum_sq: take_wide_varint(bytes)? }))
    };
    while !bytes.is_empty() {
        let entry = take(&mut bytes).ok_or_else(|| io::Error::other("a temporary file was changed"))?;
        out.push(entry);
    }
    Ok(())
}

/// Entries by major, those of one minor added up. They wait in memory as far as there is room, then in temporary files, each
/// of as many bytes.
pub struct Spool<'a> {
    scratch: &'a dyn Scratch,
    pending: Vec<EntryBytes>,
    pending_bytes: usize,
    most_bytes: usize,
    runs: Vec<Run>,
}

struct Run {
    /// Where each major begins; one more than there are majors.
    offsets: Vec<u64>,
    file: Box<dyn ScratchFile>,
}

impl<'a> Spool<'a> {
    /// An empty one.
    pub fn new(scratch: &'a dyn Scratch, n_majors: usize) -> Self {
        let pending = vec![EntryBytes::default(); n_majors];
        Self { scratch, pending, pending_bytes: 0, most_bytes: PENDING_BYTES, runs: Vec::new() }
    }

    /// Takes in an entry of a major.
    ///
    /// # Errors
    /// When it cannot be written, or sums overflow.
    pub fn push(&mut self, major: usize, entry: Entry) -> io::Result<()> {
        let of_major = &mut self.pending[major];
        let before = of_major.len();
        of_major.push(entry);
        self.pending_bytes += of_major.len() - before;
        self.make_room()
    }

    /// Takes in the entries of all majors.
    ///
    /// # Errors
    /// When they cannot be written, or sums overflow.
    ///
    /// # Panics
    /// When they are of another number of majors.
    pub fn extend(&mut self, majors: &[EntryBytes]) -> io::Result<()> {
        assert_eq!(majors.len(), self.pending.len(), "the entries of every major");
        for (pending, entries) in self.pending.iter_mut().zip(majors) {
            pending.append(entries);
            self.pending_bytes += entries.len();
        }
        self.make_room()
    }

    /// Adds up what waits where it is much, and writes it where it still is.
    fn make_room(&mut self) -> io::Result<()> {
        if self.pending_bytes <= self.most_bytes {
            return Ok(());
        }
        // Of a single list each minor has one entry.
        self.pending.par_iter_mut().filter(|major| major.n_lists > 1).try_for_each(|major| {
            *major = major.added_up()?;
            Ok::<(), io::Error>(())
        })?;
        self.pending_bytes = self.pending.iter().map(EntryBytes::len).sum();
        if self.pending_bytes <= self.most_bytes / 2 {
            return Ok(());
        }
        let mut file = BufWriter::new(self.scratch.create()?);
        let mut offsets = vec![0];
        let mut offset = 0;
        for major in &mut self.pending {
            let major = std::mem::take(major);
            file.write_all(&major.bytes)?;
            offset += major.len() as u64;
            offsets.push(offset);
        }
        self.pending_bytes = 0;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        self.runs.push(Run { offsets, file });
        Ok(())
    }

    /// The entries of some majors, ascending in their minors.
    ///
    /// # Errors
    /// When a file cannot be read, or sums overflow.
    pub fn read(&mut self, majors: Range<usize>) -> io::Result<Vec<Vec<Entry>>> {
        let mut all: Vec<Vec<Entry>> = vec![Vec::new(); majors.len()];
        let mut bytes = Vec::new();
        for run in &mut self.runs {
            let (start, end) = (run.offsets[majors.start], run.offsets[majors.end]);
            bytes.resize((end - start) as usize, 0);
            run.file.seek(SeekFrom::Start(start))?;
            run.file.read_exact(&mut bytes)?;
            for (of_major, ends) in all.iter_mut().zip(run.offsets[majors.start..=majors.end].windows(2)) {
                entries(&bytes[(ends[0] - start) as usize..(ends[1] - start) as usize], of_major)?;
            }
        }
        let pending = &self.pending[majors];
        all.par_iter_mut().zip(pending).try_for_each(|(of_major, pending)| {
            entries(&pending.bytes, of_major)?;
            if !of_major.is_sorted_by(|a, b| a.0 < b.0) {
                *of_major = added_up(std::mem::take(of_major)).ok_or_else(overflow)?;
            }
            Ok::<(), io::Error>(())
        })?;
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use builder::memory::MemoryScratch;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn entries_are_added_up_in_memory_and_in_files(
            most_bytes in 0_usize..60,
            runs in prop::collection::vec(
                prop::collection::vec(prop::collection::btree_map(0_u32..9, (1_u32..9, 0_i64..1 << 40, 0_u64..1 << 60), 0..6), 4),
                0..4,
            ),
        ) {
            let moments = |(n_nonzero, sum, sum_sq): (u32, i64, u64)| GeneMoments { n_nonzero, sum, sum_sq: sum_sq.into() };
            let mut spool = Spool { most_bytes, ..Spool::new(&MemoryScratch, 4) };
            let mut expected: Vec<Vec<Entry>> = vec![Vec::new(); 4];
            for run in &runs {
                let mut majors = vec![EntryBytes::default(); 4];
                for (major, entries) in run.iter().enumerate() {
                    for (&minor, &numbers) in entries {
                        majors[major].push((minor, moments(numbers)));
                        spool.push(3 - major, (minor, moments(numbers))).unwrap();
                        expected[major].push((minor, moments(numbers)));
                        expected[3 - major].push((minor, moments(numbers)));
                    }
                }
                spool.extend(&majors).unwrap();
            }
            prop_assert!(spool.pending_bytes <= most_bytes);
            let expected: Vec<Vec<Entry>> = expected.into_iter().map(|of_major| added_up(of_major).unwrap()).collect();
            prop_assert_eq!(&spool.read(0..4).unwrap(), &expected);
            prop_assert_eq!(&spool.read(1..3).unwrap()[..], &expected[1..3]);
        }
    }
}
