//! Rows of fragments.

use std::{fmt::Display, io::Write as _};

/// The columns, as messages call them.
pub(crate) const COLUMNS: [&str; 5] = ["chromosome", "start", "stop", "barcode", "number of reads"];

/// A row, as far as its form is right. Numbers are missing where the file says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row<'a> {
    pub(crate) chromosome: &'a [u8],
    pub(crate) start: Option<i64>,
    pub(crate) stop: Option<i64>,
    pub(crate) barcode: &'a [u8],
    pub(crate) support: Option<i64>,
}

/// Why a line is no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoRow<'a> {
    /// It has so many columns.
    Columns(usize),
    /// The column with this number holds what is no whole number.
    Number { column: usize, value: &'a [u8] },
}

/// The line without its end.
pub(crate) fn trimmed(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

impl Row<'_> {
    /// Writes the row as a line: without quotes, blanks and zeros before numbers, so that rows that are the same have the
    /// same bytes.
    pub(crate) fn write(&self, line: &mut Vec<u8>) {
        line.extend(self.chromosome);
        for number in [self.start, self.stop] {
            line.push(b'\t');
            write_number(number, line);
        }
        line.push(b'\t');
        line.extend(self.barcode);
        line.push(b'\t');
        write_number(self.support, line);
        line.push(b'\n');
    }
}

/// Writes a number, if there is one.
fn write_number(number: Option<impl Display>, line: &mut Vec<u8>) {
    if let Some(number) = number {
        // A vector refuses nothing.
        let _ = write!(line, "{number}");
    }
}

/// Parses a line without its end.
pub(crate) fn parse(line: &[u8]) -> Result<Row<'_>, NoRow<'_>> {
    let mut columns = line.split(|byte| *byte == b'\t');
    let five = [columns.next(), columns.next(), columns.next(), columns.next(), columns.next()];
    let [Some(chromosome), Some(start), Some(stop), Some(barcode), Some(support)] = five else {
        return Err(NoRow::Columns(five.iter().flatten().count()));
    };
    let more = columns.count();
    if more > 0 {
        return Err(NoRow::Columns(five.len() + more));
    }
    let number = |column: usize, value| integer(value).map_err(|()| NoRow::Number { column, value });
    Ok(Row {
        chromosome: unquoted(chromosome),
        start: number(1, start)?,
        stop: number(2, stop)?,
        barcode: unquoted(barcode),
        support: number(4, support)?,
    })
}

/// A text without quotes around it.
fn unquoted(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")).unwrap_or(text)
}

/// A whole number, or none where the text is one of those by which tables say that there is none.
fn integer(text: &[u8]) -> Result<Option<i64>, ()> {
    const MISSING: [&[u8]; 17] = [
        b"",
        b"#N/A",
        b"#N/A N/A",
        b"#NA",
        b"-1.#IND",
        b"-1.#QNAN",
        b"-NaN",
        b"-nan",
        b"1.#IND",
        b"1.#QNAN",
        b"N/A",
        b"NA",
        b"NULL",
        b"NaN",
        b"n/a",
        b"nan",
        b"null",
    ];
    if MISSING.contains(&text) {
        return Ok(None);
    }
    let text = text.trim_ascii();
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(());
    }
    std::str::from_utf8(text).map_err(|_| ())?.parse().map(Some).map_err(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_five_columns_is_a_row() {
        let row = Row { chromosome: b"chr1", start: Some(-3), stop: Some(60), barcode: b"AAA-1", support: Some(1) };
        assert_eq!(parse(b"chr1\t-3\t060\tAAA-1\t 1"), Ok(row));
        assert_eq!(parse(b"chr1\tNA\t60\tAAA-1\t1"), Ok(Row { start: None, ..row }));
        assert_eq!(parse(b"chr1\t-3\t60\tAAA-1"), Err(NoRow::Columns(4)));
        assert_eq!(parse(b"chr1\t-3\t60\tAAA-1\t1\t+"), Err(NoRow::Columns(6)));
        for value in ["ten", "10.0", "+1", "-", "9223372036854775808", "1e3"] {
            let line = format!("chr1\t1\t{value}\tAAA-1\t1");
            assert_eq!(parse(line.as_bytes()), Err(NoRow::Number { column: 2, value: value.as_bytes() }));
        }
    }

    #[test]
    fn rows_that_are_the_same_are_written_with_the_same_bytes() {
        let written = |line: &[u8]| {
            let mut written = Vec::new();
            parse(trimmed(line)).unwrap().write(&mut written);
            String::from_utf8(written).unwrap()
        };
        for line in ["chr1\t7\t60\tAAA-1\t1", "\"chr1\"\t007\t 60\t\"AAA-1\"\t01\r\n"] {
            assert_eq!(written(line.as_bytes()), "chr1\t7\t60\tAAA-1\t1\n");
        }
        assert_eq!(written(b"chr1\tNA\t60\tAAA-1\t1"), "chr1\t\t60\tAAA-1\t1\n");
    }

    #[test]
    fn either_end_of_a_line_is_one() {
        assert_eq!(trimmed(b"a\r\n"), b"a");
        assert_eq!(trimmed(b"a\n"), b"a");
        assert_eq!(trimmed(b"a"), b"a");
    }
}
