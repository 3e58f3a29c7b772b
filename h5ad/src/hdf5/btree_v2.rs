//! B-trees of version 2, which index links, attributes, huge objects and chunks in the newer forms of files.

use std::collections::BTreeSet;

use super::super::read_error::ReadError;
use super::reader::{Cursor, Reader, bytes_up_to};

/// Signature, version, type and checksum of a node.
const NODE_OVERHEAD: u64 = 10;
/// Higher trees are taken for damage.
const MAX_DEPTH: u16 = 32;

/// Visits all records of the tree at `address`, in order.
pub(super) fn visit(
    reader: &Reader,
    address: u64,
    record: &mut dyn FnMut(Cursor<'_>) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let widths = reader.widths();
    let bytes = 4 + 1 + 1 + 4 + 2 + 2 + 2 + widths.offset + 2 + widths.length + 4;
    let block = reader.checked_block(address, bytes as u64, b"BTHD")?;
    let mut cursor = block.body();
    cursor.skip(2)?;
    let node_bytes = u64::from(cursor.u32()?);
    let (record_bytes, depth) = (u64::from(cursor.u16()?), cursor.u16()?);
    cursor.skip(2)?;
    let Some(root) = cursor.address()? else { return Ok(()) };
    let n_records = u64::from(cursor.u16()?);
    if record_bytes == 0 || node_bytes <= NODE_OVERHEAD + record_bytes || depth > MAX_DEPTH {
        return Err(ReadError::damaged("an index states impossible sizes"));
    }
    let tree = Tree { reader, record_bytes, levels: Level::all(node_bytes, record_bytes, widths.offset as u64, depth) };
    tree.node(root, n_records, depth.into(), &mut BTreeSet::new(), record)
}

/// How nodes of one height count.
struct Level {
    /// Bytes of the number of records in one node.
    count_bytes: usize,
    /// Bytes of the number of records in one node and below.
    total_bytes: usize,
}

impl Level {
    /// The levels from the leaves up.
    fn all(node_bytes: u64, record_bytes: u64, offset_bytes: u64, depth: u16) -> Vec<Self> {
        let leaf_records = (node_bytes - NODE_OVERHEAD) / record_bytes;
        let count_bytes = bytes_up_to(leaf_records);
        let mut total = leaf_records;
        let mut levels = vec![Self { count_bytes, total_bytes: 0 }];
        for height in 0..usize::from(depth) {
            let pointer = offset_bytes + count_bytes as u64 + levels[height].total_bytes as u64;
            let room = (node_bytes - NODE_OVERHEAD).saturating_sub(pointer);
            let records = room / (record_bytes + pointer);
            total = (records + 1).saturating_mul(total).saturating_add(records);
            levels.push(Self { count_bytes, total_bytes: bytes_up_to(total) });
        }
        levels
    }
}

struct Tree<'a> {
    reader: &'a Reader,
    record_bytes: u64,
    levels: Vec<Level>,
}

impl Tree<'_> {
    fn node(
        &self,
        address: u64,
        n_records: u64,
        height: usize,
        seen: &mut BTreeSet<u64>,
        record: &mut dyn FnMut(Cursor<'_>) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        if !seen.insert(address) {
            return Err(ReadError::damaged("an index leads back to itself"));
        }
        let widths = self.reader.widths();
        let below = height.checked_sub(1).map(|below| &self.levels[below]);
        let pointer_bytes = below.map_or(0, |below| widths.offset + below.count_bytes + below.total_bytes);
        let n_pointers = if below.is_some() { n_records + 1 } else { 0 };
        let bytes = NODE_OVERHEAD + n_records * self.record_bytes + n_pointers * pointer_bytes as u64;
        let signature = if below.is_some() { b"BTIN" } else { b"BTLF" };
        let block = self.reader.checked_block(address, bytes, signature)?;
        let mut records = block.body();
        records.skip(2)?;
        let mut pointers = records.clone();
        pointers.skip((n_records * self.record_bytes) as usize)?;
        for at in 0..=n_records {
            if let Some(below) = below {
                let child = pointers.known_address()?;
                let n_child_records = pointers.uint(below.count_bytes)?;
                pointers.skip(below.total_bytes)?;
                self.node(child, n_child_records, height - 1, seen, record)?;
            }
            if at < n_records {
                record(records.clone())?;
                records.skip(self.record_bytes as usize)?;
            }
        }
        Ok(())
    }
}
