//! Bytes of a dataset, or of one field of its records, as typed values.

use super::element::{ElementType, Padding};
use super::text;

/// The elements of a dataset in the type that fits them.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Values {
    Strings(Vec<String>),
    Booleans(Vec<Option<bool>>),
    Integers(Vec<i64>),
    /// Whole numbers of which some are beyond `i64`.
    Unsigned(Vec<u64>),
    Singles(Vec<f32>),
    Doubles(Vec<f64>),
}

/// Where texts of variable length lie.
pub(super) trait TextHeap {
    /// The texts that `references` name, one after another.
    ///
    /// # Errors
    /// A sentence on what is damaged.
    fn texts(&self, references: &[u8]) -> Result<Vec<String>, String>;
}

/// Why bytes could not become [`Values`].
#[derive(Debug)]
pub(super) enum Undecoded {
    /// The type has no counterpart here.
    Unsupported(String),
    /// The bytes are not what their type promises.
    Damaged(String),
}

impl Values {
    /// Decodes `bytes`, elements of this type one after another; texts of variable length lie in `heap`.
    pub(super) fn decode(element: &ElementType, bytes: &[u8], heap: Option<&dyn TextHeap>) -> Result<Self, Undecoded> {
        match element {
            ElementType::FixedText { bytes: size, padding } => Ok(Self::Strings(fixed_strings(bytes, *size, *padding))),
            ElementType::WideText { characters, big_endian } => {
                Ok(Self::Strings(wide_strings(bytes, *characters, *big_endian)))
            }
            ElementType::Text { .. } => {
                let heap = heap.ok_or_else(|| unsupported(element))?;
                heap.texts(bytes).map(Self::Strings).map_err(Undecoded::Damaged)
            }
            ElementType::Enumeration { number, members } => {
                let codes = number.integers(bytes);
                let truths: Option<Vec<(i64, Option<bool>)>> = members
                    .iter()
                    .map(|(name, code)| match name.to_ascii_uppercase().as_str() {
                        "FALSE" => Some((*code, Some(false))),
                        "TRUE" => Some((*code, Some(true))),
                        "NA" => Some((*code, None)),
                        _ => None,
                    })
                    .collect();
                Ok(match truths {
                    Some(truths) => Self::Booleans(
                        codes
                            .iter()
                            .map(|code| truths.iter().find(|(known, _)| known == code).and_then(|(_, truth)| *truth))
                            .collect(),
                    ),
                    None => Self::Integers(codes),
                })
            }
            ElementType::Number(number) => Ok(match number.name() {
                "float16" | "float32" => Self::Singles(number.singles(bytes).values),
                "float64" => Self::Doubles(number.doubles(bytes)),
                "uint64" => {
                    let values = number.unsigned(bytes);
                    let signed: Result<Vec<i64>, _> = values.iter().map(|value| i64::try_from(*value)).collect();
                    signed.map_or(Self::Unsigned(values), Self::Integers)
                }
                _ => Self::Integers(number.integers(bytes)),
            }),
            ElementType::Records { .. } | ElementType::Array { .. } | ElementType::Other { .. } => {
                Err(unsupported(element))
            }
        }
    }

    /// The values as pandas prints them.
    pub(super) fn into_strings(self) -> Vec<String> {
        match self {
            Self::Strings(values) => values,
            Self::Booleans(values) => {
                let print = |value: Option<bool>| value.map_or("nan", text::boolean).to_owned();
                values.into_iter().map(print).collect()
            }
            Self::Integers(values) => values.iter().map(ToString::to_string).collect(),
            Self::Unsigned(values) => values.iter().map(ToString::to_string).collect(),
            Self::Singles(values) => values.into_iter().map(text::float).collect(),
            Self::Doubles(values) => values.into_iter().map(text::float).collect(),
        }
    }
}

fn unsupported(element: &ElementType) -> Undecoded {
    Undecoded::Unsupported(format!("has the type {element}, which is neither text, number nor truth value"))
}

fn fixed_strings(bytes: &[u8], size: usize, padding: Padding) -> Vec<String> {
    if size == 0 {
        return Vec::new();
    }
    let trim = |element: &[u8]| {
        let end = match padding {
            Padding::NullTerminated => element.iter().position(|byte| *byte == 0).unwrap_or(element.len()),
            Padding::Nulls => element.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1),
            Padding::Spaces => element.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1),
        };
        text::decoded(&element[..end])
    };
    bytes.chunks_exact(size).map(trim).collect()
}

fn wide_strings(bytes: &[u8], characters: usize, big_endian: bool) -> Vec<String> {
    if characters == 0 {
        return Vec::new();
    }
    let decode = |bytes: &[u8; 4]| if big_endian { u32::from_be_bytes(*bytes) } else { u32::from_le_bytes(*bytes) };
    let text = |element: &[u8]| -> String {
        let codes = element.as_chunks::<4>().0.iter().map(decode);
        let text: String = codes.map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        text.trim_end_matches('\0').to_owned()
    };
    bytes.chunks_exact(4 * characters).map(text).collect()
}
