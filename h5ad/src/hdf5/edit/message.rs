//! Messages of object headers, and headers of them.

use super::super::super::codec;
use super::super::header::{COUNTS_ATTRIBUTES, RawMessage, kind};
use super::EditError;
use super::array::Array;
use super::space::{Space, Target};

/// An address of nothing.
pub(super) const NOWHERE: u64 = u64::MAX;

/// A message of this kind.
pub(super) fn message(kind: u16, data: Vec<u8>) -> RawMessage {
    RawMessage { kind, flags: 0, order: 0, data }
}

/// An object header of the second form; of its `flags` only those about the numbering of attributes are kept.
pub(super) fn header(flags: u8, messages: &[RawMessage]) -> Result<Vec<u8>, EditError> {
    /// The size of the messages takes four bytes.
    const WIDE_SIZE: u8 = 2;
    const INDEXES_ATTRIBUTES: u8 = 0x08;
    let flags = flags & (COUNTS_ATTRIBUTES | INDEXES_ATTRIBUTES);
    let mut body = Vec::new();
    for RawMessage { kind, flags: of_message, order, data } in messages {
        let size = u16::try_from(data.len()).map_err(|_| EditError::TooLong)?;
        body.push(*kind as u8);
        body.extend(size.to_le_bytes());
        body.push(*of_message);
        if flags & COUNTS_ATTRIBUTES != 0 {
            body.extend(order.to_le_bytes());
        }
        body.extend(data);
    }
    let mut header = b"OHDR\x02".to_vec();
    header.push(flags | WIDE_SIZE);
    header.extend(u32::try_from(body.len()).map_err(|_| EditError::TooLong)?.to_le_bytes());
    header.extend(body);
    let checksum = codec::lookup3(&header);
    header.extend(checksum.to_le_bytes());
    Ok(header)
}

/// The extents of an array.
pub(super) fn dataspace(shape: &[u64]) -> Vec<u8> {
    let mut data = vec![2, shape.len() as u8, 0, u8::from(!shape.is_empty())];
    data.extend(shape.iter().flat_map(|dim| dim.to_le_bytes()));
    data
}

/// An attribute.
pub(super) fn attribute<T: Target>(name: &str, array: Array, space: &mut Space<T>) -> Result<RawMessage, EditError> {
    const UTF8: u8 = 1;
    let element = array.element.message();
    let extents = dataspace(&array.shape);
    let mut data = vec![3, 0];
    for length in [name.len() + 1, element.len(), extents.len()] {
        data.extend(u16::try_from(length).map_err(|_| EditError::TooLong)?.to_le_bytes());
    }
    data.push(if name.is_ascii() { 0 } else { UTF8 });
    data.extend(name.as_bytes());
    data.push(0);
    data.extend(element);
    data.extend(extents);
    data.extend(array.into_bytes(space)?);
    Ok(message(kind::ATTRIBUTE, data))
}

/// A hard link to the object at `address`, which has this number in a group that counts its links.
pub(super) fn hard_link(name: &str, order: Option<u64>, address: u64) -> Result<Vec<u8>, EditError> {
    let mut data = link_head(name, 0, order)?;
    data.extend(address.to_le_bytes());
    Ok(data)
}

/// A soft link to a path.
pub(super) fn soft_link(name: &str, order: Option<u64>, path: &str) -> Result<Vec<u8>, EditError> {
    const SOFT: u8 = 1;
    let mut data = link_head(name, SOFT, order)?;
    data.extend(u16::try_from(path.len()).map_err(|_| EditError::TooLong)?.to_le_bytes());
    data.extend(path.as_bytes());
    Ok(data)
}

fn link_head(name: &str, link_type: u8, order: Option<u64>) -> Result<Vec<u8>, EditError> {
    const HAS_ORDER: u8 = 0x04;
    const HAS_TYPE: u8 = 0x08;
    const HAS_CHARSET: u8 = 0x10;
    /// The length of the name takes two bytes.
    const WIDE_NAME: u8 = 1;
    let mut flags = WIDE_NAME;
    let mut fields = Vec::new();
    if link_type != 0 {
        flags |= HAS_TYPE;
        fields.push(link_type);
    }
    if let Some(order) = order {
        flags |= HAS_ORDER;
        fields.extend(order.to_le_bytes());
    }
    if !name.is_ascii() {
        flags |= HAS_CHARSET;
        fields.push(1);
    }
    let mut data = vec![1, flags];
    data.extend(fields);
    data.extend(u16::try_from(name.len()).map_err(|_| EditError::TooLong)?.to_le_bytes());
    data.extend(name.as_bytes());
    Ok(data)
}
