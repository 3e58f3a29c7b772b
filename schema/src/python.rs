//! Values as the original's language holds and prints them, for texts that quote them.

use std::fmt::Write as _;

/// A value of a data frame.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Integer(i64),
    Unsigned(u64),
    /// A real number, as it prints.
    Real(String),
    Bool(bool),
    /// A number that is none.
    Nan,
    /// pandas' sign for what is missing among values with a mask.
    Missing,
}

impl Value {
    /// The text, if it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Integer(_) | Self::Unsigned(_) | Self::Real(_) | Self::Bool(_) | Self::Nan | Self::Missing => None,
        }
    }

    /// Whether it is missing.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Nan | Self::Missing)
    }

    /// As `str` prints it.
    pub(crate) fn str(&self) -> String {
        match self {
            Self::Text(text) | Self::Real(text) => text.clone(),
            Self::Integer(number) => number.to_string(),
            Self::Unsigned(number) => number.to_string(),
            Self::Bool(truth) => boolean(*truth).to_owned(),
            Self::Nan => "nan".to_owned(),
            Self::Missing => "<NA>".to_owned(),
        }
    }

    /// As `repr` prints it.
    pub(crate) fn repr(&self) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Integer(_) | Self::Unsigned(_) | Self::Real(_) | Self::Bool(_) | Self::Nan | Self::Missing => {
                self.str()
            }
        }
    }

    /// The name of its type in messages about attributes.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Text(_) => "str",
            Self::Integer(_) | Self::Unsigned(_) => "int",
            Self::Real(_) | Self::Nan => "float",
            Self::Bool(_) => "bool",
            Self::Missing => "NAType",
        }
    }
}

pub(crate) fn boolean(truth: bool) -> &'static str {
    if truth { "True" } else { "False" }
}

/// A text as `repr` prints it.
pub(crate) fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if letter == quote => {
                out.push('\\');
                out.push(letter);
            }
            '\u{0}'..'\u{20}' | '\u{7f}'..='\u{a0}' | '\u{ad}' => {
                let _ = write!(out, "\\x{:02x}", u32::from(letter));
            }
            _ => out.push(letter),
        }
    }
    out.push(quote);
    out
}

/// A list as `repr` prints it, of elements that are printed already.
pub(crate) fn list<S: AsRef<str>>(elements: impl IntoIterator<Item = S>) -> String {
    let elements: Vec<String> = elements.into_iter().map(|element| element.as_ref().to_owned()).collect();
    format!("[{}]", elements.join(", "))
}

/// A list of texts as `repr` prints it.
pub(crate) fn texts<S: AsRef<str>>(elements: impl IntoIterator<Item = S>) -> String {
    list(elements.into_iter().map(|element| quoted(element.as_ref())))
}

