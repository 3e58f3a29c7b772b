//! The words of a filter.

use std::ops::Range;

use crate::{FilterError, Literal};

/// A word, and where it stands, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    pub kind: TokenKind,
    pub at: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TokenKind {
    /// A word that is no keyword.
    Name(String),
    /// One of [`KEYWORDS`].
    Keyword(&'static str),
    Value(Literal),
    /// One of [`SIGNS`].
    Sign(&'static str),
    End,
}

const KEYWORDS: [&str; 7] = ["and", "or", "not", "in", "is", "like", "None"];

/// Longer ones first.
const SIGNS: [&str; 15] = ["<=", ">=", "==", "!=", "<", ">", "&", "|", "(", ")", "[", "]", ",", "+", "-"];

impl TokenKind {
    /// As a message names it.
    pub fn describe(&self) -> String {
        match self {
            Self::Name(name) => format!("`{name}`"),
            Self::Keyword(word) | Self::Sign(word) => format!("`{word}`"),
            Self::Value(Literal::Text(text)) => format!("'{text}'"),
            Self::Value(Literal::Int(number)) => format!("`{number}`"),
            Self::Value(Literal::Float(number)) => format!("`{number}`"),
            Self::Value(Literal::Bool(truth)) => if *truth { "`True`" } else { "`False`" }.to_owned(),
            Self::End => "the end".to_owned(),
        }
    }
}

/// The words of a filter, an [`TokenKind::End`] last.
pub fn tokens(text: &str) -> Result<Vec<Token>, FilterError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let start = text.len() - rest.len();
        let Some(first) = rest.chars().next() else {
            tokens.push(Token { kind: TokenKind::End, at: start..start });
            return Ok(tokens);
        };
        let (kind, length) = match first {
            '\'' | '"' => string(text, start, first)?,
            '0'..='9' | '.' => number(text, start)?,
            first if is_name_start(first) => word(text, start)?,
            _ => sign(text, start)?,
        };
        tokens.push(Token { kind, at: start..start + length });
        rest = &rest[length..];
    }
}

fn is_name_start(first: char) -> bool {
    first.is_alphabetic() || first == '_'
}

fn word(text: &str, start: usize) -> Result<(TokenKind, usize), FilterError> {
    let rest = &text[start..];
    let length = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
    let name = &rest[..length];
    match rest[length..].chars().next() {
        Some('.') => {
            let dotted = rest.find(|letter: char| !letter.is_alphanumeric() && !"_.".contains(letter));
            let dotted = &rest[..dotted.unwrap_or(rest.len())];
            let problem = format!("a name with a dot is written in `attr`: attr(\"{dotted}\")");
            return Err(FilterError::new(problem, text, start..start + dotted.len()));
        }
        Some('\'' | '"') => {
            let problem = format!("text is written in quotation marks alone, without `{name}` before them");
            return Err(FilterError::new(problem, text, start..start + length));
        }
        Some(_) | None => {}
    }
    let kind = match (name, KEYWORDS.iter().find(|word| **word == name)) {
        ("True", _) => TokenKind::Value(Literal::Bool(true)),
        ("False", _) => TokenKind::Value(Literal::Bool(false)),
        (_, Some(keyword)) => TokenKind::Keyword(keyword),
        (_, None) => TokenKind::Name(name.to_owned()),
    };
    Ok((kind, length))
}

fn sign(text: &str, start: usize) -> Result<(TokenKind, usize), FilterError> {
    let rest = &text[start..];
    if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        return Ok((TokenKind::Sign(sign), sign.len()));
    }
    let first = rest.chars().next().unwrap_or_default();
    let problem = match first {
        '=' => "equality is written `==`".to_owned(),
        '!' | '~' => "a negation is written `not`".to_owned(),
        '`' => "a name with spaces or signs is written in `attr`: attr(\"a name\")".to_owned(),
        first => format!("a filter has no sign `{first}`; it compares columns with constant values"),
    };
    Err(FilterError::new(problem, text, start..start + first.len_utf8()))
}

fn number(text: &str, start: usize) -> Result<(TokenKind, usize), FilterError> {
    let rest = &text[start..];
    let mut length = 0;
    for letter in rest.chars() {
        let after_exponent = matches!(rest[..length].chars().next_back(), Some('e' | 'E'));
        if letter.is_alphanumeric() || matches!(letter, '.' | '_') || matches!(letter, '+' | '-') && after_exponent {
            length += letter.len_utf8();
        } else {
            break;
        }
    }
    let written = &rest[..length];
    let digits = written.replace('_', "");
    let is_decimal = digits.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    let value = match digits.parse() {
        Ok(whole) => Some(Literal::Int(whole)),
        Err(_) => digits.parse().ok().filter(|_| is_decimal).map(Literal::Float),
    };
    match value {
        Some(value) => Ok((TokenKind::Value(value), length)),
        None => {
            let problem = format!("`{written}` is no number; text is written in quotation marks");
            Err(FilterError::new(problem, text, start..start + length.max(1)))
        }
    }
}

fn string(text: &str, start: usize, mark: char) -> Result<(TokenKind, usize), FilterError> {
    let mut value = String::new();
    let mut letters = text[start + 1..].char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 'r')) => value.push('\r'),
                Some((_, 't')) => value.push('\t'),
                Some((escaped, kind @ ('x' | 'u' | 'U'))) => {
                    let n_digits = [2, 4, 8][usize::from(kind != 'x') + usize::from(kind == 'U')];
                    let digits = text[start + 1..].get(escaped + 1..escaped + 1 + n_digits);
                    let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                    let Some(letter) = number.and_then(char::from_u32) else {
                        let at = start + escaped..start + escaped + 2;
                        let problem = format!("`\\{kind}` takes {n_digits} hexadecimal digits of a character");
                        return Err(FilterError::new(problem, text, at));
                    };
                    value.push(letter);
                    letters.nth(n_digits - 1);
                }
                Some((_, escaped @ ('\\' | '\'' | '"'))) => value.push(escaped),
                Some((_, other)) => value.extend(['\\', other]),
                None => break,
            },
            letter if letter == mark => return Ok((TokenKind::Value(Literal::Text(value)), at + 2)),
            letter => value.push(letter),
        }
    }
    Err(FilterError::new(format!("the text that begins here has no end; close it by {mark}"), text, start..text.len()))
}
