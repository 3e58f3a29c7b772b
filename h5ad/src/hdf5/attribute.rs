//! Attributes, as values.

use std::collections::HashMap;

use super::super::element::ElementType;
use super::super::read_error::ReadError;
use super::super::values::{TextHeap, Undecoded, Values};
use super::btree_v2;
use super::dataspace::Dataspace;
use super::datatype;
use super::fractal_heap::FractalHeap;
use super::header::{self, Header, kind};
#[cfg(feature = "write")]
use super::reader::unsigned;
use super::reader::{Cursor, Reader};

/// The attributes in the header, by name. Those of a type without a counterpart here are left out.
pub(super) fn read(
    reader: &Reader,
    header: &Header,
    heap: &dyn TextHeap,
) -> Result<HashMap<String, Values>, ReadError> {
    let mut attributes = HashMap::new();
    visit(reader, header, &mut |data| {
        if let Some((name, values)) = parse(reader, data, heap)? {
            attributes.insert(name, values);
        }
        Ok(())
    })?;
    Ok(attributes)
}

/// The addresses of the objects that attributes in the header refer to; none where they may refer to some in a way that is
/// not read.
#[cfg(feature = "write")]
pub(super) fn referred(reader: &Reader, header: &Header) -> Result<Option<Vec<u64>>, ReadError> {
    let mut addresses = Some(Vec::new());
    visit(reader, header, &mut |data| {
        let Described { element, bytes, .. } = describe(reader, data)?;
        if !datatype::may_refer(&element) {
            return Ok(());
        }
        match &mut addresses {
            Some(known) if datatype::is_address(&element) => known.extend(bytes.chunks_exact(8).map(unsigned)),
            Some(_) | None => addresses = None,
        }
        Ok(())
    })?;
    Ok(addresses)
}

/// Visits the attributes in the header, wherever they lie.
fn visit(
    reader: &Reader,
    header: &Header,
    visit: &mut dyn FnMut(&[u8]) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    for data in header.all(kind::ATTRIBUTE) {
        visit(data)?;
    }
    if let Some(data) = header.get(kind::ATTRIBUTE_INFO) {
        visit_dense(reader, data, &mut |data, _| visit(data))?;
    }
    Ok(())
}

/// What is done with an attribute and its number.
type VisitDense<'a> = dyn FnMut(&[u8], u32) -> Result<(), ReadError> + 'a;

/// Visits the attributes that lie in the heap that this message names, if it does, with their numbers in order of
/// addition.
pub(super) fn visit_dense(reader: &Reader, info: &[u8], visit: &mut VisitDense<'_>) -> Result<(), ReadError> {
    let mut cursor = Cursor::new(info, reader.widths());
    cursor.skip(1)?;
    if cursor.u8()? & 1 != 0 {
        cursor.skip(2)?;
    }
    if let (Some(dense), Some(index)) = (cursor.address()?, cursor.address()?) {
        let dense = FractalHeap::open(reader, dense)?;
        btree_v2::visit(reader, index, &mut |mut record| {
            let data = dense.object(&mut record)?;
            // The flags of the message.
            record.skip(1)?;
            visit(&data, record.u32()?)
        })?;
    }
    Ok(())
}

/// The name in the message of an attribute, as bytes.
#[cfg(feature = "write")]
pub(super) fn name(data: &[u8]) -> Option<&[u8]> {
    let start = if *data.first()? < 3 { 8 } else { 9 };
    data.get(start..)?.split(|byte| *byte == 0).next()
}

fn parse(reader: &Reader, data: &[u8], heap: &dyn TextHeap) -> Result<Option<(String, Values)>, ReadError> {
    let Described { name, element, bytes } = describe(reader, data)?;
    match Values::decode(&element, bytes, Some(heap)) {
        Ok(values) => Ok(Some((name, values))),
        Err(Undecoded::Unsupported(_)) => Ok(None),
        Err(Undecoded::Damaged(what)) => Err(ReadError::Damaged(format!("its attribute `{name}`: {what}"))),
    }
}

/// An attribute before its elements are decoded.
struct Described<'a> {
    name: String,
    element: ElementType,
    bytes: &'a [u8],
}

fn describe<'a>(reader: &Reader, data: &'a [u8]) -> Result<Described<'a>, ReadError> {
    let mut cursor = Cursor::new(data, reader.widths());
    let (version, flags) = (cursor.u8()?, cursor.u8()?);
    let sizes = [cursor.u16()?, cursor.u16()?, cursor.u16()?].map(usize::from);
    if version >= 3 {
        cursor.skip(1)?;
    }
    let mut part = |size: usize| -> Result<&'a [u8], ReadError> {
        let part = cursor.take(size)?;
        if version == 1 {
            cursor.skip((size.next_multiple_of(8) - size).min(cursor.rest().len()))?;
        }
        Ok(part)
    };
    let (name, element, dataspace) = (part(sizes[0])?, part(sizes[1])?, part(sizes[2])?);
    let is_shared = |bit: u8| version >= 2 && flags & bit != 0;
    let resolve = |data: &[u8], kind: u16, bit: u8| {
        if is_shared(bit) { header::shared(reader, data, kind, 0) } else { Ok(data.to_vec()) }
    };
    let name = String::from_utf8_lossy(name.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned();
    let element = resolve(element, kind::DATATYPE, 1)?;
    let element: ElementType = datatype::read(&mut Cursor::new(&element, reader.widths()))?;
    let dataspace = resolve(dataspace, kind::DATASPACE, 2)?;
    let dataspace = Dataspace::read(&mut Cursor::new(&dataspace, reader.widths()))?;
    let bytes = dataspace.n_elements().checked_mul(element.bytes() as u64).and_then(|n| usize::try_from(n).ok());
    let bytes = cursor.take(bytes.unwrap_or(usize::MAX))?;
    Ok(Described { name, element, bytes })
}
