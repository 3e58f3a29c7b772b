//! Datasets that grow along their first axis, a chunk at a time.

use std::io::{self, Seek, Write};

use flate2::write::ZlibEncoder;
use rayon::prelude::*;

use super::header::{Allocation, Header, UNDEFINED};
use super::{Address, Attribute, Datatype, Writer};

/// What is done to the bytes of each chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Nothing.
    None,
    /// HDF5's gzip filter.
    Gzip {
        /// From 1, quick, to 9, small.
        level: u32,
    },
}

/// A dataset in the making. Rows are appended in order; chunks go to the file as they fill.
pub struct ChunkedDataset {
    datatype: Datatype,
    /// Elements of a row: the extent along the second axis, if there is one.
    columns: Option<u64>,
    rows_per_chunk: u64,
    compression: Compression,
    /// Rows appended so far.
    rows: u64,
    /// Bytes that fill no chunk yet.
    pending: Vec<u8>,
    chunks: Vec<Chunk>,
}

/// A chunk that has been written.
#[derive(Clone, Copy)]
struct Chunk {
    bytes: u32,
    first_row: u64,
    address: u64,
}

/// Bytes of a chunk before compression, about.
const CHUNK_BYTES: u64 = 256 * 1024;

/// Children of a node of the B-tree at most: twice the default *indexed storage internal node K*.
const NODE_CHILDREN: usize = 64;

impl ChunkedDataset {
    /// Begins a dataset of one axis, or of two when the number of columns is given.
    pub fn new(datatype: Datatype, columns: Option<u64>, compression: Compression) -> Self {
        let row_bytes = columns.unwrap_or(1) * datatype.bytes() as u64;
        let rows_per_chunk = (CHUNK_BYTES / row_bytes).max(1);
        Self { datatype, columns, rows_per_chunk, compression, rows: 0, pending: Vec::new(), chunks: Vec::new() }
    }

    /// Makes chunks of another size.
    #[cfg(test)]
    pub fn with_rows_per_chunk(self, rows_per_chunk: u64) -> Self {
        Self { rows_per_chunk, ..self }
    }

    /// Appends whole rows. Chunks that fill are compressed on all threads of the current rayon pool.
    pub fn append<W: Write + Seek>(&mut self, file: &mut Writer<W>, bytes: &[u8]) -> io::Result<()> {
        let chunk_bytes = (self.rows_per_chunk * self.row_bytes()) as usize;
        self.rows += bytes.len() as u64 / self.row_bytes();
        let missing = (chunk_bytes - self.pending.len()).min(bytes.len());
        let (head, rest) = bytes.split_at(missing);
        self.pending.extend_from_slice(head);
        if self.pending.len() < chunk_bytes {
            return Ok(());
        }
        let filled = std::mem::take(&mut self.pending);
        self.write(file, &[&filled])?;
        let whole = rest.chunks_exact(chunk_bytes);
        self.pending = filled;
        self.pending.clear();
        self.pending.extend_from_slice(whole.remainder());
        self.write(file, &whole.collect::<Vec<_>>())
    }

    /// Writes what is left and the dataset's header.
    pub fn finish<W: Write + Seek>(mut self, file: &mut Writer<W>, attributes: &[Attribute]) -> io::Result<Address> {
        if self.chunks.is_empty() {
            // A small dataset has one chunk that just holds it.
            self.rows_per_chunk = self.rows.max(1);
        }
        if !self.pending.is_empty() {
            let mut last = std::mem::take(&mut self.pending);
            last.resize((self.rows_per_chunk * self.row_bytes()) as usize, 0);
            self.write(file, &[&last])?;
        }
        let tree = self.tree(file)?;
        let mut header = Header::default();
        let mut shape = vec![self.rows];
        let mut largest = vec![None];
        let mut chunk = vec![self.rows_per_chunk as u32];
        if let Some(columns) = self.columns {
            shape.push(columns);
            largest.push(Some(columns));
            chunk.push(columns as u32);
        }
        header.dataspace(Some(&shape), Some(&largest));
        header.datatype(self.datatype);
        header.fill_value(Allocation::Incremental);
        header.filters(self.compression);
        header.chunks(tree, &chunk, self.datatype.bytes());
        file.object(header, attributes)
    }

