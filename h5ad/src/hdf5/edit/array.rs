//! Arrays in memory, as they are written into datasets and attributes.

use std::io;

use super::space::{Space, Target};

/// What the elements of an array are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    I8,
    U8,
    I16,
    I32,
    I64,
    U64,
    F32,
    F64,
    /// Truth values, as h5py has them.
    Boolean,
    /// Text of any length in UTF-8.
    Text,
}

/// An array of elements in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Array {
    pub(super) element: Element,
    /// Extents; none for a single element.
    pub(super) shape: Vec<u64>,
    content: Content,
}

#[derive(Clone, Debug, PartialEq)]
enum Content {
    Bytes(Vec<u8>),
    Texts(Vec<String>),
}

impl Element {
    /// How many bytes one takes in its dataset or attribute.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::I8 | Self::U8 | Self::Boolean => 1,
            Self::I16 => 2,
            Self::I32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
            Self::Text => REFERENCE_BYTES,
        }
    }

    /// The message that describes the type.
    pub(super) fn message(self) -> Vec<u8> {
        let size = self.bytes() as u32;
        let integer = |is_signed: bool| fixed_point(size, is_signed);
        match self {
            Self::I8 | Self::I16 | Self::I32 | Self::I64 => integer(true),
            Self::U8 | Self::U64 => integer(false),
            Self::F32 => floating(size, [23, 8, 0, 23], 127),
            Self::F64 => floating(size, [52, 11, 0, 52], 1023),
            Self::Boolean => {
                let mut message = head(8, [2, 0, 0], size);
                message.extend(fixed_point(1, true));
                message.extend(*b"FALSE\0\0\0TRUE\0\0\0\0");
                message.extend([0, 1]);
                message
            }
            Self::Text => {
                // A list of bytes that is text, ends with zero and is of UTF-8.
                let mut message = head(9, [1, 1, 0], size);
                message.extend(fixed_point(1, false));
                message
            }
        }
    }
}

/// A reference to a text: its length, the collection it lies in, and its number there.
const REFERENCE_BYTES: usize = 4 + 8 + 4;

fn head(class: u8, flags: [u8; 3], size: u32) -> Vec<u8> {
    let mut message = vec![1 << 4 | class];
    message.extend(flags);
    message.extend(size.to_le_bytes());
    message
}

fn fixed_point(size: u32, is_signed: bool) -> Vec<u8> {
    let mut message = head(0, [if is_signed { 8 } else { 0 }, 0, 0], size);
    message.extend(0_u16.to_le_bytes());
    message.extend((size as u16 * 8).to_le_bytes());
    message
}

fn floating(size: u32, layout: [u8; 4], bias: u32) -> Vec<u8> {
    // The first bit of the mantissa is implied; where the sign is.
    let mut message = head(1, [0x20, size as u8 * 8 - 1, 0], size);
    message.extend(0_u16.to_le_bytes());
    message.extend((size as u16 * 8).to_le_bytes());
    message.extend(layout);
    message.extend(bias.to_le_bytes());
    message
}

macro_rules! numbers {
    ($($name:ident, $number:ty, $element:ident);* $(;)?) => {
        $(
            pub(crate) fn $name(values: impl IntoIterator<Item = $number>) -> Self {
                Self::list(Element::$element, values.into_iter().flat_map(<$number>::to_le_bytes).collect())
            }
        )*
    };
}

impl Array {
    numbers! {
        i8s, i8, I8;
        i16s, i16, I16;
        i32s, i32, I32;
        i64s, i64, I64;
        u64s, u64, U64;
        f32s, f32, F32;
        f64s, f64, F64;
    }

    /// Bytes as they are to lie in the file, one after another.
    pub(crate) fn list(element: Element, bytes: Vec<u8>) -> Self {
        let n = bytes.len() / element.bytes();
        Self { element, shape: vec![n as u64], content: Content::Bytes(bytes) }
    }

    pub(crate) fn u8s(values: Vec<u8>) -> Self {
        Self::list(Element::U8, values)
    }

    pub(crate) fn booleans(values: impl IntoIterator<Item = bool>) -> Self {
        Self::list(Element::Boolean, values.into_iter().map(u8::from).collect())
    }

    pub(crate) fn texts(texts: Vec<String>) -> Self {
        Self { element: Element::Text, shape: vec![texts.len() as u64], content: Content::Texts(texts) }
    }

    pub(crate) fn text(text: &str) -> Self {
        Self::texts(vec![text.to_owned()]).single()
    }

    /// The same elements in another shape of as many.
    pub(crate) fn shaped(self, shape: Vec<u64>) -> Self {
        Self { shape, ..self }
    }

    /// The one element, without extents.
    pub(crate) fn single(self) -> Self {
        self.shaped(Vec::new())
    }

    pub(super) fn n_elements(&self) -> u64 {
        self.shape.iter().product()
    }

    /// The bytes of the elements as they lie in a dataset or attribute; texts are put elsewhere in the file.
    pub(super) fn into_bytes<T: Target>(self, space: &mut Space<T>) -> io::Result<Vec<u8>> {
        match self.content {
            Content::Bytes(bytes) => Ok(bytes),
            Content::Texts(texts) => references(&texts, space),
        }
    }
}

/// Writes texts into the global heap, and gives the references to them.
fn references<T: Target>(texts: &[String], space: &mut Space<T>) -> io::Result<Vec<u8>> {
    let mut references = Vec::with_capacity(texts.len() * REFERENCE_BYTES);
    // What an object of the heap takes beside its text.
    const OBJECT_BYTES: usize = 24;
    let mut left: usize = texts.iter().map(|text| text.len() + OBJECT_BYTES).sum();
    for text in texts {
        let (address, number) = if text.is_empty() { (0, 0) } else { space.put_text(text, left)? };
        left -= text.len() + OBJECT_BYTES;
        references.extend((text.len() as u32).to_le_bytes());
        references.extend(address.to_le_bytes());
        references.extend(number.to_le_bytes());
    }
    Ok(references)
}
