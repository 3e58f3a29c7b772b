//! Rules about the text of sources.

use super::SourceFile;

/// The longest Rust file, in lines.
const LONGEST_RUST_FILE: usize = 600;

const SOURCES: [&str; 13] = ["rs", "wgsl", "fbs", "toml", "md", "css", "html", "js", "json", "py", "sh", "yml", "svg"];

/// A text that must not be in a Rust file, and why.
struct Forbidden {
    text: &'static str,
    reason: &'static str,
}

/// Written in pieces, so that this file does not accuse itself.
const FORBIDDEN_IN_RUST: [Forbidden; 7] = [
    Forbidden { text: concat!("to", "do!("), reason: "unfinished code does not land" },
    Forbidden { text: concat!("unimple", "mented!("), reason: "unfinished code does not land" },
    Forbidden { text: concat!("db", "g!("), reason: "a debugging aid, left behind" },
    Forbidden { text: concat!("#[ig", "nore"), reason: "a test that never runs proves nothing" },
    Forbidden { text: concat!("TO", "DO"), reason: "unfinished work belongs in an issue" },
    Forbidden { text: concat!("FIX", "ME"), reason: "unfinished work belongs in an issue" },
    Forbidden { text: concat!("XX", "X"), reason: "unfinished work belongs in an issue" },
];

/// Beginnings of paths that exist only on somebody's machine.
const MACHINE_PATHS: [&str; 5] = [
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("C:\\Us", "ers\\"),
];

/// Whether the rules about text concern this path.
pub fn is_source(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| SOURCES.contains(&extension)) || path == ".ci/run"
}

/// All complaints about one file.
pub fn check(file: &SourceFile) -> Vec<String> {
    let is_generated = is_generated(&file.path);
    let is_rust = file.path.ends_with(".rs");
    let mut complaints = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        let mut complain = |what: &str| {
            complaints.push(format!("{}:{number}: {what}", file.path));
        };
        if let Some(path) = MACHINE_PATHS.iter().find(|path| names_path(line, path)) {
            complain(&format!("`{path}…` (a path of one machine means nothing on another)"));
        }
        if is_generated {
            continue;
        }
        if line.contains('\t') {
            complain("a tab (every editor shows it in its own width)");
        }
        if line.ends_with(' ') {
            complain("a space at the end of the line (it makes noise in the next diff)");
        }
        if is_rust {
            for forbidden in &FORBIDDEN_IN_RUST {
                if contains_word(line, forbidden.text) {
                    complain(&format!("`{}` ({})", forbidden.text, forbidden.reason));
                }
            }
        }
    }
    let lines = file.text.lines().count();
    if is_rust && !is_generated && lines > LONGEST_RUST_FILE {
        complaints.push(format!(
            "{}: {lines} lines (above {LONGEST_RUST_FILE} a file has more than one purpose: split it by meaning)",
            file.path
        ));
    }
    if !file.text.is_empty() && !file.text.ends_with('\n') {
        complaints.push(format!("{}: no line end at the end of the file", file.path));
    }
    complaints
}

/// Whether other tools write this file, in their own style.
fn is_generated(path: &str) -> bool {
    path.contains("/generated/") || path.contains("/snapshots/") || path.ends_with(".svg")
}

/// Whether a path begins there, rather than goes on, as in `https://example.org/home/`.
fn names_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        line[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric() && !"./-_}*~>".contains(before))
    })
}

/// Whether the text stands there and does not go on to the left or right as a longer word.
fn contains_word(line: &str, text: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(text).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + text.len()..].chars().next();
        let ends_in_word = text.chars().next_back().is_some_and(is_word);
        !(before.is_some_and(is_word) || ends_in_word && after.is_some_and(is_word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(path: &str, text: &str) -> Vec<String> {
        check(&SourceFile { path: path.into(), text: text.into() })
    }

    #[test]
    fn clean_text_has_no_complaints() {
        assert!(complaints("a/b.rs", "fn main() {}\n").is_empty());
    }

    #[test]
    fn each_rule_names_its_line() {
        let text = format!("fn a() {{\n\t{}(x);  \n}}\n", concat!("db", "g!"));
        let found = complaints("a.rs", &text);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found.iter().all(|complaint| complaint.starts_with("a.rs:2: ")));
    }

    #[test]
    fn paths_of_a_machine_are_told_from_addresses() {
        let home = concat!("/ho", "me/");
        assert_eq!(complaints("a.md", &format!("see {home}ada/x\n")).len(), 1);
        assert_eq!(complaints("a.md", &format!("see `{home}ada/x`\n")).len(), 1);
        assert!(complaints("a.md", &format!("https://example.org{home}x\n")).is_empty());
    }

    #[test]
    fn words_are_whole() {
        assert!(contains_word(concat!("// TO", "DO: x"), concat!("TO", "DO")));
        assert!(!contains_word("let TODOS = 1;", concat!("TO", "DO")));
        assert!(!contains_word("mytodo!(x)", concat!("to", "do!(")));
    }

    #[test]
    fn long_files_and_missing_line_ends_are_told() {
        assert_eq!(complaints("a.rs", &"x\n".repeat(601)).len(), 1);
        assert!(complaints("shared-fbs/src/generated/a.rs", &"x \n".repeat(601)).is_empty());
        assert_eq!(complaints("a.toml", "x = 1").len(), 1);
    }
}
