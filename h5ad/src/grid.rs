//! Arrays in chunks: the part of an array that lies in a box, put together from the chunks that it meets.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::read_error::ReadError;

/// How an array is cut into chunks.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    pub(super) shape: Vec<usize>,
    /// Extents of a chunk, none of them zero. Chunks at the far edges reach over them.
    pub(super) chunk: Vec<usize>,
    pub(super) element_bytes: usize,
    /// The bytes of an element that was never written; none stand for zeros.
    pub(super) fill: Vec<u8>,
}

/// Chunks that were decoded before. Those that came last stay, up to a number of bytes.
pub(super) struct ChunkCache {
    max_bytes: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    chunks: HashMap<u64, Arc<Vec<u8>>>,
    /// The chunks' numbers, the one that came first in front.
    order: VecDeque<u64>,
    bytes: usize,
}

impl Grid {
    /// Bytes of one whole chunk; none where they cannot be counted.
    pub(super) fn chunk_bytes(&self) -> Option<usize> {
        self.chunk.iter().try_fold(self.element_bytes, |bytes, dim| bytes.checked_mul(*dim))
    }

    /// Where the chunk with this number, counted in row-major order, stands in the grid.
    pub(super) fn place(&self, mut number: u64) -> Vec<usize> {
        let mut place = vec![0; self.shape.len()];
        for dim in (0..place.len()).rev() {
            let n = self.shape[dim].div_ceil(self.chunk[dim]).max(1) as u64;
            place[dim] = (number % n) as usize;
            number /= n;
        }
        place
    }

    /// The elements within `ranges`, one per dimension, in row-major order. `chunk` gives a chunk by its place in the
    /// grid, row-major too; none was never written.
    ///
    /// The caller has made sure that the box may be held in memory.
    pub(super) fn read(
        &self,
        ranges: &[Range<usize>],
        chunk: &dyn Fn(u64) -> Result<Option<Arc<Vec<u8>>>, ReadError>,
    ) -> Result<Vec<u8>, ReadError> {
        let n: usize = ranges.iter().map(ExactSizeIterator::len).product();
        let mut output = if self.fill.is_empty() { vec![0; n * self.element_bytes] } else { self.fill.repeat(n) };
        if n == 0 {
            return Ok(output);
        }
        let first: Vec<usize> = ranges.iter().zip(&self.chunk).map(|(range, chunk)| range.start / chunk).collect();
        let last: Vec<usize> = ranges.iter().zip(&self.chunk).map(|(range, chunk)| (range.end - 1) / chunk).collect();
        let mut place = first.clone();
        loop {
            let number = place
                .iter()
                .zip(&self.shape)
                .zip(&self.chunk)
                .fold(0_u64, |number, ((at, dim), chunk)| number * dim.div_ceil(*chunk) as u64 + *at as u64);
            if let Some(content) = chunk(number)? {
                self.copy(&content, &place, ranges, &mut output)?;
            }
            let Some(dim) = (0..place.len()).rev().find(|dim| place[*dim] < last[*dim]) else { return Ok(output) };
            place[dim] += 1;
            place[dim + 1..].copy_from_slice(&first[dim + 1..]);
        }
    }

    /// Copies what `ranges` want of the chunk at `place`, a row of its last dimension at a time.
    fn copy(
        &self,
        content: &[u8],
        place: &[usize],
        ranges: &[Range<usize>],
        output: &mut [u8],
    ) -> Result<(), ReadError> {
        let expected = self.chunk_bytes().unwrap_or(usize::MAX);
        if content.len() != expected {
            let what = format!("a chunk has {} bytes where {expected} were expected", content.len());
            return Err(ReadError::Damaged(what));
        }
        let bytes = self.element_bytes;
        let wanted: Vec<Range<usize>> = (ranges.iter().zip(place).zip(&self.chunk))
            .map(|((range, place), chunk)| range.start.max(place * chunk)..range.end.min((place + 1) * chunk))
            .collect();
        let Some((run, outer)) = wanted.split_last() else {
            output.copy_from_slice(content);
            return Ok(());
        };
        let mut at: Vec<usize> = outer.iter().map(|range| range.start).collect();
        loop {
            let (mut from, mut to) = (0, 0);
            for (dim, position) in at.iter().chain([&run.start]).enumerate() {
                from = from * self.chunk[dim] + position - place[dim] * self.chunk[dim];
                to = to * ranges[dim].len() + position - ranges[dim].start;
            }
            let length = run.len() * bytes;
            output[to * bytes..][..length].copy_from_slice(&content[from * bytes..][..length]);
            let Some(dim) = (0..at.len()).rev().find(|dim| at[*dim] + 1 < outer[*dim].end) else { return Ok(()) };
            at[dim] += 1;
            for (at, range) in at.iter_mut().zip(outer).skip(dim + 1) {
                *at = range.start;
            }
        }
    }
}

