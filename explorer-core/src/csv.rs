//! CSV as the product writes and reads it: fields that are read back as they were, and that no spreadsheet runs.
//!
//! A spreadsheet takes a field that begins with `=`, `+`, `-` or `@` for a formula, whatever quotation marks are around
//! it, and some pass over tabs and line breaks before them. Text that would be taken so gets an apostrophe in front,
//! which spreadsheets know as the mark of text, and [`unguarded`] takes it away again. Numbers stay numbers, negative
//! ones too.

use std::{borrow::Cow, fmt::Write as _};

/// What separates cells inside a field: where the comma is the decimal mark, spreadsheets split lines at semicolons, and
/// some split at tabs.
const INNER_SEPARATORS: [char; 4] = [';', '\t', '\n', '\r'];

/// A quotation mark is not closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenQuote {
    /// The line that it is in, from 1.
    pub line: usize,
}

/// Bytes are no text of an encoding that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is neither UTF-8 text nor UTF-16 text with a byte order mark; save it as text in UTF-8")]
pub struct NotText;

/// The text of a file, without its byte order mark: UTF-8, or UTF-16 where such a mark tells so.
///
/// # Errors
/// [`NotText`].
pub fn text_of(bytes: Vec<u8>) -> Result<String, NotText> {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (units, []) = bytes.as_chunks::<2>() else { return Err(NotText) };
        char::decode_utf16(units.iter().copied().map(unit)).collect::<Result<String, _>>().map_err(|_| NotText)
    };
    let text = match &bytes[..] {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes)?,
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).map_err(|_| NotText)?,
        _ => String::from_utf8(bytes).map_err(|_| NotText)?,
    };
    // So reads text of two bytes a character that has no byte order mark.
    if text.contains('\0') { Err(NotText) } else { Ok(text) }
}

/// Writes a field of text, guarded, and in quotation marks where it must be.
pub fn push_field(out: &mut String, text: &str) {
    let mut text = guarded(text, &INNER_SEPARATORS);
    if begins_with_break(&text) {
        text.to_mut().insert(0, '\'');
    }
    push_plain_field(out, &text);
}

/// Whether [`push_field`] guards a text.
pub fn is_guarded(text: &str) -> bool {
    begins_with_break(text) || text.split(INNER_SEPARATORS).any(needs_guard)
}

/// Writes a field of text for programs: as it is, in quotation marks where it must be.
pub fn push_plain_field(out: &mut String, text: &str) {
    // What reads `#` as the beginning of a comment does so in the middle of a plain field, too.
    let is_plain = !text.contains([',', '"', '\n', '\r', '#']) && text.trim() == text;
    if is_plain {
        out.push_str(text);
    } else {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    }
}

/// Writes a line that begins with `#` and tells something of the table. A spreadsheet takes it for a row, so it is
/// guarded like one.
pub fn push_comment(out: &mut String, what: &str, value: &str) {
    // A line break in a name would end the comment.
    let [what, value] = [what, value].map(|text| text.replace(char::is_control, " "));
    let _ = writeln!(out, "# {what}: {}", guarded(&value, &[',', ';']));
}

/// Writes a line that begins with `#`, as [`push_comment`] does; none for what does not apply.
pub fn push_fact(out: &mut String, what: &str, value: &str) {
    if !value.is_empty() {
        push_comment(out, what, value);
    }
}

/// Writes a number: the shortest digits that read back to the same number, without hundreds of zeros.
pub fn push_number(out: &mut String, number: f64) {
    let size = number.abs();
    let written = if size == 0.0 || (1e-4..1e15).contains(&size) || size.is_infinite() {
        write!(out, "{number}")
    } else {
        write!(out, "{number:e}")
    };
    written.expect("writing to a String cannot fail");
}

/// A field as it was before it was guarded.
pub fn unguarded(field: &str) -> Cow<'_, str> {
    let text = field.strip_prefix('\'').filter(|rest| begins_with_break(rest)).unwrap_or(field);
    by_cell(text, &INNER_SEPARATORS, |cell, text| {
        let rest = cell.strip_prefix('\'').filter(|rest| needs_guard(rest));
        text.push_str(rest.unwrap_or(cell));
    })
}

