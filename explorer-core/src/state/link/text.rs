//! The spelling of links: percent-encoding, `~` escapes, numbers.

use std::fmt::{Display, LowerExp};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

pub(in crate::state) use super::escape::{escaped, label, parse_label, split, unescaped};
use crate::state::{GeneKey, GeneMean, Range};

/// Characters that a query or fragment holds as they are and that programs which find links in
/// text do not break them at.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b',').remove(b':').remove(b'/');

/// The outcome of a pair.
pub(super) type Read = Result<(), Unread>;

/// Why a pair is not read.
pub(super) enum Unread {
    /// Its value does not tell what it should: this.
    Unreadable(String),
    /// It is of a level of subsetting after those that a view can have.
    BeyondLevels,
}

impl Unread {
    /// The same of a part of something.
    pub(super) fn of(self, whole: &str) -> Self {
        match self {
            Self::Unreadable(what) => Self::Unreadable(format!("{what} of {whole}")),
            Self::BeyondLevels => Self::BeyondLevels,
        }
    }
}

impl From<String> for Unread {
    fn from(what: String) -> Self {
        Self::Unreadable(what)
    }
}

impl From<&str> for Unread {
    fn from(what: &str) -> Self {
        Self::Unreadable(what.to_owned())
    }
}

/// The number and the rest of a key like `set0` or `set0.cells`.
pub(super) fn numbered<'a>(key: &'a str, prefix: &str) -> Option<(u32, &'a str)> {
    let rest = key.strip_prefix(prefix)?;
    let (number, rest) = rest.split_once('.').unwrap_or((rest, ""));
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| number.parse().ok()).flatten().map(|number| (number, rest))
}

pub(super) fn percent_encoded(text: &str) -> impl Display + '_ {
    utf8_percent_encode(text, ENCODED)
}

/// `None` when the bytes are not UTF-8. A `+` is a space, as forms write it.
pub(super) fn percent_decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

pub(super) fn list<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    joined(names.into_iter().map(|name| escaped(name)))
}

pub(in crate::state) fn joined(items: impl IntoIterator<Item = String>) -> String {
    items.into_iter().collect::<Vec<_>>().join(",")
}

pub(super) fn names(text: &str) -> impl Iterator<Item = String> + '_ {
    split(text, ',').into_iter().map(unescaped)
}

pub(in crate::state) fn gene(key: &GeneKey) -> String {
    in_layer(key.layer.as_deref(), escaped(&key.gene))
}

/// Something with the layer it is of, which is not named when it is the default.
pub(super) fn in_layer(layer: Option<&str>, text: String) -> String {
    match layer {
        None => text,
        Some(layer) => format!("{}:{text}", escaped(layer)),
    }
}

pub(in crate::state) fn parse_gene(text: &str) -> Option<GeneKey> {
    match split(text, ':')[..] {
        [gene] => Some(GeneKey::new(unescaped(gene))),
        [layer, gene] => Some(GeneKey { layer: Some(unescaped(layer)), gene: unescaped(gene) }),
        _ => None,
    }
}

pub(super) fn parse_mean(text: &str) -> Option<GeneMean> {
    match split(text, ':')[..] {
        [genes] => GeneMean::new(None, names(genes)),
        [layer, genes] => GeneMean::new(Some(unescaped(layer)), names(genes)),
        _ => None,
    }
}

pub(super) fn parse_pair(text: &str) -> Option<(Option<String>, [String; 2])> {
    let (layer, genes) = match split(text, ':')[..] {
        [genes] => (None, genes),
        [layer, genes] => (Some(unescaped(layer)), genes),
        _ => return None,
    };
    let genes = names(genes).collect::<Vec<_>>().try_into().ok()?;
    Some((layer, genes))
}

pub(super) fn range(min: f32, max: f32) -> String {
    format!("{}..{}", number(min), number(max))
}

pub(super) fn parse_bounds(text: &str) -> Option<(f32, f32)> {
    let (min, max) = text.split_once("..")?;
    Some((min.parse().ok()?, max.parse().ok()?))
}

pub(super) fn parse_range(text: &str) -> Option<Range> {
    let (min, max) = parse_bounds(text)?;
    Range::new(min, max)
}

/// The shortest text that reads back as the same number.
pub(super) fn number<T: Display + LowerExp>(value: T) -> String {
    let plain = value.to_string();
    let scientific = format!("{value:e}");
    if scientific.len() < plain.len() { scientific } else { plain }
}

pub(super) fn flag(text: &str) -> Option<bool> {
    match text {
        "1" => Some(true),
        "0" => Some(false),
        _ => None,
    }
}
