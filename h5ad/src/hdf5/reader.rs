//! Bytes of an HDF5 file by address, and the integers in them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::super::codec;
use super::super::read_error::ReadError;
use super::super::source::SharedSource;

/// Metadata is read and kept by pages of this size.
const PAGE_BYTES: u64 = 16 << 10;
/// How many pages are kept.
const MAX_PAGES: usize = 512;

/// How many bytes addresses and lengths take in one file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Widths {
    pub(super) offset: usize,
    pub(super) length: usize,
}

/// The bytes of one file. Clones share it.
#[derive(Clone)]
pub(super) struct Reader {
    source: SharedSource,
    /// Where address 0 lies.
    base: u64,
    widths: Widths,
    pages: Arc<Mutex<HashMap<u64, Arc<Vec<u8>>>>>,
}

impl Reader {
    pub(super) fn new(source: SharedSource, base: u64, widths: Widths) -> Self {
        Self { source, base, widths, pages: Arc::default() }
    }

    pub(super) fn widths(&self) -> Widths {
        self.widths
    }

    /// How many bytes the file has, the user block included.
    pub(super) fn size(&self) -> u64 {
        self.source.size()
    }

    /// How many bytes there are from `address` on.
    pub(super) fn bytes_from(&self, address: u64) -> u64 {
        self.source.size().saturating_sub(self.base).saturating_sub(address)
    }

    /// `length` bytes of array data at `address`, which must be in the file.
    pub(super) fn data(&self, address: u64, length: u64) -> Result<Vec<u8>, ReadError> {
        let (start, length) = self.within(address, length)?;
        Ok(self.source.read(start, length)?)
    }

    /// `length` bytes of metadata at `address`, which must be in the file.
    pub(super) fn metadata(&self, address: u64, length: u64) -> Result<Vec<u8>, ReadError> {
        let (start, length) = self.within(address, length)?;
        let end = start + length as u64;
        if length as u64 > PAGE_BYTES {
            return Ok(self.source.read(start, length)?);
        }
        let mut bytes = Vec::with_capacity(length);
        for page in start / PAGE_BYTES..end.div_ceil(PAGE_BYTES) {
            let first = page * PAGE_BYTES;
            let content = self.page(page)?;
            let from = start.saturating_sub(first) as usize;
            let to = (end - first).min(content.len() as u64) as usize;
            bytes.extend_from_slice(&content[from..to]);
        }
        Ok(bytes)
    }

    /// A cursor over `length` bytes of metadata at `address`.
    pub(super) fn block(&self, address: u64, length: u64) -> Result<Block, ReadError> {
        Ok(Block { bytes: self.metadata(address, length)?, widths: self.widths })
    }

    /// The same, of a block that begins with `signature` and ends with a checksum of what comes before.
    pub(super) fn checked_block(&self, address: u64, length: u64, signature: &[u8; 4]) -> Result<Block, ReadError> {
        let mut block = self.block(address, length)?;
        block.expect(signature, address)?;
        block.check(signature)?;
        Ok(block)
    }

    fn within(&self, address: u64, length: u64) -> Result<(u64, usize), ReadError> {
        let start = address.checked_add(self.base);
        let end = start.and_then(|start| start.checked_add(length));
        match (start, end, usize::try_from(length)) {
            (Some(start), Some(end), Ok(length)) if end <= self.source.size() => Ok((start, length)),
            _ => Err(ReadError::damaged(format!("{length} bytes at address {address} lie outside the file"))),
        }
    }

    fn page(&self, page: u64) -> Result<Arc<Vec<u8>>, ReadError> {
        let known = self.pages.lock().unwrap_or_else(PoisonError::into_inner).get(&page).cloned();
        if let Some(content) = known {
            return Ok(content);
        }
        let start = page * PAGE_BYTES;
        let length = PAGE_BYTES.min(self.source.size().saturating_sub(start)) as usize;
        let content = Arc::new(self.source.read(start, length)?);
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        if pages.len() >= MAX_PAGES {
            pages.clear();
        }
        pages.insert(page, Arc::clone(&content));
        Ok(content)
    }
}

/// Bytes of metadata that one structure takes.
pub(super) struct Block {
    bytes: Vec<u8>,
    widths: Widths,
}