impl ChunkCache {
    /// A cache of up to `max_bytes`.
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { max_bytes, kept: Mutex::default() }
    }

    /// The chunk with this number, decoded by `decode` unless it is kept; none if it was never written.
    pub(super) fn get(
        &self,
        number: u64,
        decode: impl FnOnce() -> Result<Option<Vec<u8>>, ReadError>,
    ) -> Result<Option<Arc<Vec<u8>>>, ReadError> {
        if let Some(chunk) = self.lock().chunks.get(&number).cloned() {
            return Ok(Some(chunk));
        }
        let Some(chunk) = decode()?.map(Arc::new) else { return Ok(None) };
        self.lock().keep(number, &chunk, self.max_bytes);
        Ok(Some(chunk))
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // What a panic elsewhere leaves is at worst a wrong count of bytes.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Keeps a chunk, and gives up those that came first where there is no room.
    fn keep(&mut self, number: u64, chunk: &Arc<Vec<u8>>, max_bytes: usize) {
        if chunk.len() > max_bytes || self.chunks.contains_key(&number) {
            return;
        }
        while self.bytes + chunk.len() > max_bytes {
            let Some(oldest) = self.order.pop_front().and_then(|oldest| self.chunks.remove(&oldest)) else { break };
            self.bytes -= oldest.len();
        }
        self.chunks.insert(number, Arc::clone(chunk));
        self.order.push_back(number);
        self.bytes += chunk.len();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The chunk of an array whose elements are their own numbers, zero where it reaches over the edge.
    fn numbered(grid: &Grid, number: u64) -> Vec<u8> {
        let place = grid.place(number);
        let n: usize = grid.chunk.iter().product();
        (0..n)
            .flat_map(|mut at| {
                let mut position = vec![0; place.len()];
                for dim in (0..place.len()).rev() {
                    position[dim] = place[dim] * grid.chunk[dim] + at % grid.chunk[dim];
                    at /= grid.chunk[dim];
                }
                let inside = position.iter().zip(&grid.shape).all(|(at, dim)| at < dim);
                let value = position.iter().zip(&grid.shape).fold(0, |value, (at, dim)| value * dim + at);
                if inside { (value as u32).to_le_bytes() } else { [0; 4] }
            })
            .collect()
    }

    proptest! {
        #[test]
        fn a_box_is_what_lies_in_it(
            dims in prop::collection::vec((1_usize..8, 1_usize..5, 0_usize..8, 0_usize..8), 1..4),
            max_bytes in 0_usize..200,
        ) {
            let grid = Grid {
                shape: dims.iter().map(|dim| dim.0).collect(),
                chunk: dims.iter().map(|dim| dim.1).collect(),
                element_bytes: 4,
                fill: Vec::new(),
            };
            let ranges: Vec<Range<usize>> = dims.iter().map(|(dim, _, a, b)| {
                let (a, b) = ((*a).min(*dim), (*b).min(*dim));
                a.min(b)..a.max(b)
            }).collect();
            let mut expected = vec![0_usize];
            for (range, dim) in ranges.iter().zip(&grid.shape) {
                expected = expected.iter().flat_map(|at| range.clone().map(move |step| at * dim + step)).collect();
            }
            let cache = ChunkCache::new(max_bytes);
            for _ in 0..2 {
                let found = grid.read(&ranges, &|number| {
                    cache.get(number, || Ok(Some(numbered(&grid, number))))
                }).unwrap();
                let found: Vec<usize> =
                    found.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes) as usize).collect();
                prop_assert_eq!(&found, &expected);
            }
        }
    }

    #[test]
    fn what_was_never_written_is_the_fill_value() {
        let grid = Grid { shape: vec![3], chunk: vec![2], element_bytes: 2, fill: vec![1, 2] };
        let whole = 0..3;
        let chunk = |number| Ok((number == 1).then(|| Arc::new(vec![7, 7, 8, 8])));
        assert_eq!(grid.read(std::slice::from_ref(&whole), &chunk).unwrap(), [1, 2, 1, 2, 7, 7]);
        assert!(grid.read(std::slice::from_ref(&whole), &|_| Ok(Some(Arc::new(vec![7])))).is_err());
    }
}
