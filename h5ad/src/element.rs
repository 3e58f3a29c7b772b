//! What one element of an array is.

use std::fmt;

use super::number::Number;
use super::text::counted;

/// The type of the elements of an array, as far as AnnData has use for it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ElementType {
    /// A number.
    Number(Number),
    /// Named numbers, such as h5py's truth values.
    Enumeration { number: Number, members: Vec<(String, i64)> },
    /// Text of a fixed number of bytes.
    FixedText { bytes: usize, padding: Padding },
    /// Text of a fixed number of characters of four bytes, as numpy has it.
    WideText { characters: usize, big_endian: bool },
    /// Text of any length; an element of so many `bytes` tells where it lies.
    Text { bytes: usize },
    /// Records of several fields.
    Records { bytes: usize, fields: Vec<Field> },
    /// So many elements in a row.
    Array { element: Box<Self>, length: usize },
    /// Anything else, by its name.
    Other { name: String, bytes: usize },
}

/// What follows a text that is shorter than its element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Padding {
    /// A zero byte, then anything.
    NullTerminated,
    /// Zero bytes.
    Nulls,
    /// Spaces.
    Spaces,
}

/// One field of a record.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) byte_offset: usize,
    pub(super) element: ElementType,
}

impl ElementType {
    /// Bytes of one element.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Number(number) | Self::Enumeration { number, .. } => number.bytes(),
            Self::FixedText { bytes, .. }
            | Self::Text { bytes }
            | Self::Records { bytes, .. }
            | Self::Other { bytes, .. } => *bytes,
            Self::WideText { characters, .. } => characters.saturating_mul(4),
            Self::Array { element, length } => element.bytes().saturating_mul(*length),
        }
    }

    /// The number that an element is, if it is one. An enumeration counts as the number behind it.
    pub(super) fn number(&self) -> Option<Number> {
        match self {
            Self::Number(number) | Self::Enumeration { number, .. } => Some(*number),
            Self::FixedText { .. }
            | Self::WideText { .. }
            | Self::Text { .. }
            | Self::Records { .. }
            | Self::Array { .. }
            | Self::Other { .. } => None,
        }
    }
}

impl fmt::Display for ElementType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => f.write_str(number.name()),
            Self::Enumeration { .. } => f.write_str("enumeration"),
            Self::FixedText { .. } | Self::WideText { .. } | Self::Text { .. } => f.write_str("text"),
            Self::Records { fields, .. } => write!(f, "records of {}", counted(fields.len(), "field", "fields")),
            Self::Array { element, length } => write!(f, "array of {length} × {element}"),
            Self::Other { name, .. } => f.write_str(name),
        }
    }
}
