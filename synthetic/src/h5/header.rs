//! Object headers of version 2 (section IV.A.1.b) and their messages.

use super::Address;
use super::chunked::Compression;
use super::datatype::Datatype;
use super::lookup3::checksum;

/// The address of what is not there.
pub const UNDEFINED: u64 = u64::MAX;

/// When the space of a dataset is set aside.
#[derive(Clone, Copy)]
pub enum Allocation {
    /// With the first data.
    Late = 2,
    /// With each chunk.
    Incremental = 3,
}

/// The header of a group or dataset in the making.
#[derive(Default)]
pub struct Header {
    messages: Vec<u8>,
}

impl Header {
    /// Shape (`None` for a scalar) and, unless it is fixed, the largest extent along each axis (`None` for any).
    pub fn dataspace(&mut self, shape: Option<&[u64]>, largest: Option<&[Option<u64>]>) {
        self.message(0x01, &dataspace(shape, largest));
    }

    /// The type of the elements.
    pub fn datatype(&mut self, datatype: Datatype) {
        // Constant: it cannot change once written.
        self.flagged_message(0x03, 1, &datatype.encode());
    }

    /// What elements are that nobody wrote: zero.
    pub fn fill_value(&mut self, allocation: Allocation) {
        const IF_SET: u8 = 2 << 2;
        self.message(0x05, &[3, allocation as u8 | IF_SET]);
    }

    /// All data lies in one piece.
    pub fn contiguous(&mut self, data: Address, bytes: u64) {
        let mut body = vec![3, 1];
        body.extend_from_slice(&data.0.to_le_bytes());
        body.extend_from_slice(&bytes.to_le_bytes());
        self.message(0x08, &body);
    }

    /// Data lies in chunks, found through a B-tree.
    pub fn chunks(&mut self, tree: Address, chunk: &[u32], element_bytes: usize) {
        let mut body = vec![3, 2, chunk.len() as u8 + 1];
        body.extend_from_slice(&tree.0.to_le_bytes());
        for extent in chunk {
            body.extend_from_slice(&extent.to_le_bytes());
        }
        body.extend_from_slice(&(element_bytes as u32).to_le_bytes());
        self.message(0x08, &body);
    }

    /// What was done to the bytes of each chunk.
    pub fn filters(&mut self, compression: Compression) {
        if let Compression::Gzip { level } = compression {
            // Version 2, one filter: deflate (1), which readers may not leave out, with one number.
            let mut body = vec![2, 1, 1, 0, 0, 0, 1, 0];
            body.extend_from_slice(&level.to_le_bytes());
            self.message(0x0B, &body);
        }
    }

    /// Says that this is a group whose links are in this header.
    pub fn group(&mut self) {
        let mut link_info = vec![0, 0];
        link_info.extend_from_slice(&UNDEFINED.to_le_bytes());
        link_info.extend_from_slice(&UNDEFINED.to_le_bytes());
        self.message(0x02, &link_info);
        self.message(0x0A, &[0, 0]);
    }

    /// A named object of the group.
    pub fn link(&mut self, name: &str, address: Address) {
        // Version 1, the name's length in one byte, the name's character set given: UTF-8.
        let length = u8::try_from(name.len()).expect("names are shorter than 256 bytes");
        let mut body = vec![1, 0x10, 1, length];
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(&address.0.to_le_bytes());
        self.message(0x06, &body);
    }

    /// An attribute: a scalar, or an array of some length.
    pub fn attribute(&mut self, name: &str, datatype: Datatype, length: Option<u64>, bytes: &[u8]) {
        let datatype = datatype.encode();
        let dataspace = dataspace(length.as_ref().map(std::slice::from_ref), None);
        let mut body = vec![3, 0];
        for bytes in [name.len() + 1, datatype.len(), dataspace.len()] {
            body.extend_from_slice(&(bytes as u16).to_le_bytes());
        }
        // The name's character set: ASCII.
        body.push(0);
        body.extend_from_slice(name.as_bytes());
        body.push(0);
        body.extend_from_slice(&datatype);
        body.extend_from_slice(&dataspace);
        body.extend_from_slice(bytes);
        self.message(0x0C, &body);
    }

    /// The bytes of the header.
    pub fn finish(self) -> Vec<u8> {
        // Version 2; the size of the messages in four bytes; no times, no order.
        let mut bytes = b"OHDR\x02\x02".to_vec();
        bytes.extend_from_slice(&(self.messages.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&self.messages);
        bytes.extend_from_slice(&checksum(&bytes).to_le_bytes());
        bytes
    }

    fn message(&mut self, kind: u8, body: &[u8]) {
        self.flagged_message(kind, 0, body);
    }

    fn flagged_message(&mut self, kind: u8, flags: u8, body: &[u8]) {
        let length = u16::try_from(body.len()).expect("a message is shorter than 64 KiB");
        self.messages.push(kind);
        self.messages.extend_from_slice(&length.to_le_bytes());
        self.messages.push(flags);
        self.messages.extend_from_slice(body);
    }
}

/// A dataspace of version 2 (section IV.A.2.b); without a shape it is a scalar.
fn dataspace(shape: Option<&[u64]>, largest: Option<&[Option<u64>]>) -> Vec<u8> {
    let rank = shape.map_or(0, <[u64]>::len) as u8;
    let mut body = vec![2, rank, u8::from(largest.is_some()), u8::from(shape.is_some())];
    let shape = shape.unwrap_or_default().iter().copied();
    let largest = largest.unwrap_or_default().iter().map(|extent| extent.unwrap_or(UNDEFINED));
    for extent in shape.chain(largest) {
        body.extend_from_slice(&extent.to_le_bytes());
    }
    body
}
