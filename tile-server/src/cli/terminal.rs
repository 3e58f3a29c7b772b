//! What the commands write to standard output and standard error.
//!
//! A reader that has seen enough (`… | head`) is no error: the rest is then not written.

use std::io::{self, Write};

use tile_server::text::{printable, printable_json, printable_lines};

/// Prints lines, each safe for a terminal.
///
/// # Errors
/// When standard output cannot be written, other than for want of a reader.
pub fn print_lines<L: AsRef<str>>(lines: impl IntoIterator<Item = L>) -> io::Result<()> {
    let lines = lines.into_iter().fold(String::new(), |text, line| text + &printable(line.as_ref()) + "\n");
    print(&lines)
}

/// Prints text of several lines, such as a table.
///
/// # Errors
/// As [`print_lines`].
pub fn print_text(text: &str) -> io::Result<()> {
    print(&printable_lines(text))
}

/// Prints JSON.
///
/// # Errors
/// As [`print_lines`].
pub fn print_json(value: &serde_json::Value) -> io::Result<()> {
    print(&(printable_json(&format!("{value:#}")) + "\n"))
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

/// Says something on standard error, in a line of its own.
pub fn say(line: &str) {
    // Where nobody listens, there is nobody to tell.
    let _ = writeln!(io::stderr().lock(), "{}", printable(line));
}
