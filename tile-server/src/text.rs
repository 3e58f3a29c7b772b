//! Text that comes from files, made safe for terminals: what would move the cursor, color, hide or turn around what is
//! written is written as its code.

use std::{
    borrow::Cow,
    fmt::Write as _,
    io::{self, Write},
};

/// One line of text: line breaks are written as their codes, too.
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, is_unprintable)
}

/// Text of several lines.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c != '\n' && is_unprintable(c))
}

/// JSON text, whose strings then hold such characters as JSON's own escapes.
pub fn printable_json(json: &str) -> String {
    let mut written = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || !is_unprintable(c) {
            written.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            write!(written, "\\u{unit:04x}").expect("writing to a String cannot fail");
        }
    }
    written
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_escaped(c) {
            written.extend(c.escape_default());
        } else {
            written.push(c);
        }
    }
    Cow::Owned(written)
}

/// Control characters, and what changes the direction of text, separates lines or is not seen. Joiners of letters are
/// part of words.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Where a log goes that has escaped control characters itself, and may color its lines: the rest is escaped here.
pub struct PrintableLog<W>(pub W);

impl<W: Write> Write for PrintableLog<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.0.write_all(escaped(&text, |c| !c.is_control() && is_unprintable(c)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_written_as_its_code() {
        assert_eq!(printable("\u{1b}]0;title\u{7}"), "\\u{1b}]0;title\\u{7}");
        assert_eq!(printable("a\nwarning: b\r\u{9b}2J"), "a\\nwarning: b\\r\\u{9b}2J");
        assert_eq!(printable("abc\u{202e}fed\u{2066}"), "abc\\u{202e}fed\\u{2066}");
        assert_eq!(printable_lines("a\nb\u{1b}\n"), "a\nb\\u{1b}\n");
        assert!(matches!(printable("naïve T细胞 نسيج क्ष"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_log_keeps_its_colors_but_no_turned_text() {
        let mut log = Vec::new();
        let line = "\u{1b}[33mWARN\u{1b}[0m \u{202e}";
        assert_eq!(PrintableLog(&mut log).write(line.as_bytes()).unwrap(), line.len());
        assert_eq!(log, b"\x1b[33mWARN\x1b[0m \\u{202e}");
    }

    proptest! {
        #[test]
        fn json_means_the_same(text in any::<String>()) {
            let json = serde_json::to_string_pretty(&[&text, "\u{e0041}\u{85}"]).unwrap();
            let printed = printable_json(&json);
            prop_assert!(!printed.contains(|c| c != '\n' && is_unprintable(c)));
            let back: Vec<String> = serde_json::from_str(&printed).unwrap();
            prop_assert_eq!(&back[0], &text);
        }
    }
}
