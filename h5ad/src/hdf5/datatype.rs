//! Datatype messages.

use super::super::element::{ElementType, Field, Padding};
use super::super::number::Number;
use super::super::read_error::ReadError;
use super::reader::{Cursor, bytes_up_to, unsigned};

/// Types within types beyond this are taken for damage.
const MAX_DEPTH: usize = 8;
/// What types are called that refer to other objects of the file, and lists that may be of such.
const REFERENCE: &str = "a reference to another object";
const LISTS: &str = "lists of variable length";

/// Reads the type that `cursor` is at.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<ElementType, ReadError> {
    read_at_depth(cursor, 0)
}

fn read_at_depth(cursor: &mut Cursor<'_>, depth: usize) -> Result<ElementType, ReadError> {
    if depth > MAX_DEPTH {
        return Err(ReadError::damaged("types are nested without end"));
    }
    let class_and_version = cursor.u8()?;
    let (class, version) = (class_and_version & 0x0f, class_and_version >> 4);
    let flags = cursor.uint(3)? as u32;
    let bytes = cursor.u32()? as usize;
    let other = |name: &str| ElementType::Other { name: name.to_owned(), bytes };
    Ok(match class {
        0 => {
            let (offset, precision) = (cursor.u16()?, cursor.u16()?);
            let whole = offset == 0 && usize::from(precision) == bytes.saturating_mul(8);
            let number = Number::integer(bytes, flags & 8 != 0, flags & 1 != 0).filter(|_| whole);
            number.map_or_else(|| other("an integer of an unusual form"), ElementType::Number)
        }
        1 => {
            let properties = cursor.take(12)?;
            let number = ieee(bytes, properties).filter(|_| flags & 0x40 == 0);
            let number = number.and_then(|bytes| Number::float(bytes, flags & 1 != 0));
            number.map_or_else(|| other("a float of an unusual form"), ElementType::Number)
        }
        2 => {
            cursor.skip(2)?;
            other("time")
        }
        3 => {
            let padding = match flags & 0x0f {
                0 => Padding::NullTerminated,
                2 => Padding::Spaces,
                _ => Padding::Nulls,
            };
            ElementType::FixedText { bytes, padding }
        }
        4 => {
            cursor.skip(4)?;
            other("bit field")
        }
        5 => {
            cursor.skip((flags as usize & 0xff).next_multiple_of(8).min(cursor.rest().len()))?;
            other("opaque bytes")
        }
        6 => {
            let fields = fields(cursor, version, (flags & 0xffff) as usize, bytes, depth)?;
            ElementType::Records { bytes, fields }
        }
        7 => other(REFERENCE),
        8 => enumeration(cursor, version, (flags & 0xffff) as usize, bytes, depth)?,
        9 => {
            read_at_depth(cursor, depth + 1)?;
            if flags & 0x0f == 1 { ElementType::Text { bytes } } else { other(LISTS) }
        }
        10 => array(cursor, version, depth)?,
        11 => other("complex numbers"),
        _ => return Err(ReadError::Unsupported(format!("its type is of the unknown class {class}"))),
    })
}

/// Whether elements are the addresses of other objects of the file.
#[cfg(feature = "write")]
pub(super) fn is_address(element: &ElementType) -> bool {
    matches!(element, ElementType::Other { name, bytes: 8 } if name == REFERENCE)
}

/// Whether elements lead to other objects of the file, or may.
#[cfg(feature = "write")]
pub(super) fn may_refer(element: &ElementType) -> bool {
    match element {
        ElementType::Other { name, .. } => name == REFERENCE || name == LISTS,
        ElementType::Records { fields, .. } => fields.iter().any(|field| may_refer(&field.element)),
        ElementType::Array { element, .. } => may_refer(element),
        ElementType::Number(_)
        | ElementType::Enumeration { .. }
        | ElementType::FixedText { .. }
        | ElementType::WideText { .. }
        | ElementType::Text { .. } => false,
    }
}

/// The bytes of an IEEE float, if `properties` describe one.
fn ieee(bytes: usize, properties: &[u8]) -> Option<usize> {
    let (size, layout, bias) = match bytes {
        2 => (16, [10, 5, 0, 10], 15),
        4 => (32, [23, 8, 0, 23], 127),
        8 => (64, [52, 11, 0, 52], 1023),
        _ => return None,
    };
    let fits = unsigned(&properties[..2]) == 0
        && unsigned(&properties[2..4]) == size
        && properties[4..8] == layout
        && unsigned(&properties[8..12]) == bias;
    fits.then_some(bytes)
}

fn fields(
    cursor: &mut Cursor<'_>,
    version: u8,
    n_fields: usize,
    bytes: usize,
    depth: usize,
) -> Result<Vec<Field>, ReadError> {
    let mut fields = Vec::new();
    for _ in 0..n_fields {
        let start = cursor.at();
        let name = cursor.text()?;
        if version < 3 {
            cursor.align(start)?;
        }
        let byte_offset = cursor.uint(if version < 3 { 4 } else { bytes_up_to(bytes as u64) })? as usize;
        let mut length = None;
        if version == 1 {
            // Before arrays were types, members had up to four extents.
            let rank = usize::from(cursor.u8()?);
            cursor.skip(3 + 4 + 4)?;
            let dims = [cursor.u32()?, cursor.u32()?, cursor.u32()?, cursor.u32()?];
            length = dims.get(..rank).filter(|dims| !dims.is_empty()).map(product);
        }
        let element = read_at_depth(cursor, depth + 1)?;
        let element = match length {
            Some(length) => ElementType::Array { element: Box::new(element), length },
            None => element,
        };
        fields.push(Field { name, byte_offset, element });
    }
    Ok(fields)
}

fn enumeration(
    cursor: &mut Cursor<'_>,
    version: u8,
    n_members: usize,
    bytes: usize,
    depth: usize,
) -> Result<ElementType, ReadError> {
    let base = read_at_depth(cursor, depth + 1)?;
    let mut names = Vec::new();
    for _ in 0..n_members {
        let start = cursor.at();
        names.push(cursor.text()?);
        if version < 3 {
            cursor.align(start)?;
        }
    }
    let Some(number) = base.number().filter(|number| !number.is_float() && number.bytes() == bytes) else {
        return Ok(ElementType::Other { name: "an enumeration of an unusual form".to_owned(), bytes });
    };
    let codes = number.integers(cursor.take(n_members.saturating_mul(bytes))?);
    Ok(ElementType::Enumeration { number, members: names.into_iter().zip(codes).collect() })
}

fn array(cursor: &mut Cursor<'_>, version: u8, depth: usize) -> Result<ElementType, ReadError> {
    let rank = usize::from(cursor.u8()?);
    if version < 3 {
        cursor.skip(3)?;
    }
    let mut dims = Vec::new();
    for _ in 0..rank {
        dims.push(cursor.u32()?);
    }
    if version < 3 {
        cursor.skip(4 * rank)?;
    }
    let element = Box::new(read_at_depth(cursor, depth + 1)?);
    Ok(ElementType::Array { element, length: product(&dims) })
}

fn product(dims: &[u32]) -> usize {
    dims.iter().fold(1, |length: usize, dim| length.saturating_mul(*dim as usize))
}
