//! Object headers: the messages that describe a group or dataset.

use std::collections::{BTreeSet, VecDeque};

use super::super::read_error::ReadError;
use super::reader::{Cursor, Reader};

/// Kinds of messages.
pub(super) mod kind {
    #[cfg(feature = "write")]
    pub(in super::super) const NOTHING: u16 = 0x00;
    pub(in super::super) const DATASPACE: u16 = 0x01;
    pub(in super::super) const LINK_INFO: u16 = 0x02;
    pub(in super::super) const DATATYPE: u16 = 0x03;
    pub(in super::super) const OLD_FILL: u16 = 0x04;
    pub(in super::super) const FILL: u16 = 0x05;
    pub(in super::super) const LINK: u16 = 0x06;
    pub(in super::super) const EXTERNAL_FILES: u16 = 0x07;
    pub(in super::super) const LAYOUT: u16 = 0x08;
    #[cfg(feature = "write")]
    pub(in super::super) const GROUP_INFO: u16 = 0x0a;
    pub(in super::super) const FILTERS: u16 = 0x0b;
    pub(in super::super) const ATTRIBUTE: u16 = 0x0c;
    pub(in super::super) const CONTINUATION: u16 = 0x10;
    pub(in super::super) const SYMBOL_TABLE: u16 = 0x11;
    #[cfg(feature = "write")]
    pub(in super::super) const CHUNK_TREE: u16 = 0x13;
    pub(in super::super) const ATTRIBUTE_INFO: u16 = 0x15;
    #[cfg(feature = "write")]
    pub(in super::super) const LINK_COUNT: u16 = 0x16;
}

/// The message's data lie elsewhere.
pub(super) const SHARED: u8 = 0b10;
/// A reader that does not know the message must refuse the object.
const FAIL_IF_UNKNOWN: u8 = 0b1000_0000;
const LAST_KNOWN: u16 = 0x18;
/// Attributes of a header with this flag have numbers in order of addition.
pub(super) const COUNTS_ATTRIBUTES: u8 = 0x04;

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
        let mut messages = Vec::new();
        visit(reader, address, &mut |message, chunks| add(reader, message, depth, &mut messages, chunks))?;
        Ok(Self { messages })
    }

    /// The data of the first message of this kind.
    pub(super) fn get(&self, kind: u16) -> Option<&[u8]> {
        self.all(kind).next()
    }

    /// The data of all messages of this kind.
    pub(super) fn all(&self, kind: u16) -> impl Iterator<Item = &[u8]> {
        self.messages.iter().filter(move |message| message.0 == kind).map(|message| message.1.as_slice())
    }
}

/// A message as it lies in a header.
#[derive(Clone, Copy)]
struct Message<'a> {
    kind: u16,
    flags: u8,
    /// When it was added to a header that counts its attributes; 0 in others.
    #[cfg_attr(not(feature = "write"), expect(dead_code, reason = "only who edits files asks"))]
    order: u16,
    data: &'a [u8],
}

/// A header for rewriting: its messages as they lie in it, without those that continue it.
#[cfg(feature = "write")]
pub(super) struct RawHeader {
    pub(super) flags: u8,
    pub(super) messages: Vec<RawMessage>,
}

/// A message for rewriting.
#[cfg(feature = "write")]
pub(super) struct RawMessage {
    pub(super) kind: u16,
    pub(super) flags: u8,
    /// When it was added to a header that counts its attributes; 0 in others.
    pub(super) order: u16,
    pub(super) data: Vec<u8>,
}

#[cfg(feature = "write")]
impl RawHeader {
    /// Reads the header at `address` and what it continues in.
    pub(super) fn read(reader: &Reader, address: u64) -> Result<Self, ReadError> {
        let mut messages = Vec::new();
        let flags = visit(reader, address, &mut |Message { kind, flags, order, data, .. }, chunks| {
            if kind == kind::CONTINUATION {
                return chunks.add(reader, data);
            }
            messages.push(RawMessage { kind, flags, order, data: data.to_vec() });
            Ok(())
        })?;
        Ok(Self { flags, messages })
    }
}