impl Block {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn cursor(&self) -> Cursor<'_> {
        Cursor::new(&self.bytes, self.widths)
    }

    /// A cursor behind the signature.
    pub(super) fn body(&self) -> Cursor<'_> {
        Cursor { bytes: &self.bytes, at: 4.min(self.bytes.len()), widths: self.widths }
    }

    /// Refuses a block that does not begin with `signature`.
    pub(super) fn expect(&self, signature: &[u8; 4], address: u64) -> Result<(), ReadError> {
        if self.bytes.starts_with(signature) {
            return Ok(());
        }
        let name = String::from_utf8_lossy(signature);
        Err(ReadError::damaged(format!("no block `{name}` begins at address {address}")))
    }

    /// Takes the checksum off the end, which must be right.
    pub(super) fn check(&mut self, signature: &[u8; 4]) -> Result<(), ReadError> {
        let whole = self.bytes.split_last_chunk::<4>();
        // A fuzzer would hardly get past checksums.
        let fits =
            |content: &[u8], stated: [u8; 4]| cfg!(fuzzing) || codec::lookup3(content) == u32::from_le_bytes(stated);
        let right = whole.is_some_and(|(content, stated)| fits(content, *stated));
        if !right {
            let name = String::from_utf8_lossy(signature);
            return Err(ReadError::damaged(format!("a block `{name}` does not fit its checksum")));
        }
        self.bytes.truncate(self.bytes.len() - 4);
        Ok(())
    }
}

/// Reads integers one after another.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    widths: Widths,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8], widths: Widths) -> Self {
        Self { bytes, at: 0, widths }
    }

    pub(super) fn widths(&self) -> Widths {
        self.widths
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    pub(super) fn take(&mut self, n: usize) -> Result<&'a [u8], ReadError> {
        let taken = self.rest().get(..n);
        let taken = taken.ok_or_else(|| ReadError::damaged("a block of metadata ends too early"))?;
        self.at += n;
        Ok(taken)
    }

    pub(super) fn skip(&mut self, n: usize) -> Result<(), ReadError> {
        self.take(n).map(|_| ())
    }

    /// An unsigned integer of `n` bytes, at most eight.
    pub(super) fn uint(&mut self, n: usize) -> Result<u64, ReadError> {
        Ok(unsigned(self.take(n)?))
    }

    pub(super) fn u8(&mut self) -> Result<u8, ReadError> {
        Ok(self.take(1)?[0])
    }

    pub(super) fn u16(&mut self) -> Result<u16, ReadError> {
        Ok(self.uint(2)? as u16)
    }

    pub(super) fn u32(&mut self) -> Result<u32, ReadError> {
        Ok(self.uint(4)? as u32)
    }

    /// A length.
    pub(super) fn length(&mut self) -> Result<u64, ReadError> {
        self.uint(self.widths.length)
    }

    /// An address; none where the file has none.
    pub(super) fn address(&mut self) -> Result<Option<u64>, ReadError> {
        let address = self.uint(self.widths.offset)?;
        let undefined = u64::MAX >> (64 - 8 * self.widths.offset);
        Ok((address != undefined).then_some(address))
    }

    /// An address that must be there.
    pub(super) fn known_address(&mut self) -> Result<u64, ReadError> {
        self.address()?.ok_or_else(|| ReadError::damaged("an address is missing"))
    }

    /// Text up to a zero byte, which is skipped.
    pub(super) fn text(&mut self) -> Result<String, ReadError> {
        let end = self.rest().iter().position(|byte| *byte == 0);
        let end = end.ok_or_else(|| ReadError::damaged("a name in the metadata does not end"))?;
        let text = String::from_utf8_lossy(self.take(end)?).into_owned();
        self.skip(1)?;
        Ok(text)
    }

    /// Skips to the next multiple of eight bytes from `start`.
    pub(super) fn align(&mut self, start: usize) -> Result<(), ReadError> {
        let length = self.at - start;
        self.skip((length.next_multiple_of(8) - length).min(self.rest().len()))
    }
}

/// A little-endian unsigned integer of up to eight bytes.
pub(super) fn unsigned(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// How many bytes hold every number up to `limit`, as HDF5 counts them.
pub(super) fn bytes_up_to(limit: u64) -> usize {
    limit.max(1).ilog2() as usize / 8 + 1
}
