//! Sums by gene or by group that wait in temporary files until all of them are there.

use std::{
    io::{self, BufWriter, Read, Seek, SeekFrom, Write},
    ops::Range,
};

use crate::{Entry, sums::added_up};
use builder::{Scratch, ScratchFile};
use explorer_core::de::GeneMoments;
use shared_fbs::bytes::{push_varint, push_wide_varint, take_varint, take_wide_varint, unzigzag, zigzag};

/// Entries of majors that ascend in their minors, as bytes.
#[derive(Clone, Debug, Default)]
pub struct EntryBytes {
    bytes: Vec<u8>,
    next: u32,
}

impl EntryBytes {
    /// Appends an entry, whose minor is above all before.
    pub fn push(&mut self, (minor, moments): Entry) {
        push_varint((minor - self.next).into(), &mut self.bytes);
        self.next = minor + 1;
        push_varint(moments.n_nonzero.into(), &mut self.bytes);
        push_varint(zigzag(moments.sum), &mut self.bytes);
        push_wide_varint(moments.sum_sq, &mut self.bytes);
    }

    /// Bytes until now.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }
}

/// The entries of bytes; an error where the bytes are others than were written.
fn entries(mut bytes: &[u8], out: &mut Vec<Entry>) -> io::Result<()> {
    let mut next = 0;
    let mut take = |bytes: &mut &[u8]| -> Option<Entry> {
        let minor = u32::try_from(take_varint(bytes)?).ok()?.checked_add(next)?;
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

/// Entries by major. They come in runs, each of which may have entries of every major; those of one minor are added up.
pub struct Spool<'a> {
    scratch: &'a dyn Scratch,
    n_majors: usize,
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
        Self { scratch, n_majors, runs: Vec::new() }
    }

    /// Takes in a run: the entries of all majors.
    ///
    /// # Errors
    /// When it cannot be written.
    ///
    /// # Panics
    /// When it is of another number of majors.
    pub fn push(&mut self, majors: &[EntryBytes]) -> io::Result<()> {
        assert_eq!(majors.len(), self.n_majors, "a run has the entries of every major");
        let mut file = BufWriter::new(self.scratch.create()?);
        let mut offsets = vec![0];
        let mut offset = 0;
        for major in majors {
            file.write_all(&major.bytes)?;
            offset += major.len() as u64;
            offsets.push(offset);
        }
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
        if self.runs.len() > 1 {
            for of_major in &mut all {
                *of_major = added_up(std::mem::take(of_major)).ok_or_else(|| io::Error::other("the sums overflow"))?;
            }
        }
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
        fn runs_are_added_up(
            runs in prop::collection::vec(
                prop::collection::vec(prop::collection::btree_map(0_u32..9, (1_u32..9, 0_i64..1 << 40, 0_u64..1 << 60), 0..6), 4),
                0..4,
            ),
        ) {
            let moments = |(n_nonzero, sum, sum_sq): (u32, i64, u64)| GeneMoments { n_nonzero, sum, sum_sq: sum_sq.into() };
            let mut spool = Spool::new(&MemoryScratch, 4);
            let mut expected: Vec<Vec<Entry>> = vec![Vec::new(); 4];
            for run in &runs {
                let mut majors = vec![EntryBytes::default(); 4];
                for ((major, expected), entries) in majors.iter_mut().zip(&mut expected).zip(run) {
                    for (&minor, &numbers) in entries {
                        major.push((minor, moments(numbers)));
                        expected.push((minor, moments(numbers)));
                    }
                }
                spool.push(&majors).unwrap();
            }
            let expected: Vec<Vec<Entry>> = expected.into_iter().map(|of_major| added_up(of_major).unwrap()).collect();
            prop_assert_eq!(&spool.read(0..4).unwrap(), &expected);
            prop_assert_eq!(&spool.read(1..3).unwrap()[..], &expected[1..3]);
        }
    }
}