/// What is done with each message of a header.
type Visit<'a> = dyn FnMut(Message<'_>, &mut Continuations) -> Result<(), ReadError> + 'a;

/// Visits the messages of the header at `address`, whatever its form, and gives the flags of the header, which one of the
/// oldest form has none of.
fn visit(reader: &Reader, address: u64, visit: &mut Visit<'_>) -> Result<u8, ReadError> {
    if reader.metadata(address, 4)? == *b"OHDR" {
        visit_v2(reader, address, visit)
    } else {
        visit_v1(reader, address, visit)?;
        Ok(0)
    }
}

fn visit_v2(reader: &Reader, address: u64, visit: &mut Visit<'_>) -> Result<u8, ReadError> {
    /// Signature, version and flags; times; limits of attributes; the first chunk's size.
    const MAX_PREFIX_BYTES: u64 = 4 + 2 + 16 + 4 + 8;
    let available = reader.bytes_from(address).min(MAX_PREFIX_BYTES);
    let prefix = reader.block(address, available)?;
    let mut cursor = prefix.body();
    if cursor.u8()? != 2 {
        return Err(ReadError::damaged(format!("the object at address {address} has an unknown version")));
    }
    let header_flags = cursor.u8()?;
    if header_flags & 0x20 != 0 {
        cursor.skip(16)?;
    }
    if header_flags & 0x10 != 0 {
        cursor.skip(4)?;
    }
    let first_bytes = cursor.uint(1 << (header_flags & 3))?;
    let prefix_bytes = cursor.at();
    let whole = first_bytes.saturating_add(prefix_bytes as u64 + 4);
    let counts = header_flags & COUNTS_ATTRIBUTES != 0;
    let mut chunks = Continuations::new((address, whole));
    let mut is_first = true;
    while let Some((start, length)) = chunks.next() {
        let signature = if is_first { b"OHDR" } else { b"OCHK" };
        let block = reader.checked_block(start, length, signature)?;
        let mut cursor = block.cursor();
        cursor.skip(if is_first { prefix_bytes } else { 4 })?;
        is_first = false;
        while cursor.rest().len() >= if counts { 6 } else { 4 } {
            let (kind, size) = (cursor.u8()?.into(), cursor.u16()?);
            let flags = cursor.u8()?;
            let order = if counts { cursor.u16()? } else { 0 };
            let data = cursor.take(size.into())?;
            visit(Message { kind, flags, order, data }, &mut chunks)?;
        }
    }
    Ok(header_flags)
}

fn visit_v1(reader: &Reader, address: u64, visit: &mut Visit<'_>) -> Result<(), ReadError> {
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
            let flags = cursor.u8()?;
            cursor.skip(3)?;
            let data = cursor.take(size.into())?;
            visit(Message { kind, flags, order: 0, data }, &mut chunks)?;
        }
    }
    Ok(())
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

    /// Adds the block that a message of continuation names.
    fn add(&mut self, reader: &Reader, data: &[u8]) -> Result<(), ReadError> {
        let mut cursor = Cursor::new(data, reader.widths());
        let (address, length) = (cursor.known_address()?, cursor.length()?);
        if !self.seen.insert(address) {
            return Err(ReadError::damaged("an object's header continues in a circle"));
        }
        self.waiting.push_back((address, length));
        Ok(())
    }

    fn next(&mut self) -> Option<(u64, u64)> {
        self.waiting.pop_front()
    }
}

/// Keeps a message, or follows it where it continues the header or points to another.
fn add(
    reader: &Reader,
    Message { kind, flags, data, .. }: Message<'_>,
    depth: usize,
    messages: &mut Vec<(u16, Vec<u8>)>,
    chunks: &mut Continuations,
) -> Result<(), ReadError> {
    if kind == kind::CONTINUATION {
        chunks.add(reader, data)?;
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
