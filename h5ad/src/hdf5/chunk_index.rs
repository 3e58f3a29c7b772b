//! Where the chunks of a dataset lie, whatever lists them.

use std::collections::HashMap;

use super::super::read_error::ReadError;
use super::array_index::{self, Element};
use super::btree_v1;
use super::btree_v2;
use super::dataspace::Dataspace;
use super::layout::{Chunked, Index};
use super::reader::{Cursor, Reader};

/// One stored chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StoredChunk {
    pub(super) address: u64,
    /// Bytes in the file.
    pub(super) size: u64,
    /// The filters that were left out, a bit each.
    pub(super) filter_mask: u32,
}

/// The stored chunks of a dataset, by their place in row-major order of the grid of chunks.
pub(super) type ChunkIndex = HashMap<u64, StoredChunk>;

/// Lists the stored chunks of a dataset whose chunks have `chunk_bytes` unfiltered.
pub(super) fn read(
    reader: &Reader,
    chunked: &Chunked,
    dataspace: &Dataspace,
    chunk_bytes: u64,
    is_filtered: bool,
) -> Result<ChunkIndex, ReadError> {
    let grid = Grid::new(chunked, dataspace)?;
    let mut index = ChunkIndex::new();
    let Some(address) = chunked.address else { return Ok(index) };
    let plain = |address| StoredChunk { address, size: chunk_bytes, filter_mask: 0 };
    let size_bytes = chunked.size_bytes(chunk_bytes);
    let element = Element { size_bytes: is_filtered.then_some(size_bytes), chunk_bytes };
    match &chunked.index {
        Index::Single(filtered) => {
            let (size, filter_mask) = filtered.unwrap_or((chunk_bytes, 0));
            index.insert(0, StoredChunk { address, size, filter_mask });
        }
        Index::Implicit => {
            for place in 0..grid.n_max.min(reader.size() / chunk_bytes.max(1) + 1) {
                if let Some(at) = grid.of_max_place(place, None) {
                    index.insert(at, plain(address.saturating_add(place.saturating_mul(chunk_bytes))));
                }
            }
        }
        Index::BTreeV1 => {
            // Size, mask, and an offset for each dimension and for the bytes of an element.
            let key_bytes = 8 + 8 * (grid.chunk.len() + 1);
            btree_v1::visit(reader, address, 1, key_bytes, &mut |mut key, address| {
                let (size, filter_mask) = (u64::from(key.u32()?), key.u32()?);
                let mut place = Vec::new();
                for dim in &grid.chunk {
                    place.push(key.uint(8)? / dim);
                }
                if let Some(at) = grid.at(&place) {
                    index.insert(at, StoredChunk { address, size, filter_mask });
                }
                Ok(())
            })?;
        }
        Index::BTreeV2 => btree_v2::visit(reader, address, &mut |mut record: Cursor<'_>| {
            let stored = element.read(&mut record)?;
            let mut place = Vec::new();
            for _ in &grid.chunk {
                place.push(record.uint(8)?);
            }
            if let (Some(at), Some(stored)) = (grid.at(&place), stored) {
                index.insert(at, stored);
            }
            Ok(())
        })?,
        Index::FixedArray { page_bits } => {
            array_index::fixed(reader, address, *page_bits, &element, &mut |place, stored| {
                if let Some(at) = grid.of_max_place(place, None) {
                    index.insert(at, stored);
                }
            })?;
        }
        Index::ExtensibleArray => {
            let growing = dataspace.max_dims.iter().position(Option::is_none);
            array_index::extensible(reader, address, &element, &mut |place, stored| {
                if let Some(at) = grid.of_max_place(place, growing) {
                    index.insert(at, stored);
                }
            })?;
        }
    }
    Ok(index)
}

/// How the chunks of a dataset are counted.
struct Grid {
    chunk: Vec<u64>,
    /// Chunks along each dimension.
    n: Vec<u64>,
    /// The same when the dataset has grown as far as it may; one dimension may have no bound.
    max: Vec<u64>,
    /// All chunks there can be.
    n_max: u64,
}

impl Grid {
    fn new(chunked: &Chunked, dataspace: &Dataspace) -> Result<Self, ReadError> {
        let chunk = chunked.chunk.clone();
        if chunk.len() != dataspace.dims.len() || chunk.contains(&0) {
            return Err(ReadError::damaged("its chunks do not have its dimensions"));
        }
        let count = |dims: &mut dyn Iterator<Item = u64>| -> Vec<u64> {
            dims.zip(&chunk).map(|(dim, chunk)| dim.div_ceil(*chunk)).collect()
        };
        let n = count(&mut dataspace.dims.iter().copied());
        let max = count(&mut dataspace.max_dims.iter().map(|dim| dim.unwrap_or(u64::MAX)));
        let n_max = max.iter().fold(1_u64, |n, dim| n.saturating_mul(*dim));
        Ok(Self { chunk, n, max, n_max })
    }

    /// Where the chunk at `place` comes in row-major order; none if it lies outside the dataset.
    fn at(&self, place: &[u64]) -> Option<u64> {
        place
            .iter()
            .zip(&self.n)
            .try_fold(0_u64, |at, (place, n)| if place < n { at.checked_mul(*n)?.checked_add(*place) } else { None })
    }

    /// The same of the chunk that comes at `place` in the grid of a dataset that has grown as far as it may. A
    /// dimension that grows without bound varies slowest, wherever it stands.
    fn of_max_place(&self, place: u64, growing: Option<usize>) -> Option<u64> {
        let mut order: Vec<usize> = (0..self.max.len()).collect();
        if let Some(growing) = growing {
            order.remove(growing);
            order.insert(0, growing);
        }
        let mut rest = place;
        let mut coordinates = vec![0; self.max.len()];
        for (position, dim) in order.iter().enumerate().rev() {
            if position == 0 {
                coordinates[*dim] = rest;
            } else {
                coordinates[*dim] = rest.checked_rem(self.max[*dim])?;
                rest /= self.max[*dim];
            }
        }
        self.at(&coordinates)
    }
}
