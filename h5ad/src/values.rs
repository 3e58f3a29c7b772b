//! Bytes of a dataset, or of one field of its records, as typed values.

use hdf5_pure::{Datatype, StringPadding};

use super::heap::Heap;
use super::number::Number;
use super::text;

/// The elements of a dataset in the type that fits them.
#[derive(Debug, PartialEq)]
pub(super) enum Values {
    Strings(Vec<String>),
    Booleans(Vec<Option<bool>>),
    Integers(Vec<i64>),
    /// Whole numbers of which some are beyond `i64`.
    Unsigned(Vec<u64>),
    Singles(Vec<f32>),
    Doubles(Vec<f64>),
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
    /// Decodes `bytes`, elements of `datatype` one after another.
    pub(super) fn decode(datatype: &Datatype, bytes: &[u8], heap: &Heap) -> Result<Self, Undecoded> {
        match datatype {
            Datatype::String { size, padding, .. } => Ok(Self::Strings(fixed_strings(bytes, *size as usize, padding))),
            Datatype::VariableLength { is_string: true, .. } => {
                heap.strings(bytes).map(Self::Strings).map_err(Undecoded::Damaged)
            }
            Datatype::Enumeration { members, .. } => {
                let number = Number::of(datatype).ok_or_else(|| unsupported(datatype))?;
                let codes = number.integers(bytes);
                let truths: Option<Vec<(i64, Option<bool>)>> = members
                    .iter()
                    .map(|member| {
                        let code = *number.integers(&member.value).first()?;
                        match member.name.to_ascii_uppercase().as_str() {
                            "FALSE" => Some((code, Some(false))),
                            "TRUE" => Some((code, Some(true))),
                            "NA" => Some((code, None)),
                            _ => None,
                        }
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
            _ => {
                let number = Number::of(datatype).ok_or_else(|| unsupported(datatype))?;
                Ok(match number.name() {
                    "float16" | "float32" => Self::Singles(number.singles(bytes).values),
                    "float64" => Self::Doubles(number.doubles(bytes)),
                    "uint64" => {
                        let values = number.unsigned(bytes);
                        let signed: Result<Vec<i64>, _> = values.iter().map(|value| i64::try_from(*value)).collect();
                        signed.map_or(Self::Unsigned(values), Self::Integers)
                    }
                    _ => Self::Integers(number.integers(bytes)),
                })
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

fn unsupported(datatype: &Datatype) -> Undecoded {
    Undecoded::Unsupported(format!("has the type {datatype}, which is neither text, number nor truth value"))
}

fn fixed_strings(bytes: &[u8], size: usize, padding: &StringPadding) -> Vec<String> {
    if size == 0 {
        return Vec::new();
    }
    let trim = |element: &[u8]| {
        let end = match padding {
            StringPadding::NullTerminate => element.iter().position(|byte| *byte == 0).unwrap_or(element.len()),
            StringPadding::NullPad => element.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1),
            StringPadding::SpacePad => element.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1),
        };
        String::from_utf8_lossy(&element[..end]).into_owned()
    };
    bytes.chunks_exact(size).map(trim).collect()
}
