//! A script as short as it can be made without a parser.

use std::collections::HashMap;

/// Characters next to which a space means nothing, outside of texts.
const MARKS: &str = "{}()[];,=<>?:&|+-*!";

/// After these a line break means nothing.
const OPEN: &str = "{([,;";

/// Before these, too.
const CLOSING: &str = "})]";

/// A script without comment lines, blank lines, indentation, spaces next to marks and line breaks that end nothing, and with
/// short names in place of those that are private to its classes and of its constants whose names have a capital letter.
///
/// What is taken for granted of ours: no text holds a line break, `#` before a letter, or a constant's name; a template
/// holds no other; a regular expression holds no quotation mark and no space; no `+` or `-` follows another with a space
/// between them; what is not declared has no name of one capital letter.
pub fn shortened(script: &str) -> String {
    let lines = script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    let text: String = lines.flat_map(|line| [line, "\n"]).collect();
    without_spaces(&with_short_constants(&with_short_names(&text)))
}

/// Constants are declared at the beginning of a line.
fn with_short_constants(script: &str) -> String {
    let declared = script.lines().filter_map(|line| line.strip_prefix("const ")?.split([' ', '=']).next());
    let constants = declared.filter(|name| name.contains(|c: char| c.is_ascii_uppercase()));
    let names: HashMap<&str, String> =
        constants.enumerate().map(|(at, name)| (name, short_name(at).to_ascii_uppercase())).collect();
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let mut text = String::with_capacity(script.len());
    let mut rest = script;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.find(|c| !is_of_word(c)).unwrap_or(rest.len()));
        let (between, next) = after.split_at(after.find(is_of_word).unwrap_or(after.len()));
        text.push_str(names.get(word).map_or(word, String::as_str));
        text.push_str(between);
        rest = next;
    }
    text
}

fn with_short_names(script: &str) -> String {
    let mut names: HashMap<&str, String> = HashMap::new();
    let mut parts = script.split('#');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        text.push('#');
        if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let n_names = names.len();
            text.push_str(names.entry(name).or_insert_with(|| short_name(n_names)));
        } else {
            text.push_str(name);
        }
        text.push_str(rest);
    }
    text
}

/// `a` to `z`, then `aa` and so on.
pub(super) fn short_name(number: usize) -> String {
    let letter = char::from(b'a' + (number % 26) as u8);
    if number < 26 { letter.to_string() } else { format!("{}{letter}", short_name(number / 26 - 1)) }
}

fn without_spaces(script: &str) -> String {
    let mut text = String::with_capacity(script.len());
    let mut rest = script.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' | '\'' | '`' => {
                text.push(c);
                while let Some(inside) = rest.next() {
                    text.push(inside);
                    match inside {
                        '\\' => text.extend(rest.next()),
                        _ if inside == c => break,
                        _ => {}
                    }
                }
            }
            '\n' if text.ends_with(|c| OPEN.contains(c)) || rest.peek().is_some_and(|&c| CLOSING.contains(c)) => {}
            ' ' if text.ends_with(|c| MARKS.contains(c)) || rest.peek().is_some_and(|&c| MARKS.contains(c)) => {}
            _ => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_loses_what_means_nothing() {
        let script = "// A class.\nclass A {\n  #name = \"a  = b\";\n\n  // Its name.\n  get name() {\n    return this.#name + ` ${this.#other} \\` x`;\n  }\n  #other = 'it\\'s  =';\n}\n";
        let short = "class A{#a=\"a  = b\";get name(){return this.#a+` ${this.#b} \\` x`;}\n#b='it\\'s  =';}\n";
        assert_eq!(shortened(script), short);
        let script = "const MOST = 3;\nconst isMost = (n) => n === MOST;\nconst low = isMost(MOST_OF);\n";
        assert_eq!(shortened(script), "const A=3;const B=(n)=>n===A;const low=B(MOST_OF);");
    }

    #[test]
    fn every_private_name_has_another_short_one() {
        let short: Vec<String> = (0..800).map(short_name).collect();
        assert_eq!([&short[0], &short[25], &short[26], &short[701], &short[702]], ["a", "z", "aa", "zz", "aaa"]);
        assert!((1..short.len()).all(|at| !short[..at].contains(&short[at])));
    }
}
