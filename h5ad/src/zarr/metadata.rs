//! What Zarr tells of an array: its shape, its type, how it is cut and how chunks are encoded. Versions 2 and 3.

use serde_json::Value;

use super::super::element::{ElementType, Padding};
use super::super::number::Number;
use super::super::read_error::ReadError;
use super::chain::{Chain, Sharding, Step};

/// An array's metadata.
pub(super) struct Metadata {
    pub(super) shape: Vec<usize>,
    /// Extents of what one file holds.
    pub(super) chunk: Vec<usize>,
    pub(super) element: ElementType,
    /// The bytes of an element that was never written; none where they are zero.
    pub(super) fill: Vec<u8>,
    pub(super) chain: Chain,
    pub(super) keys: Keys,
}

/// How the file of a chunk is called.
pub(super) struct Keys {
    /// What comes before the numbers, such as `c/`.
    prefix: &'static str,
    separator: String,
}

impl Keys {
    /// The key of the chunk at `place`, below the array's own.
    pub(super) fn key(&self, place: &[usize]) -> String {
        let numbers: Vec<String> = place.iter().map(ToString::to_string).collect();
        match (self.prefix, numbers.is_empty()) {
            ("", true) => "0".to_owned(),
            (_, true) => "c".to_owned(),
            (prefix, false) => format!("{prefix}{}", numbers.join(&self.separator)),
        }
    }
}

impl Metadata {
    /// Reads a `.zarray` of version 2.
    pub(super) fn v2(json: &Value) -> Result<Self, ReadError> {
        let shape = sizes(&json["shape"])?;
        let filters = json["filters"].as_array().map_or(&[][..], Vec::as_slice);
        let names: Vec<&str> = filters.iter().filter_map(|filter| filter["id"].as_str()).collect();
        let dtype = json["dtype"].as_str().unwrap_or("records");
        let element = if dtype == "|O" && names.first() == Some(&"vlen-utf8") { TEXT } else { numpy(dtype) };
        let steps = filters.iter().filter(|filter| filter["id"] != "vlen-utf8").chain([&json["compressor"]]);
        let steps = steps.filter(|step| !step.is_null()).map(|step| Step::new(name(step, "id"), step)).collect();
        let order = match json["order"].as_str() {
            Some("F") => (0..shape.len()).rev().collect(),
            _ => Vec::new(),
        };
        let separator = json["dimension_separator"].as_str().unwrap_or(".").to_owned();
        Ok(Self {
            chunk: sizes(&json["chunks"])?,
            shape,
            fill: fill(&element, &json["fill_value"]),
            chain: Chain { order, steps, sharding: None },
            keys: Keys { prefix: "", separator },
            element,
        })
    }

    /// Reads a `zarr.json` of version 3.
    pub(super) fn v3(json: &Value) -> Result<Self, ReadError> {
        let shape = sizes(&json["shape"])?;
        if name(&json["chunk_grid"], "name") != "regular" {
            return Err(ReadError::Unsupported("its chunks make no regular grid".to_owned()));
        }
        let encoding = &json["chunk_key_encoding"];
        let (prefix, usual) = if name(encoding, "name") == "v2" { ("", ".") } else { ("c/", "/") };
        let separator = encoding["configuration"]["separator"].as_str().unwrap_or(usual).to_owned();
        let prefix = if prefix == "c/" && separator == "." { "c." } else { prefix };
        let (chain, big_endian) = chain(&json["codecs"], shape.len())?;
        let element = data_type(&json["data_type"], big_endian);
        Ok(Self {
            chunk: sizes(&json["chunk_grid"]["configuration"]["chunk_shape"])?,
            shape,
            fill: fill(&element, &json["fill_value"]),
            chain,
            keys: Keys { prefix, separator },
            element,
        })
    }
}

/// Texts of any length; each has at least its own length of four bytes.
const TEXT: ElementType = ElementType::Text { bytes: 4 };

