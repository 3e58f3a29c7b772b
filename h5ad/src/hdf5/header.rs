//! Object headers: the messages that describe a group or dataset.

use std::collections::{BTreeSet, VecDeque};

use super::super::read_error::ReadError;
use super::reader::{Cursor, Reader};

/// Kinds of messages.
pub(super) mod kind {
    pub(in super::super) const DATASPACE: u16 = 0x01;
    pub(in super::super) const LINK_INFO: u16 = 0x02;
    pub(in super::super) const DATATYPE: u16 = 0x03;
    pub(in super::super) const OLD_FILL: u16 = 0x04;
    pub(in super::super) const FILL: u16 = 0x05;
    pub(in super::super) const LINK: u16 = 0x06;
    pub(in super::super) const EXTERNAL_FILES: u16 = 0x07;
    pub(in super::super) const LAYOUT: u16 = 0x08;
    pub(in super::super) const FILTERS: u16 = 0x0b;
    pub(in super::super) const ATTRIBUTE: u16 = 0x0c;
    pub(in super::super) const CONTINUATION: u16 = 0x10;
    pub(in super::super) const SYMBOL_TABLE: u16 = 0x11;
    pub(in super::super) const ATTRIBUTE_INFO: u16 = 0x15;
}

/// The message's data lie elsewhere.
const SHARED: u8 = 0b10;
/// The message's data must not be moved elsewhere.
#[cfg(feature = "native")]
pub(super) const NOT_SHARED: u8 = 0b100;
/// A reader that does not know the message must refuse the object.
const FAIL_IF_UNKNOWN: u8 = 0b1000_0000;
const LAST_KNOWN: u16 = 0x18;

/// The messages of one object.
pub(super) struct Header {
    messages: Vec<(u16, Vec<u8>)>,
}

impl Header {
    /// Reads the header at `address` and what it continues in.
    pub(super) fn read(reader: &Reader, address: u64) -> Result<Self, ReadError> {
        Self::read_at_depth(reader, address, 0)
    }

    fn read_at_depth(reader: &Reader, address: u64, depth: usize) -> Result<Self, ReadError> {
        let first = reader.metadata(address, 4)?;
        if first == *b"OHDR" { Self::read_v2(reader, address, depth) } else { Self::read_v1(reader, address, depth) }
    }

    /// The data of the first message of this kind.
    pub(super) fn get(&self, kind: u16) -> Option<&[u8]> {
        self.all(kind).next()
    }

    /// The data of all messages of this kind.
    pub(super) fn all(&self, kind: u16) -> impl Iterator<Item = &[u8]> {
        self.messages.iter().filter(move |message| message.0 == kind).map(|message| message.1.as_slice())
    }

    fn read_v1(reader: &Reader, address: u64, depth: usize) -> Result<Self, ReadError> {
        let mut messages = Vec::new();
        visit_v1(reader, address, &mut |_, message, chunks| add(reader, message, depth, &mut messages, chunks))?;
        Ok(Self { messages })
    }

    fn read_v2(reader: &Reader, address: u64, depth: usize) -> Result<Self, ReadError> {
        /// Signature, version and flags; times; limits of attributes; the first chunk's size.
        const MAX_PREFIX_BYTES: u64 = 4 + 2 + 16 + 4 + 8;
        let available = reader.bytes_from(address).min(MAX_PREFIX_BYTES);
        let prefix = reader.block(address, available)?;
        let mut cursor = prefix.body();
        if cursor.u8()? != 2 {
            return Err(ReadError::damaged(format!("the object at address {address} has an unknown version")));
        }
        let flags = cursor.u8()?;
        if flags & 0x20 != 0 {
            cursor.skip(16)?;
        }
        if flags & 0x10 != 0 {
            cursor.skip(4)?;
        }
        let first_bytes = cursor.uint(1 << (flags & 3))?;
        let prefix_bytes = cursor.at();
        let whole = first_bytes.saturating_add(prefix_bytes as u64 + 4);
        let order_bytes = if flags & 0x04 == 0 { 0 } else { 2 };
        let mut chunks = Continuations::new((address, whole));
        let mut messages = Vec::new();
        let mut is_first = true;
        while let Some((start, length)) = chunks.next() {
            let signature = if is_first { b"OHDR" } else { b"OCHK" };
            let block = reader.checked_block(start, length, signature)?;
            let mut cursor = block.cursor();
            cursor.skip(if is_first { prefix_bytes } else { 4 })?;
            is_first = false;
            while cursor.rest().len() >= 4 + order_bytes {
                let (kind, size, flags) = (cursor.u8()?, cursor.u16()?, cursor.u8()?);
                cursor.skip(order_bytes)?;
                let data = cursor.take(size.into())?;
                add(reader, (kind.into(), flags, data), depth, &mut messages, &mut chunks)?;
            }
        }
        Ok(Self { messages })
    }
}

