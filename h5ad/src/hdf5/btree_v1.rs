//! B-trees of version 1, which index the members of old groups and the chunks of old datasets.

use std::collections::BTreeSet;

use super::super::read_error::ReadError;
use super::reader::{Cursor, Reader};

/// Higher trees are taken for damage.
const MAX_LEVEL: u8 = 32;

/// Visits the leaves of the tree at `address`, in order: the key before each child, and the child's address.
///
/// `node_type` is 0 for groups and 1 for chunks, whose keys have `key_bytes`.
pub(super) fn visit(
    reader: &Reader,
    address: u64,
    node_type: u8,
    key_bytes: usize,
    leaf: &mut dyn FnMut(Cursor<'_>, u64) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let mut tree = Tree { reader, node_type, key_bytes, seen: BTreeSet::new() };
    tree.node(address, None, leaf)
}

struct Tree<'a> {
    reader: &'a Reader,
    node_type: u8,
    key_bytes: usize,
    seen: BTreeSet<u64>,
}

impl Tree<'_> {
    fn node(
        &mut self,
        address: u64,
        expected_level: Option<u8>,
        leaf: &mut dyn FnMut(Cursor<'_>, u64) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let widths = self.reader.widths();
        let head_bytes = 8 + 2 * widths.offset;
        let head = self.reader.block(address, head_bytes as u64)?;
        head.expect(b"TREE", address)?;
        let mut cursor = head.body();
        let (node_type, level, n_children) = (cursor.u8()?, cursor.u8()?, u64::from(cursor.u16()?));
        let is_expected = expected_level.is_none_or(|expected| expected == level);
        if node_type != self.node_type || !is_expected || level > MAX_LEVEL || !self.seen.insert(address) {
            return Err(ReadError::damaged(format!("the index node at address {address} contradicts its parent")));
        }
        let pair_bytes = (self.key_bytes + widths.offset) as u64;
        let block = self.reader.block(address + head_bytes as u64, n_children * pair_bytes)?;
        let mut cursor = block.cursor();
        for _ in 0..n_children {
            let key = cursor.clone();
            cursor.skip(self.key_bytes)?;
            let child = cursor.known_address()?;
            if level == 0 {
                leaf(key, child)?;
            } else {
                self.node(child, Some(level - 1), leaf)?;
            }
        }
        Ok(())
    }
}