fn guarded<'a>(text: &'a str, separators: &[char]) -> Cow<'a, str> {
    by_cell(text, separators, |cell, text| {
        text.extend(needs_guard(cell).then_some('\''));
        text.push_str(cell);
    })
}

/// Writes anew each piece of the text between separators, where there is any that could be a formula.
fn by_cell<'a>(text: &'a str, separators: &[char], write: impl Fn(&str, &mut String)) -> Cow<'a, str> {
    if !text.split(separators).any(needs_guard) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + 1);
    for piece in text.split_inclusive(separators) {
        let cell = piece.strip_suffix(separators).unwrap_or(piece);
        write(cell, &mut written);
        written.push_str(&piece[cell.len()..]);
    }
    Cow::Owned(written)
}

/// Whether a spreadsheet would run the text of a cell, or whether it already has a guard that looks like ours. The
/// wide forms of the signs count as signs in East Asian versions.
fn needs_guard(cell: &str) -> bool {
    let cell = cell.trim_start_matches('\'').trim_start();
    let is_number = || cell.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) && cell.parse::<f64>().is_ok();
    cell.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) && !is_number()
}

/// Whether a tab or line break comes first, or behind guards against that.
fn begins_with_break(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['\t', '\n', '\r'])
}

/// The lines of a CSV file, field by field; without empty lines and those that begin with `#`. A byte order mark is
/// passed over.
///
/// # Errors
/// [`OpenQuote`].
pub fn records(text: &str) -> Result<Vec<Vec<String>>, OpenQuote> {
    Ok(numbered_records(text, ',')?.into_iter().map(|(_, record)| record).collect())
}

/// What separates the fields of a file that somebody else wrote: a comma, or where the first line has none, a tab or a
/// semicolon, as spreadsheets write.
pub fn separator_of(text: &str) -> char {
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let first = lines.find(|line| !line.starts_with('#') && !line.trim().is_empty()).unwrap_or_default();
    // Every second piece is within quotation marks.
    let has = |separator: char| first.split('"').step_by(2).any(|piece| piece.contains(separator));
    [',', '\t', ';'].into_iter().find(|&separator| has(separator)).unwrap_or(',')
}

/// The same as [`records`] with another separator, each with the number of the line where it ends, from 1.
///
/// # Errors
/// [`OpenQuote`].
pub fn numbered_records(text: &str, separator: char) -> Result<Vec<(usize, Vec<String>)>, OpenQuote> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut records = Vec::new();
    let mut record: Vec<String> = Vec::new();
    let mut field = String::new();
    let mut line = 1;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '#' if record.is_empty() && field.is_empty() => while characters.next_if(|next| *next != '\n').is_some() {},
            '"' if field.is_empty() => {
                let began = line;
                loop {
                    match characters.next() {
                        Some('"') if characters.next_if_eq(&'"').is_none() => break,
                        Some(inner) => {
                            line += usize::from(inner == '\n');
                            field.push(inner);
                        }
                        None => return Err(OpenQuote { line: began }),
                    }
                }
            }
            _ if character == separator => record.push(std::mem::take(&mut field)),
            '\r' if characters.peek() == Some(&'\n') => {}
            '\n' => {
                finish(&mut records, line, &mut record, &mut field);
                line += 1;
            }
            _ => field.push(character),
        }
    }
    finish(&mut records, line, &mut record, &mut field);
    Ok(records)
}

