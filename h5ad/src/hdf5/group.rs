//! Groups: the names in them and where each leads.

use std::collections::BTreeMap;

use super::super::read_error::ReadError;
use super::btree_v1;
use super::btree_v2;
use super::fractal_heap::FractalHeap;
use super::header::{Header, kind};
use super::reader::{Cursor, Reader};

/// Where a name leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// To the object at this address.
    Hard(u64),
    /// To whatever has this path.
    Soft(String),
    /// To a path in another file.
    External { file: String, path: String },
    /// Of a kind of somebody's own.
    Unknown(u8),
}

/// Whether the object with this header is a group.
pub(super) fn is_group(header: &Header) -> bool {
    [kind::SYMBOL_TABLE, kind::LINK_INFO, kind::LINK].iter().any(|kind| header.get(*kind).is_some())
}

/// The links in the group with this header, by name.
pub(super) fn links(reader: &Reader, header: &Header) -> Result<BTreeMap<String, Link>, ReadError> {
    let mut links = BTreeMap::new();
    visit(reader, header, &mut |found, _| {
        links.insert(found.name, found.link);
    })?;
    Ok(links)
}

/// A link as a group has it.
pub(super) struct Found {
    pub(super) name: String,
    /// When it was added to a group that counts its links.
    #[cfg_attr(not(feature = "write"), expect(dead_code, reason = "only who edits files asks"))]
    pub(super) order: Option<u64>,
    pub(super) link: Link,
}

/// Visits the links in the group with this header, each with the message that it is, if it is one.
pub(super) fn visit(
    reader: &Reader,
    header: &Header,
    visit: &mut dyn FnMut(Found, Option<&[u8]>),
) -> Result<(), ReadError> {
    if let Some(data) = header.get(kind::SYMBOL_TABLE) {
        let mut cursor = Cursor::new(data, reader.widths());
        let (tree, heap) = (cursor.known_address()?, cursor.known_address()?);
        symbols(reader, tree, heap, &mut |name, link| visit(Found { name, order: None, link }, None))?;
    }
    for data in header.all(kind::LINK) {
        visit(parse(&mut Cursor::new(data, reader.widths()))?, Some(data));
    }
    if let Some(data) = header.get(kind::LINK_INFO) {
        let mut cursor = Cursor::new(data, reader.widths());
        cursor.skip(1)?;
        if cursor.u8()? & 1 != 0 {
            cursor.skip(8)?;
        }
        if let (Some(heap), Some(index)) = (cursor.address()?, cursor.address()?) {
            let heap = FractalHeap::open(reader, heap)?;
            btree_v2::visit(reader, index, &mut |mut record| {
                // The name's hash.
                record.skip(4)?;
                let data = heap.object(&mut record)?;
                visit(parse(&mut Cursor::new(&data, reader.widths()))?, Some(&data));
                Ok(())
            })?;
        }
    }
    Ok(())
}

/// Reads one link message.
fn parse(cursor: &mut Cursor<'_>) -> Result<Found, ReadError> {
    cursor.skip(1)?;
    let flags = cursor.u8()?;
    let link_type = if flags & 0x08 == 0 { 0 } else { cursor.u8()? };
    let order = if flags & 0x04 == 0 { None } else { Some(cursor.uint(8)?) };
    if flags & 0x10 != 0 {
        cursor.skip(1)?;
    }
    let length = cursor.uint(1 << (flags & 3))? as usize;
    let name = String::from_utf8_lossy(cursor.take(length)?).into_owned();
    let link = match link_type {
        0 => Link::Hard(cursor.known_address()?),
        1 => {
            let length = cursor.u16()?.into();
            Link::Soft(String::from_utf8_lossy(cursor.take(length)?).into_owned())
        }
        64 => {
            cursor.skip(3)?;
            Link::External { file: cursor.text()?, path: cursor.text()? }
        }
        other => Link::Unknown(other),
    };
    Ok(Found { name, order, link })
}

/// Reads the links of an old group: a tree of symbol tables whose names lie in a heap of their own.
fn symbols(reader: &Reader, tree: u64, heap: u64, visit: &mut dyn FnMut(String, Link)) -> Result<(), ReadError> {
    const SOFT: u32 = 2;
    let widths = reader.widths();
    let block = reader.block(heap, 8 + 2 * widths.length as u64 + widths.offset as u64)?;
    block.expect(b"HEAP", heap)?;
    let mut cursor = block.body();
    cursor.skip(4)?;
    let length = cursor.length()?;
    cursor.length()?;
    let names = reader.block(cursor.known_address()?, length)?;
    let text = |offset: u64| -> Result<String, ReadError> {
        let mut cursor = names.cursor();
        cursor.skip(usize::try_from(offset).unwrap_or(usize::MAX))?;
        cursor.text()
    };
    let entry_bytes = (2 * widths.offset + 24) as u64;
    btree_v1::visit(reader, tree, 0, widths.length, &mut |_, table| {
        let head = reader.block(table, 8)?;
        head.expect(b"SNOD", table)?;
        let mut cursor = head.body();
        cursor.skip(2)?;
        let n = u64::from(cursor.u16()?);
        let entries = reader.block(table + 8, n * entry_bytes)?;
        let mut cursor = entries.cursor();
        for _ in 0..n {
            let name = text(cursor.uint(widths.offset)?)?;
            let address = cursor.address()?;
            let cache = cursor.u32()?;
            cursor.skip(4)?;
            let mut scratch = Cursor::new(cursor.take(16)?, widths);
            let link = if cache == SOFT {
                Link::Soft(text(scratch.u32()?.into())?)
            } else {
                Link::Hard(address.ok_or_else(|| ReadError::damaged(format!("`{name}` leads nowhere")))?)
            };
            visit(name, link);
        }
        Ok(())
    })
}
