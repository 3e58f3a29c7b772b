//! Names within a value: `~` takes the meaning from the character after it.

use crate::state::Label;

/// An item of a list whose name is empty, told from an empty list.
const EMPTY: &str = "~e";
/// Cells without a label, in a list of labels.
const MISSING: &str = "~m";

/// A name with its separators escaped.
pub(in crate::state) fn escaped(name: &str) -> String {
    if name.is_empty() {
        return EMPTY.to_owned();
    }
    let mut text = String::with_capacity(name.len());
    for (at, character) in name.char_indices() {
        // The hyphen says "hidden" at the head of a list of labels.
        if matches!(character, '~' | ',' | ':') || (at == 0 && character == '-') {
            text.push('~');
        }
        text.push(character);
    }
    text
}

pub(in crate::state) fn unescaped(text: &str) -> String {
    if text == EMPTY {
        return String::new();
    }
    let mut name = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '~' => name.push(characters.next().unwrap_or('~')),
            character => name.push(character),
        }
    }
    name
}

/// The pieces between unescaped separators, still escaped. An empty text has no piece.
pub(in crate::state) fn split(text: &str, separator: char) -> Vec<&str> {
    if text.is_empty() {
        return Vec::new();
    }
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        if character == '~' {
            characters.next();
        } else if character == separator {
            pieces.push(&text[start..at]);
            start = at + separator.len_utf8();
        }
    }
    pieces.push(&text[start..]);
    pieces
}

pub(in crate::state) fn label(label: &Label) -> String {
    match label {
        Label::Named(name) => escaped(name),
        Label::Missing => MISSING.to_owned(),
    }
}

pub(in crate::state) fn parse_label(text: &str) -> Label {
    match text {
        MISSING => Label::Missing,
        _ => Label::Named(unescaped(text)),
    }
}
