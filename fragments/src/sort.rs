//! Sorts lines in bounded memory: sorted runs go to a scratch and are merged.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::io;

use crate::row::{self, Row};
use crate::scratch::Scratch;

/// How many bytes of lines and of their places are held at once.
pub(crate) const MEMORY_BYTES: usize = 256 << 20;
/// How many bytes of all runs together are held while they are merged, and the fewest of one.
const MERGE_BYTES: usize = 64 << 20;
const LEAST_BYTES: usize = 4 << 10;

/// Lines in the making of an order.
pub(crate) struct Sorter<'s, S> {
    scratch: &'s mut S,
    memory_bytes: usize,
    /// Lines, each with its end.
    lines: Vec<u8>,
    /// Where each line begins and ends.
    places: Vec<(usize, usize)>,
    /// Where each run of the scratch begins and ends.
    runs: Vec<(u64, u64)>,
    n_written: u64,
}

impl<'s, S: Scratch> Sorter<'s, S> {
    pub(crate) fn new(scratch: &'s mut S, memory_bytes: usize) -> Self {
        Self { scratch, memory_bytes, lines: Vec::new(), places: Vec::new(), runs: Vec::new(), n_written: 0 }
    }

    /// Adds a line, whose row is of the right form.
    pub(crate) fn push(&mut self, line: &[u8]) -> io::Result<()> {
        let start = self.lines.len();
        self.lines.extend(line);
        if !line.ends_with(b"\n") {
            self.lines.push(b'\n');
        }
        self.places.push((start, self.lines.len()));
        if self.lines.len() + self.places.len() * size_of::<(usize, usize)>() >= self.memory_bytes {
            self.spill()?;
        }
        Ok(())
    }

    fn sort(&mut self) {
        let lines = &self.lines;
        self.places.sort_unstable_by(|left, right| compare(&lines[left.0..left.1], &lines[right.0..right.1]));
    }

    fn spill(&mut self) -> io::Result<()> {
        self.sort();
        let start = self.n_written;
        let mut sorted = Vec::with_capacity(LEAST_BYTES);
        for (from, to) in &self.places {
            sorted.extend(&self.lines[*from..*to]);
            if sorted.len() >= 1 << 20 {
                self.scratch.append(&sorted)?;
                self.n_written += sorted.len() as u64;
                sorted.clear();
            }
        }
        self.scratch.append(&sorted)?;
        self.n_written += sorted.len() as u64;
        self.runs.push((start, self.n_written));
        self.lines.clear();
        self.places.clear();
        Ok(())
    }

    /// Gives all lines in order.
    pub(crate) fn finish<E: From<io::Error>>(mut self, mut line: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        if self.runs.is_empty() {
            self.sort();
            return self.places.iter().try_for_each(|(from, to)| line(&self.lines[*from..*to]));
        }
        if !self.places.is_empty() {
            self.spill()?;
        }
        let (scratch, runs) = (self.scratch, self.runs);
        drop((self.lines, self.places));
        let buffer_bytes = (MERGE_BYTES / runs.len()).max(LEAST_BYTES);
        let mut runs: Vec<Run> =
            runs.into_iter().map(|(at, end)| Run { at, end, buffer: Vec::new(), from: 0 }).collect();
        let mut next = BinaryHeap::new();
        for (number, run) in runs.iter_mut().enumerate() {
            next.extend(run.next(scratch, buffer_bytes)?.map(|line| Reverse(Line { line, number })));
        }
        while let Some(Reverse(first)) = next.pop() {
            line(&first.line)?;
            let after = runs[first.number].next(scratch, buffer_bytes)?;
            next.extend(after.map(|line| Reverse(Line { line, number: first.number })));
        }
        Ok(())
    }
}

/// A sorted run of the scratch, being read.
struct Run {
    /// Of the scratch, what is yet to be read.
    at: u64,
    end: u64,
    buffer: Vec<u8>,
    from: usize,
}

impl Run {
    /// The next line, with its end.
    fn next(&mut self, scratch: &mut impl Scratch, buffer_bytes: usize) -> io::Result<Option<Vec<u8>>> {
        loop {
            let waiting = &self.buffer[self.from..];
            if let Some(end) = waiting.iter().position(|byte| *byte == b'\n') {
                let line = waiting[..=end].to_vec();
                self.from += end + 1;
                return Ok(Some(line));
            }
            let length = (self.end - self.at).min(buffer_bytes as u64) as usize;
            if length == 0 {
                return Ok(None);
            }
            self.buffer.drain(..self.from);
            self.from = 0;
            let known = self.buffer.len();
            self.buffer.resize(known + length, 0);
            scratch.read_at(self.at, &mut self.buffer[known..])?;
            self.at += length as u64;
        }
    }
}

/// The next line of a run.
#[derive(PartialEq, Eq)]
struct Line {
    line: Vec<u8>,
    number: usize,
}

impl Ord for Line {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.line, &other.line).then(self.number.cmp(&other.number))
    }
}

impl PartialOrd for Line {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The order of lines: by bytes of the chromosome, by start, by stop, by bytes of the barcode, and by bytes of the line,
/// as `LC_ALL=C sort -t TAB -k1,1 -k2,2n -k3,3n -k4,4` has it.
fn compare(left: &[u8], right: &[u8]) -> Ordering {
    let key = |line| {
        row::parse(row::trimmed(line))
            .map(|Row { chromosome, start, stop, barcode, .. }| (chromosome, start, stop, barcode))
            .ok()
    };
    key(left).cmp(&key(right)).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scratch::MemoryScratch;

    proptest! {
        /// However little memory there is, the order is that of sorting all at once.
        #[test]
        fn runs_merge_into_one_order(
            rows in prop::collection::vec(("chr[12X]", 1_i64..40, 1_i64..40, "[AC]{3}"), 0..200),
            memory_bytes in 1_usize..4_000,
        ) {
            let lines: Vec<String> =
                rows.iter().map(|(chromosome, start, stop, barcode)| format!("{chromosome}\t{start}\t{stop}\t{barcode}\t1\n")).collect();
            let mut scratch = MemoryScratch::default();
            let mut sorter = Sorter::new(&mut scratch, memory_bytes);
            for line in &lines {
                sorter.push(line.as_bytes()).unwrap();
            }
            let mut found = Vec::new();
            sorter.finish::<io::Error>(|line| { found.push(String::from_utf8(line.to_vec()).unwrap()); Ok(()) }).unwrap();
            let mut expected: Vec<_> = rows.into_iter().zip(lines).collect();
            expected.sort();
            prop_assert_eq!(found, expected.into_iter().map(|(_, line)| line).collect::<Vec<_>>());
        }
    }
}
