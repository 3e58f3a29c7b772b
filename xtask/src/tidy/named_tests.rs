//! Tests that documents name as `path/to/file.rs::function` exist.

use super::SourceFile;

/// Complaints about tests that the documents name and the sources do not have.
pub fn check(files: &[SourceFile]) -> Vec<String> {
    let mut complaints = Vec::new();
    for document in files.iter().filter(|file| file.path.ends_with(".md")) {
        for (number, line) in document.text.lines().enumerate() {
            let missing = named(line).filter(|&(path, function)| !has_test(files, path, function));
            complaints.extend(
                missing.map(|(path, function)| {
                    format!("{}:{}: {path} has no test `{function}`", document.path, number + 1)
                }),
            );
        }
    }
    complaints
}

/// The files and functions that are named in code spans of a line.
fn named(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let spans = line.split('`').skip(1).step_by(2);
    spans.filter_map(|span| span.split_once("::")).filter(|(path, _)| path.ends_with(".rs"))
}

/// Whether the function comes after an attribute that makes it a test, before any other function.
fn has_test(files: &[SourceFile], path: &str, function: &str) -> bool {
    let Some(file) = files.iter().find(|file| file.path == path) else { return false };
    let mut is_test = false;
    for line in file.text.lines().map(str::trim_start) {
        is_test |= line.starts_with("#[") && (line.contains("test]") || line.contains("::test("));
        let Some((_, rest)) = line.split_once("fn ").filter(|(before, _)| matches!(*before, "" | "async " | "pub "))
        else {
            continue;
        };
        if is_test && rest.strip_prefix(function).is_some_and(|rest| rest.starts_with('(')) {
            return true;
        }
        is_test = false;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(document: &str) -> Vec<String> {
        let source = "#[test]\nfn first() {}\nfn helper() {}\n    #[tokio::test(flavor = \"multi_thread\")]\n    async fn second() {}\n";
        let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
        check(&[file("a/tests/b.rs", source), file("docs/c.md", document)])
    }

    #[test]
    fn named_tests_exist() {
        assert_eq!(complaints("`a/tests/b.rs::first` and | `a/tests/b.rs::second` |, by `crate::first`"), [""; 0]);
        for wrong in ["b.rs::first", "a/tests/b.rs::fir", "a/tests/b.rs::helper", "a/tests/b.rs::third"] {
            let found = complaints(&format!("one\n`{wrong}`"));
            assert!(found.len() == 1 && found[0].starts_with("docs/c.md:2: "), "{wrong}: {found:?}");
        }
    }
}
