//! Zarr stores of version 2 and 3, as anndata writes them: a directory or a ZIP file of small files.

mod array;
mod chain;
#[cfg(feature = "native")]
mod directory;
mod files;
mod metadata;
mod zip;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::container::{Container, Elements, Kind, Member};
use super::read_error::ReadError;
use super::values::{TextHeap, Values};
use array::Array;
use metadata::Metadata;

#[cfg(feature = "native")]
pub(super) use directory::Directory;
pub use files::Files;
pub use zip::Zip;

/// Files that a Zarr store has in its root, one or the other.
pub(super) const MARKS: [&str; 2] = [".zgroup", "zarr.json"];

/// The most that a file of metadata can have; attributes may hold a table of colors, but no data.
const MOST_METADATA_BYTES: u64 = 64 << 20;

/// A hierarchy of groups and arrays.
pub(super) struct Hierarchy {
    files: Arc<dyn Files>,
}

/// What describes one node.
enum Node {
    /// Of version 2, whose attributes have a file of their own.
    V2 { kind: Kind },
    /// Of version 3.
    V3 { kind: Kind, json: Value },
}

impl Node {
    fn kind(&self) -> Kind {
        match self {
            Self::V2 { kind } | Self::V3 { kind, .. } => *kind,
        }
    }
}

impl Hierarchy {
    /// Opens a store; none if there is no Zarr group at its root.
    pub(super) fn open(files: impl Files + 'static) -> Result<Option<Self>, ReadError> {
        let hierarchy = Self { files: Arc::new(files) };
        Ok(hierarchy.node("")?.map(|_| hierarchy))
    }

    fn node(&self, path: &str) -> Result<Option<Node>, ReadError> {
        if let Some(json) = self.json(path, "zarr.json")? {
            let kind = if json["node_type"] == "array" { Kind::Dataset } else { Kind::Group };
            return Ok(Some(Node::V3 { kind, json }));
        }
        for (name, kind) in [(".zarray", Kind::Dataset), (".zgroup", Kind::Group)] {
            if self.files.size(&join(path, name))?.is_some() {
                return Ok(Some(Node::V2 { kind }));
            }
        }
        Ok(None)
    }

    fn json(&self, path: &str, name: &str) -> Result<Option<Value>, ReadError> {
        let Some(bytes) = self.files.read(&join(path, name), MOST_METADATA_BYTES)? else { return Ok(None) };
        // Python writes NaN and Infinity bare, which JSON does not know.
        let value = serde_json::from_slice(&bytes).or_else(|_| {
            let text = String::from_utf8_lossy(&bytes);
            serde_json::from_str(&quote_bare_numbers(&text))
        });
        let value = value.map_err(|error| ReadError::Damaged(format!("its `{name}` is no JSON ({error})")))?;
        Ok(Some(value))
    }
}

impl Container for Hierarchy {
    fn members(&self, path: &str) -> Result<BTreeMap<String, Member>, ReadError> {
        let mut members = BTreeMap::new();
        for name in self.files.directories(path)? {
            if let Some(node) = self.node(&join(path, &name))? {
                members.insert(name, Member::Known(node.kind()));
            }
        }
        Ok(members)
    }

    fn attributes(&self, path: &str) -> Result<HashMap<String, Values>, ReadError> {
        let json = match self.node(path)? {
            Some(Node::V3 { json, .. }) => json["attributes"].clone(),
            Some(Node::V2 { .. }) => self.json(path, ".zattrs")?.unwrap_or_default(),
            None => Value::Null,
        };
        let attributes = json.as_object().into_iter().flatten();
        Ok(attributes.filter_map(|(name, value)| Some((name.clone(), values(value)?))).collect())
    }

    fn array(&self, path: &str) -> Result<Box<dyn Elements>, ReadError> {
        let metadata = match self.node(path)? {
            Some(Node::V3 { json, .. }) => Metadata::v3(&json)?,
            Some(Node::V2 { .. }) => Metadata::v2(&self.json(path, ".zarray")?.unwrap_or_default())?,
            None => return Err(ReadError::damaged("it has no metadata")),
        };
        Ok(Box::new(Array::open(Arc::clone(&self.files), path, metadata)?))
    }

    fn heap(&self) -> Option<&dyn TextHeap> {
        None
    }
}

/// An attribute's values; none for what has no counterpart here.
fn values(json: &Value) -> Option<Values> {
    let several = match json {
        Value::Array(values) => values.as_slice(),
        Value::Null | Value::Object(_) => return None,
        single => std::slice::from_ref(single),
    };
    fn all<T>(values: &[Value], get: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
        values.iter().map(get).collect()
    }
    if several.is_empty() {
        // As Python writes an empty list to HDF5.
        return Some(Values::Doubles(Vec::new()));
    }
    all(several, |value| value.as_str().map(str::to_owned))
        .map(Values::Strings)
        .or_else(|| all(several, Value::as_bool).map(|truths| Values::Booleans(truths.into_iter().map(Some).collect())))
        .or_else(|| all(several, Value::as_i64).map(Values::Integers))
        .or_else(|| all(several, Value::as_f64).map(Values::Doubles))
}

/// Puts bare `NaN` and `Infinity` into quotes, outside of texts.
fn quote_bare_numbers(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    let (mut in_text, mut rest) = (false, text);
    while let Some(character) = rest.chars().next() {
        let bare = ["NaN", "-Infinity", "Infinity"].into_iter().find(|bare| !in_text && rest.starts_with(bare));
        let length = match (bare, character) {
            (Some(bare), _) => {
                quoted.push('"');
                quoted.push_str(bare);
                quoted.push('"');
                bare.len()
            }
            (None, '\\') if in_text => {
                let escaped = rest.chars().nth(1).map_or(1, |next| 1 + next.len_utf8());
                quoted.push_str(&rest[..escaped]);
                escaped
            }
            (None, character) => {
                in_text ^= character == '"';
                quoted.push(character);
                character.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    quoted
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::quote_bare_numbers;

    #[test]
    fn bare_numbers_are_quoted_outside_of_texts_only() {
        let text = r#"{"a": NaN, "NaN \" NaN": [-Infinity, Infinity, 1]}"#;
        assert_eq!(quote_bare_numbers(text), r#"{"a": "NaN", "NaN \" NaN": ["-Infinity", "Infinity", 1]}"#);
    }
}
