//! Arrays that list chunks by their number: fixed ones, and those that grow along one dimension.

use super::super::read_error::ReadError;
use super::chunk_index::StoredChunk;
use super::reader::{Block, Cursor, Reader};

/// What an entry for one chunk holds.
pub(super) struct Element {
    /// Bytes of the stored size, which only filtered chunks have.
    pub(super) size_bytes: Option<usize>,
    /// The size of one that is not filtered.
    pub(super) chunk_bytes: u64,
}

impl Element {
    /// The chunk of one entry; none if it was never written.
    pub(super) fn read(&self, cursor: &mut Cursor<'_>) -> Result<Option<StoredChunk>, ReadError> {
        let address = cursor.address()?;
        let (size, filter_mask) = match self.size_bytes {
            Some(bytes) => (cursor.uint(bytes)?, cursor.u32()?),
            None => (self.chunk_bytes, 0),
        };
        Ok(address.map(|address| StoredChunk { address, size, filter_mask }))
    }

    fn bytes(&self, reader: &Reader) -> u64 {
        (reader.widths().offset + self.size_bytes.map_or(0, |bytes| bytes + 4)) as u64
    }
}

/// Bytes of a checksum.
const CHECKSUM_BYTES: u64 = 4;
/// Counts beyond this are taken for damage: two to the power of it.
const MAX_BITS: u8 = 62;

/// Visits the chunks of the fixed array at `address`.
pub(super) fn fixed(
    reader: &Reader,
    address: u64,
    page_bits: u8,
    element: &Element,
    visit: &mut dyn FnMut(u64, StoredChunk),
) -> Result<(), ReadError> {
    let widths = reader.widths();
    let head = 4 + 4 + widths.length + widths.offset + 4;
    let head = reader.checked_block(address, head as u64, b"FAHD")?;
    let mut cursor = head.body();
    cursor.skip(4)?;
    let n = cursor.length()?;
    let Some(block) = cursor.address()? else { return Ok(()) };
    let page = 1_u64.checked_shl(page_bits.into()).filter(|_| page_bits <= MAX_BITS).ok_or_else(impossible)?;
    let n_pages = if n > page { n.div_ceil(page) } else { 0 };
    let prefix_bytes = (4 + 2 + widths.offset) as u64;
    let mut entries = Entries { reader, element, visit };
    if n_pages == 0 {
        return entries.list(block, prefix_bytes, b"FADB", n, 0);
    }
    let bitmap_bytes = n_pages.div_ceil(8);
    let bitmap = reader.checked_block(block, prefix_bytes + bitmap_bytes + CHECKSUM_BYTES, b"FADB")?;
    let written = Bitmap { bits: &bitmap.bytes()[prefix_bytes as usize..], start: 0 };
    let first = block + prefix_bytes + bitmap_bytes + CHECKSUM_BYTES;
    entries.pages(first, &written, n, page, 0)
}

/// Visits the chunks of the extensible array at `address`.
pub(super) fn extensible(
    reader: &Reader,
    address: u64,
    element: &Element,
    visit: &mut dyn FnMut(u64, StoredChunk),
) -> Result<(), ReadError> {
    let widths = reader.widths();
    let head = 4 + 8 + 6 * widths.length + widths.offset + 4;
    let head = reader.checked_block(address, head as u64, b"EAHD")?;
    let mut cursor = head.body();
    cursor.skip(3)?;
    let max_bits = cursor.u8()?;
    let n_inline = u64::from(cursor.u8()?);
    let min_elements = u64::from(cursor.u8()?);
    let min_pointers = u64::from(cursor.u8()?);
    let page_bits = cursor.u8()?;
    for _ in 0..4 {
        cursor.length()?;
    }
    let n_set = cursor.length()?;
    cursor.length()?;
    let Some(index) = cursor.address()? else { return Ok(()) };
    let is_possible = max_bits <= MAX_BITS
        && page_bits <= MAX_BITS
        && min_elements.is_power_of_two()
        && min_pointers.is_power_of_two()
        && u32::from(max_bits) >= min_elements.ilog2();
    if !is_possible {
        return Err(impossible());
    }
    let array = Extensible {
        min_elements,
        page: 1 << page_bits,
        block_prefix: (4 + 2 + widths.offset) as u64 + u64::from(max_bits).div_ceil(8),
        n_set,
    };
    let n_super = 1 + u64::from(u32::from(max_bits) - min_elements.ilog2());
    let n_super_inline = 2 * u64::from(min_pointers.ilog2());
    let n_pointers = 2 * (min_pointers - 1) + n_super.saturating_sub(n_super_inline);
    let bytes = (4 + 2 + widths.offset) as u64
        + n_inline * element.bytes(reader)
        + n_pointers * widths.offset as u64
        + CHECKSUM_BYTES;
    let block = reader.checked_block(index, bytes, b"EAIB")?;
    let mut cursor = block.body();
    cursor.skip(2 + widths.offset)?;
    let mut entries = Entries { reader, element, visit };
    for place in 0..n_inline {
        entries.one(&mut cursor, place)?;
    }
    let mut place = n_inline;
    for level in 0..n_super {
        let (n_blocks, n_elements) = array.level(level);
        if level < n_super_inline {
            for _ in 0..n_blocks {
                if let Some(address) = cursor.address()? {
                    array.data_block(&mut entries, address, n_elements, place, &Bitmap { bits: &[], start: 0 })?;
                }
                place = place.saturating_add(n_elements);
            }
            continue;
        }
        if let Some(address) = cursor.address()? {
            array.super_block(&mut entries, address, (n_blocks, n_elements), place)?;
        }
        place = place.saturating_add(n_blocks.saturating_mul(n_elements));
    }
    Ok(())
}

