//! Chunked datasets, written row after row.

use std::io::Write as _;

use flate2::{Compression, write::ZlibEncoder};

use super::super::header::{RawMessage, kind};
use super::EditError;
use super::array::Element;
use super::message::{NOWHERE, message};
use super::space::{Space, Target};

/// Bytes of a chunk before compression, or one row where a row has more.
const CHUNK_BYTES: u64 = 1 << 18;

/// zlib's level on shuffled bytes: higher ones take several times as long for a few percent.
const LEVEL: u32 = 1;

/// A dataset of which chunks are written as they get full.
pub(crate) struct Chunks {
    element: Element,
    /// Extents of a row.
    row: Vec<u64>,
    /// Extents of a chunk: rows, then those of a row.
    chunk: Vec<u64>,
    chunk_bytes: usize,
    waiting: Vec<u8>,
    written: Vec<Chunk>,
    n_bytes: u64,
}

/// A chunk in the file.
struct Chunk {
    address: u64,
    bytes: u32,
}

impl Chunks {
    /// A dataset of elements in rows of these extents; elements alone are rows of none.
    pub(crate) fn new(element: Element, row: &[u64]) -> Self {
        let row_bytes = row.iter().product::<u64>().max(1) * element.bytes() as u64;
        let rows = (CHUNK_BYTES / row_bytes).max(1);
        let chunk: Vec<u64> = std::iter::once(rows).chain(row.iter().map(|&dim| dim.max(1))).collect();
        let chunk_bytes = (rows * row_bytes) as usize;
        Self { element, row: row.to_vec(), chunk, chunk_bytes, waiting: Vec::new(), written: Vec::new(), n_bytes: 0 }
    }

    pub(super) fn element(&self) -> Element {
        self.element
    }

    pub(super) fn row(&self) -> &[u64] {
        &self.row
    }

    /// Adds elements that come next in row-major order, as bytes.
    ///
    /// # Errors
    /// When they cannot be written.
    pub(crate) fn push<T: Target>(&mut self, mut bytes: &[u8], space: &mut Space<T>) -> Result<(), EditError> {
        self.n_bytes += bytes.len() as u64;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(self.chunk_bytes - self.waiting.len()));
            self.waiting.extend(now);
            bytes = later;
            if self.waiting.len() == self.chunk_bytes {
                self.flush(space)?;
            }
        }
        Ok(())
    }

    fn flush<T: Target>(&mut self, space: &mut Space<T>) -> Result<(), EditError> {
        let stored = deflated(&shuffled(&self.waiting, self.element.bytes()))?;
        self.waiting.clear();
        let bytes = u32::try_from(stored.len()).map_err(|_| EditError::TooLong)?;
        self.written.push(Chunk { address: space.put(&stored)?, bytes });
        Ok(())
    }

    /// Writes what is left and the index of the chunks; gives the messages that say where all is, and how many rows there
    /// are.
    pub(super) fn finish<T: Target>(mut self, space: &mut Space<T>) -> Result<(Vec<RawMessage>, u64), EditError> {
        let row_bytes = self.chunk_bytes as u64 / self.chunk[0];
        let n_rows = self.n_bytes / row_bytes;
        if self.written.is_empty() {
            // HDF5 wants no chunk to be longer than its dataset.
            self.chunk[0] = n_rows.max(1);
        } else if !self.waiting.is_empty() {
            self.waiting.resize(self.chunk_bytes, 0);
        }
        if !self.waiting.is_empty() {
            self.flush(space)?;
        }
        let index = self.index(space)?;
        let mut layout = vec![3, 2, self.chunk.len() as u8 + 1];
        layout.extend(index.to_le_bytes());
        for dim in self.chunk.iter().copied().chain([self.element.bytes() as u64]) {
            layout.extend(u32::try_from(dim).map_err(|_| EditError::TooLong)?.to_le_bytes());
        }
        let messages = vec![message(kind::LAYOUT, layout), message(kind::FILTERS, self.filters())];
        Ok((messages, n_rows))
    }

    fn filters(&self) -> Vec<u8> {
        const SHUFFLE: u16 = 2;
        const DEFLATE: u16 = 1;
        let mut filters = vec![2, 2];
        for (id, parameter) in [(SHUFFLE, self.element.bytes() as u32), (DEFLATE, LEVEL)] {
            filters.extend(id.to_le_bytes());
            // It may not be left out; it has one parameter.
            filters.extend([0, 0, 1, 0]);
            filters.extend(parameter.to_le_bytes());
        }
        filters
    }

    /// Writes the tree that lists the chunks, and gives the address of its root.
    fn index<T: Target>(&self, space: &mut Space<T>) -> Result<u64, EditError> {
        if self.written.is_empty() {
            return Ok(NOWHERE);
        }
        let most = 2 * usize::from(space.chunk_tree_rank);
        let mut children: Vec<u64> = self.written.iter().map(|chunk| chunk.address).collect();
        // How many chunks a child stands for.
        let mut span = 1;
        let mut level = 0;
        loop {
            let nodes: Vec<&[u64]> = children.chunks(most).collect();
            let bytes = 24 + most * 8 + (most + 1) * self.key(0).len();
            // Siblings name each other, so their places are chosen before they are written.
            let first = space.put(&vec![0; bytes.next_multiple_of(8) * nodes.len()])?;
            let address = |at: usize| first + (at * bytes.next_multiple_of(8)) as u64;
            for (at, node) in nodes.iter().enumerate() {
                let mut content = b"TREE\x01".to_vec();
                content.push(level);
                content.extend((node.len() as u16).to_le_bytes());
                let left = at.checked_sub(1).map_or(NOWHERE, address);
                let right = if at + 1 < nodes.len() { address(at + 1) } else { NOWHERE };
                content.extend([left, right].into_iter().flat_map(u64::to_le_bytes));
                for (child, to) in node.iter().enumerate() {
                    content.extend(self.key((at * most + child) * span));
                    content.extend(to.to_le_bytes());
                }
                content.extend(self.key(((at * most + node.len()) * span).min(self.written.len())));
                space.overwrite(address(at), &content)?;
            }
            if nodes.len() == 1 {
                return Ok(first);
            }
            children = (0..nodes.len()).map(address).collect();
            span *= most;
            level += 1;
        }
    }

    /// What the tree says of the chunk with this number, or of the end of the dataset.
    fn key(&self, at: usize) -> Vec<u8> {
        let mut key = self.written.get(at).map_or(0, |chunk| chunk.bytes).to_le_bytes().to_vec();
        // No filter is left out.
        key.extend(0_u32.to_le_bytes());
        key.extend((at as u64 * self.chunk[0]).to_le_bytes());
        key.resize(8 + 8 * (self.chunk.len() + 1), 0);
        key
    }
}

/// The first bytes of all elements, then the second ones, and so on.
fn shuffled(bytes: &[u8], element_bytes: usize) -> Vec<u8> {
    let n = bytes.len() / element_bytes;
    let mut shuffled = vec![0; bytes.len()];
    for (element, content) in bytes.chunks_exact(element_bytes).enumerate() {
        for (at, byte) in content.iter().enumerate() {
            shuffled[at * n + element] = *byte;
        }
    }
    shuffled
}

fn deflated(bytes: &[u8]) -> Result<Vec<u8>, EditError> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(LEVEL));
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}