/// A tuple of numbers as `repr` prints it.
pub(crate) fn tuple(numbers: &[usize]) -> String {
    match numbers {
        [one] => format!("({one},)"),
        _ => format!("({})", numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    }
}

/// A real number as `repr` prints it.
pub(crate) fn float(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..16).contains(&exponent) {
        let plain = value.to_string();
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

/// An array as numpy prints it: of texts their quotes, of numbers one width, in lines of 75 letters. What is left out of
/// arrays of several dimensions when they are large is not.
pub(crate) fn array(elements: &[String], shape: &[usize], is_text: bool) -> String {
    // numpy prints no brackets of what has no elements, and an extent beside an empty one may be any number.
    if shape.contains(&0) {
        return "[]".to_owned();
    }
    let printed: Vec<String> =
        if is_text { elements.iter().map(|text| quoted(text)).collect() } else { numbers(elements) };
    nested(&printed, shape, shape.len().max(1) - 1)
}

/// Elements of `shape`, of which brackets `outer` levels deep are open.
fn nested(printed: &[String], shape: &[usize], outer: usize) -> String {
    let [first, inner @ ..] = shape else { return printed.concat() };
    if inner.is_empty() {
        return line(printed, outer);
    }
    let size = inner.iter().product::<usize>();
    let parts: Vec<String> = (0..*first).map(|at| nested(&printed[at * size..(at + 1) * size], inner, outer)).collect();
    let level = outer + 1 - inner.len();
    format!("[{}]", parts.join(&format!("{}{}", "\n".repeat(inner.len()), " ".repeat(level))))
}

/// The last dimension of an array, in so many outer brackets.
fn line(printed: &[String], outer: usize) -> String {
    const LINE: usize = 75;
    const SHOWN: usize = 1000;
    const EDGE: usize = 3;
    let shown: Vec<String> = if printed.len() > SHOWN {
        let (head, tail) = (&printed[..EDGE], &printed[printed.len() - EDGE..]);
        [head, &["...".to_owned()], tail].concat()
    } else {
        printed.to_vec()
    };
    let indent = outer + 1;
    let mut lines = String::from("[");
    let mut width = indent;
    for (at, element) in shown.iter().enumerate() {
        let length = element.chars().count();
        // The last element of a line has the closing bracket behind it.
        let ending = usize::from(at + 1 == shown.len());
        if at > 0 {
            if width + 1 + length + ending > LINE {
                lines.push('\n');
                lines.push_str(&" ".repeat(indent));
                width = indent;
            } else {
                lines.push(' ');
                width += 1;
            }
        }
        lines.push_str(element);
        width += length;
    }
    lines + "]"
}

/// Numbers as numpy prints them in an array: integers to one width; reals without the zero after a point, and padded so
/// that points stand under one another.
fn numbers(elements: &[String]) -> Vec<String> {
    let trimmed =
        elements.iter().map(|element| element.strip_suffix(".0").map_or(element.clone(), |n| format!("{n}.")));
    let trimmed: Vec<String> = trimmed.collect();
    let split = |text: &String| match text.split_once('.') {
        Some((whole, fraction)) => (whole.len(), fraction.len() + 1),
        None => (text.len(), 0),
    };
    let before = trimmed.iter().map(|text| split(text).0).max().unwrap_or_default();
    let after = trimmed.iter().map(|text| split(text).1).max().unwrap_or_default();
    let width = before + after;
    trimmed
        .iter()
        .map(|text| {
            let (whole, fraction) = split(text);
            if fraction == 0 {
                format!("{text:>width$}")
            } else {
                format!("{}{text}{}", " ".repeat(before - whole), " ".repeat(after - fraction))
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_as_python_quotes_them() {
        assert_eq!(quoted("a"), "'a'");
        assert_eq!(quoted("3' NGG"), "\"3' NGG\"");
        assert_eq!(quoted("a'b\"c"), "'a\\'b\"c'");
        assert_eq!(quoted("a\tb"), "'a\\tb'");
        assert_eq!(texts(["na"]), "['na']");
        assert_eq!(tuple(&[3]), "(3,)");
        assert_eq!(tuple(&[3, 4]), "(3, 4)");
    }

    #[test]
    fn numbers_print_as_in_python() {
        assert_eq!(float(1.0 - 1.0 / 7.0), "0.8571428571428572");
        assert_eq!(float(1.0), "1.0");
        assert_eq!(float(1e16), "1e+16");
        assert_eq!(float(0.000_01), "1e-05");
    }

    #[test]
    fn arrays_print_as_in_numpy() {
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(array(&own(&["a", "b"]), &[2], true), "['a' 'b']");
        assert_eq!(array(&own(&["1", "20"]), &[2], false), "[ 1 20]");
        assert_eq!(array(&own(&["nan", "nan"]), &[2], false), "[nan nan]");
        assert_eq!(array(&own(&["0.5", "1.0"]), &[2], false), "[0.5 1. ]");
        let many = array(&vec!["#000000".to_owned(); 12], &[12], true);
        assert_eq!(many.lines().next().unwrap().len(), 70);
        assert_eq!(array(&[], &[1 << 50, 0], false), "[]");
        assert_eq!(array(&[], &[0, usize::MAX, usize::MAX], true), "[]");
        assert_eq!(array(&own(&["a", "b", "c", "d"]), &[2, 2], true), "[['a' 'b']\n ['c' 'd']]");
    }
}