/// How an extensible array counts.
struct Extensible {
    min_elements: u64,
    /// Elements of a page; larger blocks are in pages.
    page: u64,
    /// Bytes before the content of a data block or super block.
    block_prefix: u64,
    /// Elements that were ever set.
    n_set: u64,
}

impl Extensible {
    /// How many data blocks a super block has, and how many elements each of them.
    fn level(&self, level: u64) -> (u64, u64) {
        let double = |times: u64, n: u64| n.checked_shl(times as u32).unwrap_or(u64::MAX);
        (double(level / 2, 1), double(level.div_ceil(2), self.min_elements))
    }

    fn super_block(
        &self,
        entries: &mut Entries<'_>,
        address: u64,
        (n_blocks, n_elements): (u64, u64),
        mut place: u64,
    ) -> Result<(), ReadError> {
        let offset = entries.reader.widths().offset;
        let n_pages = if n_elements > self.page { n_elements / self.page } else { 0 };
        let bitmap_bytes = n_pages.div_ceil(8);
        let content = n_blocks.checked_mul(bitmap_bytes + offset as u64).ok_or_else(impossible)?;
        let bytes = content.saturating_add(self.block_prefix + CHECKSUM_BYTES);
        let block = entries.reader.checked_block(address, bytes, b"EASB")?;
        let mut cursor = block.cursor();
        cursor.skip(self.block_prefix as usize)?;
        let bits = cursor.take((n_blocks * bitmap_bytes) as usize)?;
        for number in 0..n_blocks {
            if let Some(address) = cursor.address()? {
                let written = Bitmap { bits, start: number.saturating_mul(n_pages) };
                self.data_block(entries, address, n_elements, place, &written)?;
            }
            place = place.saturating_add(n_elements);
        }
        Ok(())
    }

    fn data_block(
        &self,
        entries: &mut Entries<'_>,
        address: u64,
        n_elements: u64,
        place: u64,
        written: &Bitmap<'_>,
    ) -> Result<(), ReadError> {
        if place >= self.n_set {
            return Ok(());
        }
        if n_elements <= self.page {
            return entries.list(address, self.block_prefix, b"EADB", n_elements, place);
        }
        let first = address.saturating_add(self.block_prefix + CHECKSUM_BYTES);
        entries.pages(first, written, n_elements, self.page, place)
    }
}

/// Which pages of a block were written: a bit each, the highest of a byte first, from bit `start` on.
struct Bitmap<'a> {
    bits: &'a [u8],
    start: u64,
}

impl Bitmap<'_> {
    fn get(&self, page: u64) -> Result<bool, ReadError> {
        let bit = self.start.saturating_add(page);
        let byte = self.bits.get((bit / 8) as usize).copied().ok_or_else(impossible)?;
        Ok(byte & (0x80 >> (bit % 8)) != 0)
    }
}

/// Reads entries and hands out the chunks that they name.
struct Entries<'a> {
    reader: &'a Reader,
    element: &'a Element,
    visit: &'a mut dyn FnMut(u64, StoredChunk),
}

impl Entries<'_> {
    fn one(&mut self, cursor: &mut Cursor<'_>, place: u64) -> Result<(), ReadError> {
        if let Some(stored) = self.element.read(cursor)? {
            (self.visit)(place, stored);
        }
        Ok(())
    }

    /// The `n` entries of a block that has a prefix, the first of which is that of chunk `place`.
    fn list(&mut self, address: u64, prefix: u64, signature: &[u8; 4], n: u64, place: u64) -> Result<(), ReadError> {
        let bytes = n.checked_mul(self.element.bytes(self.reader)).ok_or_else(impossible)?;
        let bytes = bytes.saturating_add(prefix + CHECKSUM_BYTES);
        let block = self.reader.checked_block(address, bytes, signature)?;
        self.block(&block, prefix, n, place)
    }

    /// The entries of consecutive pages, as far as they were written.
    fn pages(&mut self, first: u64, written: &Bitmap<'_>, n: u64, page: u64, place: u64) -> Result<(), ReadError> {
        let element_bytes = self.element.bytes(self.reader);
        let page_bytes = page.checked_mul(element_bytes).ok_or_else(impossible)?.saturating_add(CHECKSUM_BYTES);
        for number in 0..n.div_ceil(page) {
            if !written.get(number)? {
                continue;
            }
            let n_entries = page.min(n - number * page);
            let address = first.saturating_add(number.saturating_mul(page_bytes));
            let mut block = self.reader.block(address, n_entries * element_bytes + CHECKSUM_BYTES)?;
            block.check(b"page")?;
            self.block(&block, 0, n_entries, place + number * page)?;
        }
        Ok(())
    }

    fn block(&mut self, block: &Block, prefix: u64, n: u64, place: u64) -> Result<(), ReadError> {
        let mut cursor = block.cursor();
        cursor.skip(prefix as usize)?;
        for at in 0..n {
            self.one(&mut cursor, place.saturating_add(at))?;
        }
        Ok(())
    }
}

fn impossible() -> ReadError {
    ReadError::damaged("the index of its chunks states impossible sizes")
}