    fn row_bytes(&self) -> u64 {
        self.columns.unwrap_or(1) * self.datatype.bytes() as u64
    }

    fn write<W: Write + Seek>(&mut self, file: &mut Writer<W>, chunks: &[&[u8]]) -> io::Result<()> {
        let mut put = |bytes: &[u8]| {
            let first_row = self.chunks.len() as u64 * self.rows_per_chunk;
            let address = file.append(bytes)?.0;
            self.chunks.push(Chunk { bytes: bytes.len() as u32, first_row, address });
            io::Result::Ok(())
        };
        match self.compression {
            Compression::None => chunks.iter().try_for_each(|chunk| put(chunk)),
            Compression::Gzip { level } => {
                let compressed: Vec<Vec<u8>> =
                    chunks.par_iter().map(|chunk| deflated(chunk, level)).collect::<io::Result<_>>()?;
                compressed.iter().try_for_each(|chunk| put(chunk))
            }
        }
    }

    /// Writes the B-tree of chunks (section III.A.1, node type 1), leaves first, and returns its root.
    fn tree<W: Write + Seek>(&self, file: &mut Writer<W>) -> io::Result<Address> {
        if self.chunks.is_empty() {
            return Ok(Address(UNDEFINED));
        }
        let mut level = 0;
        let mut children = self.chunks.clone();
        loop {
            let n_nodes = children.len().div_ceil(NODE_CHILDREN);
            let node_bytes = self.node_bytes();
            // Nodes of a level are written in one piece, so that each knows where its neighbors lie.
            let start = file.end.next_multiple_of(8);
            let at = |node: usize| if node < n_nodes { start + (node * node_bytes) as u64 } else { UNDEFINED };
            let mut bytes = Vec::with_capacity(n_nodes * node_bytes);
            let mut parents = Vec::with_capacity(n_nodes);
            for (node, group) in children.chunks(NODE_CHILDREN).enumerate() {
                // Wraps around to a node that is not there.
                let neighbors = [at(node.wrapping_sub(1)), at(node + 1)];
                let end = children
                    .get((node + 1) * NODE_CHILDREN)
                    .map_or(self.chunks.len() as u64 * self.rows_per_chunk, |next| next.first_row);
                self.put_node(&mut bytes, level, neighbors, group, end);
                bytes.resize((node + 1) * node_bytes, 0);
                parents.push(Chunk { address: at(node), ..group[0] });
            }
            let written = file.append(&bytes)?;
            if n_nodes == 1 {
                return Ok(written);
            }
            children = parents;
            level += 1;
        }
    }

    fn put_node(&self, bytes: &mut Vec<u8>, level: u8, neighbors: [u64; 2], children: &[Chunk], end: u64) {
        bytes.extend_from_slice(b"TREE\x01");
        bytes.push(level);
        bytes.extend_from_slice(&(children.len() as u16).to_le_bytes());
        for neighbor in neighbors {
            bytes.extend_from_slice(&neighbor.to_le_bytes());
        }
        for child in children {
            self.put_key(bytes, child.bytes, child.first_row);
            bytes.extend_from_slice(&child.address.to_le_bytes());
        }
        self.put_key(bytes, 0, end);
    }

    /// A key: bytes, filters left out (none), the chunk's first element along each axis and within the element.
    fn put_key(&self, bytes: &mut Vec<u8>, chunk_bytes: u32, first_row: u64) {
        bytes.extend_from_slice(&chunk_bytes.to_le_bytes());
        bytes.extend_from_slice(&0_u32.to_le_bytes());
        bytes.extend_from_slice(&first_row.to_le_bytes());
        bytes.extend_from_slice(&vec![0; 8 * self.rank()]);
    }

    fn rank(&self) -> usize {
        1 + usize::from(self.columns.is_some())
    }

    /// A node has its full size however many children it has.
    fn node_bytes(&self) -> usize {
        let key = 8 + 8 * (self.rank() + 1);
        24 + NODE_CHILDREN * (key + 8) + key
    }
}

fn deflated(bytes: &[u8], level: u32) -> io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(bytes.len() / 2), flate2::Compression::new(level));
    encoder.write_all(bytes)?;
    encoder.finish()
}