fn finish(records: &mut Vec<(usize, Vec<String>)>, line: usize, record: &mut Vec<String>, field: &mut String) {
    if !record.is_empty() || !field.is_empty() {
        record.push(std::mem::take(field));
        records.push((line, std::mem::take(record)));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn field(text: &str) -> String {
        let mut out = String::new();
        push_field(&mut out, text);
        out
    }

    #[test]
    fn fields_are_separated_by_what_the_first_line_has() {
        for (text, separator) in [
            ("id,a\n", ','),
            ("# by; hand\n\nid;a,b\n", ','),
            ("id;a\nx;b, c\n", ';'),
            ("\u{feff}id\ta; b\n", '\t'),
            ("\"id, here\";a\n", ';'),
            ("id\n", ','),
            ("", ','),
        ] {
            assert_eq!(separator_of(text), separator, "{text:?}");
        }
        assert_eq!(numbered_records("id;a\nx;\"b;c\"", ';').unwrap()[1], (2, vec!["x".to_owned(), "b;c".to_owned()]));
    }

    #[test]
    fn text_is_read_in_any_encoding_that_tells_itself() {
        let wide = |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        let text = "é, 🧬\r\n";
        let marked = format!("\u{feff}{text}");
        for bytes in [
            text.as_bytes().to_vec(),
            marked.as_bytes().to_vec(),
            wide(&marked, u16::to_le_bytes),
            wide(&marked, u16::to_be_bytes),
        ] {
            assert_eq!(text_of(bytes).as_deref(), Ok(text));
        }
        for bytes in [wide("ab", u16::to_le_bytes), vec![0xff, 0xfe, 0x61], vec![0xe9], vec![0xff, 0xfe, 0x00, 0xd8]] {
            assert_eq!(text_of(bytes), Err(NotText));
        }
    }

    #[test]
    fn formulas_become_text_and_numbers_stay_numbers() {
        for (text, expected) in [
            ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-2+3", "'-2+3"),
            ("-", "'-"),
            ("-inf", "'-inf"),
            ("\t=1", "'\t'=1"),
            ("\r=1", "\"'\r'=1\""),
            (" =1", "' =1"),
            ("＝1", "'＝1"),
            ("a;=1", "a;'=1"),
            ("'=1", "''=1"),
            ("=1,2", "\"'=1,2\""),
            ("-1.5", "-1.5"),
            ("+3", "+3"),
            ("-1e-300", "-1e-300"),
            ("HLA-A", "HLA-A"),
            ("'t Hooft", "'t Hooft"),
            ("#1", "\"#1\""),
            ("", ""),
        ] {
            assert_eq!(field(text), expected, "{text:?}");
        }
    }

    #[test]
    fn comments_are_one_line_and_hold_no_formula() {
        let mut out = String::new();
        push_comment(&mut out, "dataset", "a\n=1,=2, @b;-c, d");
        assert_eq!(out, "# dataset: a =1,'=2,' @b;'-c, d\n");
    }

    proptest! {
        #[test]
        fn a_field_reads_back_as_it_was(texts in prop::collection::vec("[-a;,\"\t\r\n '#=+@1.é]{0,12}", 1..4)) {
            let mut line = String::new();
            for text in &texts {
                push_field(&mut line, text);
                line.push(',');
            }
            let records = records(&(line + "end")).unwrap();
            let back: Vec<Cow<'_, str>> = records[0].iter().map(|field| unguarded(field)).collect();
            prop_assert_eq!(&back[..texts.len()], &texts[..]);
            for (text, field) in texts.iter().zip(&records[0]) {
                prop_assert_eq!(is_guarded(text), text != field);
                let mut plain = String::new();
                push_plain_field(&mut plain, text);
                prop_assert_eq!(&super::records(&(plain + ",end")).unwrap()[0][0], text);
            }
        }

        #[test]
        fn no_cell_of_a_field_is_a_formula(text in "[-a;,\"\t\r\n '=+@1.]{0,12}") {
            let written = field(&text);
            let records = records(&(written + ",")).unwrap();
            let guarded = &records[0][0];
            prop_assert!(!guarded.starts_with(['\t', '\r', '\n']));
            for cell in guarded.split(INNER_SEPARATORS) {
                let is_run = cell.trim_start().starts_with(['=', '+', '-', '@']) && cell.trim().parse::<f64>().is_err();
                prop_assert!(!is_run, "{guarded:?}");
            }
        }
    }
}
