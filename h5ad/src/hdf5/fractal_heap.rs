//! Fractal heaps, which keep the links and attributes of large objects.

use super::super::read_error::ReadError;
use super::btree_v2;
use super::reader::{Cursor, Reader, bytes_up_to};

/// One heap.
pub(super) struct FractalHeap<'a> {
    reader: &'a Reader,
    id_bytes: usize,
    /// Bytes of an object's offset in the heap, and of its length.
    offset_bytes: usize,
    length_bytes: usize,
    huge_index: Option<u64>,
    width: u64,
    start_bytes: u64,
    max_direct_bytes: u64,
    root: Option<u64>,
    /// Rows of the root if it is indirect; 0 if it is a block of objects.
    root_rows: u64,
}

impl<'a> FractalHeap<'a> {
    /// Opens the heap at `address`.
    pub(super) fn open(reader: &'a Reader, address: u64) -> Result<Self, ReadError> {
        let widths = reader.widths();
        let bytes = 4 + 1 + 2 + 2 + 1 + 4 + 12 * widths.length + 3 * widths.offset + 2 + 2 + 2 + 2 + 4;
        // A heap with filters goes on, so its checksum comes later.
        let block = reader.block(address, bytes as u64)?;
        block.expect(b"FRHP", address)?;
        let mut cursor = block.body();
        cursor.skip(1)?;
        let (id_bytes, filter_bytes) = (usize::from(cursor.u16()?), cursor.u16()?);
        if filter_bytes != 0 {
            return Err(ReadError::Unsupported("its links or attributes are compressed".to_owned()));
        }
        let block = reader.checked_block(address, bytes as u64, b"FRHP")?;
        let mut cursor = block.body();
        cursor.skip(6)?;
        let max_managed_bytes = u64::from(cursor.u32()?);
        cursor.length()?;
        let huge_index = cursor.address()?;
        cursor.length()?;
        cursor.address()?;
        for _ in 0..8 {
            cursor.length()?;
        }
        let width = u64::from(cursor.u16()?);
        let (start_bytes, max_direct_bytes) = (cursor.length()?, cursor.length()?);
        let heap_bits = usize::from(cursor.u16()?);
        cursor.skip(2)?;
        let root = cursor.address()?;
        let root_rows = u64::from(cursor.u16()?);
        let is_possible = width > 0
            && start_bytes.is_power_of_two()
            && max_direct_bytes.is_power_of_two()
            && max_direct_bytes >= start_bytes
            && heap_bits <= 64
            && id_bytes > 1;
        if !is_possible {
            return Err(ReadError::damaged("a heap states impossible sizes"));
        }
        let direct_length_bytes = (max_direct_bytes.ilog2() as usize).div_ceil(8);
        Ok(Self {
            reader,
            id_bytes,
            offset_bytes: heap_bits.div_ceil(8),
            length_bytes: direct_length_bytes.min(bytes_up_to(max_managed_bytes)),
            huge_index,
            width,
            start_bytes,
            max_direct_bytes,
            root,
            root_rows,
        })
    }

    /// The object whose identifier `record` is at.
    pub(super) fn object(&self, record: &mut Cursor<'_>) -> Result<Vec<u8>, ReadError> {
        let id = record.take(self.id_bytes)?;
        let mut cursor = Cursor::new(&id[1..], self.reader.widths());
        match id[0] >> 4 & 3 {
            0 => {
                let offset = cursor.uint(self.offset_bytes)?;
                let length = cursor.uint(self.length_bytes)?;
                let root = self.root.ok_or_else(|| ReadError::damaged("a heap has no blocks"))?;
                if self.root_rows == 0 {
                    return self.reader.metadata(root.saturating_add(offset), length);
                }
                self.managed(root, self.root_rows, offset, length)
            }
            1 => self.huge(cursor),
            2 => {
                let long = self.id_bytes > 18;
                let length = if long { usize::from(id[0] & 15) << 8 | usize::from(id[1]) } else { (id[0] & 15).into() };
                if long {
                    cursor.skip(1)?;
                }
                Ok(cursor.take(length + 1)?.to_vec())
            }
            _ => Err(ReadError::damaged("a heap names an object of an unknown kind")),
        }
    }

    /// Bytes of the blocks in one row.
    fn block_bytes(&self, row: u64) -> u64 {
        self.start_bytes.checked_shl(row.saturating_sub(1) as u32).unwrap_or(0)
    }

    /// The object at `offset` in the indirect block at `address`.
    fn managed(&self, address: u64, n_rows: u64, offset: u64, length: u64) -> Result<Vec<u8>, ReadError> {
        let outside = || ReadError::damaged("a heap's object lies outside its blocks");
        let widths = self.reader.widths();
        let direct_rows = u64::from(self.max_direct_bytes.ilog2() - self.start_bytes.ilog2()) + 2;
        let mut row_start = 0_u64;
        for row in 0..n_rows {
            let block_bytes = self.block_bytes(row);
            let row_bytes = block_bytes.checked_mul(self.width).filter(|bytes| *bytes > 0).ok_or_else(outside)?;
            if offset - row_start >= row_bytes {
                row_start = row_start.checked_add(row_bytes).filter(|start| *start <= offset).ok_or_else(outside)?;
                continue;
            }
            let column = (offset - row_start) / block_bytes;
            let within = (offset - row_start) % block_bytes;
            let head = 4 + 1 + widths.offset as u64 + self.offset_bytes as u64;
            let at = head + (row * self.width + column) * widths.offset as u64;
            self.reader.block(address, 4)?.expect(b"FHIB", address)?;
            let child = self.reader.block(address.saturating_add(at), widths.offset as u64)?;
            let child = child.cursor().known_address()?;
            if row < direct_rows {
                if within + length > block_bytes {
                    return Err(outside());
                }
                return self.reader.metadata(child.saturating_add(within), length);
            }
            let below =
                u64::from(block_bytes.ilog2().saturating_sub(self.start_bytes.ilog2() + self.width.ilog2())) + 1;
            return if below < n_rows { self.managed(child, below, within, length) } else { Err(outside()) };
        }
        Err(outside())
    }

    /// An object that has its own place in the file.
    fn huge(&self, mut cursor: Cursor<'_>) -> Result<Vec<u8>, ReadError> {
        let widths = self.reader.widths();
        if self.id_bytes > widths.offset + widths.length {
            let (address, length) = (cursor.known_address()?, cursor.length()?);
            return self.reader.metadata(address, length);
        }
        let wanted = cursor.uint(cursor.rest().len().min(widths.length))?;
        let mut found = None;
        if let Some(index) = self.huge_index {
            btree_v2::visit(self.reader, index, &mut |mut record| {
                let (address, length) = (record.known_address()?, record.length()?);
                if record.length()? == wanted {
                    found = Some((address, length));
                }
                Ok(())
            })?;
        }
        let (address, length) = found.ok_or_else(|| ReadError::damaged("a heap lacks one of its huge objects"))?;
        self.reader.metadata(address, length)
    }
}