/// Reads the codecs of version 3, and whether they store numbers with the highest byte first.
fn chain(codecs: &Value, rank: usize) -> Result<(Chain, bool), ReadError> {
    let mut chain = Chain::default();
    let mut big_endian = false;
    for codec in codecs.as_array().map_or(&[][..], Vec::as_slice) {
        let configuration = &codec["configuration"];
        match name(codec, "name") {
            "bytes" => big_endian = configuration["endian"] == "big",
            "vlen-utf8" => {}
            "transpose" => {
                chain.order = sizes(&configuration["order"])?;
                let mut sorted = chain.order.clone();
                sorted.sort_unstable();
                if !sorted.into_iter().eq(0..rank) {
                    return Err(ReadError::damaged("its dimensions are in an impossible order"));
                }
            }
            "sharding_indexed" => {
                let (inner, inner_big_endian) = self::chain(&configuration["codecs"], rank)?;
                big_endian = inner_big_endian;
                let (index, _) = self::chain(&configuration["index_codecs"], rank + 1)?;
                let sharding = Sharding {
                    chunk: sizes(&configuration["chunk_shape"])?,
                    inner,
                    index,
                    index_is_first: configuration["index_location"] == "start",
                };
                chain.sharding = Some(Box::new(sharding));
            }
            name => chain.steps.push(Step::new(name.strip_prefix("numcodecs.").unwrap_or(name), configuration)),
        }
    }
    Ok((chain, big_endian))
}

/// The name of a codec or grid, which may stand alone.
fn name<'a>(json: &'a Value, key: &str) -> &'a str {
    json.as_str().or_else(|| json[key].as_str()).unwrap_or_default()
}

fn sizes(json: &Value) -> Result<Vec<usize>, ReadError> {
    let sizes = json
        .as_array()
        .and_then(|sizes| sizes.iter().map(|size| usize::try_from(size.as_u64()?).ok()).collect::<Option<Vec<_>>>());
    sizes.ok_or_else(|| ReadError::damaged("its metadata lack extents"))
}

/// The type that numpy writes so.
fn numpy(dtype: &str) -> ElementType {
    let other = || ElementType::Other { name: format!("`{dtype}`"), bytes: 8 };
    let mut characters = dtype.chars();
    let big_endian = characters.next() == Some('>');
    let kind = characters.next();
    let Ok(size) = characters.as_str().parse::<usize>() else { return other() };
    match kind {
        Some('b') => boolean(),
        Some('i') => Number::integer(size, true, big_endian).map_or_else(other, ElementType::Number),
        Some('u') => Number::integer(size, false, big_endian).map_or_else(other, ElementType::Number),
        Some('f') => Number::float(size, big_endian).map_or_else(other, ElementType::Number),
        Some('S') => ElementType::FixedText { bytes: size, padding: Padding::Nulls },
        Some('U') => ElementType::WideText { characters: size, big_endian },
        _ => other(),
    }
}

/// The type that version 3 calls so.
fn data_type(json: &Value, big_endian: bool) -> ElementType {
    let name = name(json, "name");
    let length_bytes = json["configuration"]["length_bytes"].as_u64().and_then(|bytes| usize::try_from(bytes).ok());
    let other = || ElementType::Other { name: format!("`{name}`"), bytes: 8 };
    match (name, length_bytes) {
        ("bool", _) => return boolean(),
        ("string", _) => return TEXT,
        ("fixed_length_utf32", Some(bytes)) => return ElementType::WideText { characters: bytes / 4, big_endian },
        ("null_terminated_bytes", Some(bytes)) => {
            return ElementType::FixedText { bytes, padding: Padding::Nulls };
        }
        _ => {}
    }
    let digits = name.find(|character: char| character.is_ascii_digit()).unwrap_or(name.len());
    let (kind, bits) = name.split_at(digits);
    let Ok(bits) = bits.parse::<usize>() else { return other() };
    let number = match kind {
        "int" => Number::integer(bits / 8, true, big_endian),
        "uint" => Number::integer(bits / 8, false, big_endian),
        "float" => Number::float(bits / 8, big_endian),
        _ => None,
    };
    number.map_or_else(other, ElementType::Number)
}

fn boolean() -> ElementType {
    let number = Number::BYTE;
    ElementType::Enumeration { number, members: vec![("FALSE".to_owned(), 0), ("TRUE".to_owned(), 1)] }
}

/// The bytes of a fill value; none where they are zero.
fn fill(element: &ElementType, json: &Value) -> Vec<u8> {
    let zero = Vec::new();
    let Some(number) = element.number() else { return zero };
    match json {
        Value::Bool(value) => number.encode(f64::from(u8::from(*value))),
        Value::Number(value) => match (value.as_i64(), value.as_f64()) {
            (Some(whole), _) if !number.is_float() => number.encode_integer(whole),
            (_, Some(value)) => number.encode(value),
            _ => zero,
        },
        Value::String(text) => match text.as_str() {
            "NaN" => number.encode(f64::NAN),
            "Infinity" => number.encode(f64::INFINITY),
            "-Infinity" => number.encode(f64::NEG_INFINITY),
            _ => zero,
        },
        Value::Null | Value::Array(_) | Value::Object(_) => zero,
    }
}