/// A message as it lies in a header: its kind, flags and data.
type Message<'a> = (u16, u8, &'a [u8]);

/// What is done with each message of an old header, the address of whose flags comes first.
type VisitV1<'a> = dyn FnMut(u64, Message<'_>, &mut Continuations) -> Result<(), ReadError> + 'a;

fn visit_v1(reader: &Reader, address: u64, visit: &mut VisitV1<'_>) -> Result<(), ReadError> {
    const PREFIX_BYTES: u64 = 16;
    let prefix = reader.block(address, PREFIX_BYTES)?;
    let mut cursor = prefix.cursor();
    if cursor.u8()? != 1 {
        return Err(ReadError::damaged(format!("no object begins at address {address}")));
    }
    cursor.skip(7)?;
    let first = (address + PREFIX_BYTES, u64::from(cursor.u32()?));
    let mut chunks = Continuations::new(first);
    while let Some((start, length)) = chunks.next() {
        let block = reader.block(start, length)?;
        let mut cursor = block.cursor();
        while cursor.rest().len() >= 8 {
            let (kind, size) = (cursor.u16()?, cursor.u16()?);
            let at = start + cursor.at() as u64;
            let flags = cursor.u8()?;
            cursor.skip(3)?;
            let data = cursor.take(size.into())?;
            visit(at, (kind, flags, data), &mut chunks)?;
        }
    }
    Ok(())
}

/// The addresses of the flags of attributes in the header at `address` that forbid programs to share them; a header of
/// today's form has none that matter.
#[cfg(feature = "native")]
pub(super) fn unshared_attributes(reader: &Reader, address: u64) -> Result<Vec<u64>, ReadError> {
    if reader.metadata(address, 4)? == *b"OHDR" {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    visit_v1(reader, address, &mut |at, (kind, flags, data), chunks| {
        if kind == kind::ATTRIBUTE && flags & NOT_SHARED != 0 {
            found.push(at);
        }
        // Only continuations are followed.
        if kind == kind::CONTINUATION { add(reader, (kind, flags, data), 0, &mut Vec::new(), chunks) } else { Ok(()) }
    })?;
    Ok(found)
}

/// The blocks that one header goes on in.
struct Continuations {
    waiting: VecDeque<(u64, u64)>,
    seen: BTreeSet<u64>,
}

impl Continuations {
    fn new(first: (u64, u64)) -> Self {
        Self { waiting: [first].into(), seen: [first.0].into() }
    }

    fn next(&mut self) -> Option<(u64, u64)> {
        self.waiting.pop_front()
    }
}

/// Keeps a message, or follows it where it continues the header or points to another.
fn add(
    reader: &Reader,
    (kind, flags, data): Message<'_>,
    depth: usize,
    messages: &mut Vec<(u16, Vec<u8>)>,
    chunks: &mut Continuations,
) -> Result<(), ReadError> {
    if kind == kind::CONTINUATION {
        let mut cursor = Cursor::new(data, reader.widths());
        let (address, length) = (cursor.known_address()?, cursor.length()?);
        if !chunks.seen.insert(address) {
            return Err(ReadError::damaged("an object's header continues in a circle"));
        }
        chunks.waiting.push_back((address, length));
    } else if kind > LAST_KNOWN && flags & FAIL_IF_UNKNOWN != 0 {
        return Err(ReadError::Unsupported(format!("its header has a message of the unknown kind {kind}")));
    } else if flags & SHARED != 0 {
        messages.push((kind, shared(reader, data, kind, depth)?));
    } else {
        messages.push((kind, data.to_vec()));
    }
    Ok(())
}

/// The data of a message of which only `reference` tells where it lies.
pub(super) fn shared(reader: &Reader, reference: &[u8], kind: u16, depth: usize) -> Result<Vec<u8>, ReadError> {
    const MAX_DEPTH: usize = 4;
    let mut cursor = Cursor::new(reference, reader.widths());
    let (version, place) = (cursor.u8()?, cursor.u8()?);
    if version == 1 {
        cursor.skip(6)?;
    }
    if version == 3 && place == 1 {
        return Err(ReadError::Unsupported("its description lies in a heap of shared messages".to_owned()));
    }
    if depth > MAX_DEPTH {
        return Err(ReadError::damaged("shared messages point at each other"));
    }
    let address = cursor.known_address()?;
    let header = Header::read_at_depth(reader, address, depth + 1)?;
    let data = header.get(kind).map(<[u8]>::to_vec);
    data.ok_or_else(|| ReadError::damaged(format!("address {address} lacks what is shared there")))
}
