//! Files of one crate do not use each other in a circle: whoever reads one would have to read all.
//!
//! What counts is where a thing is defined: `super::Name`, where the module above only passes on what a sibling
//! defines, is a use of that sibling. Passing on (`pub use`) and tests use nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::SourceFile;

/// Crates, or parts of them, that are free of circles.
const FREE: [&str; 9] = [
    "bench/src/",
    "explorer-core/src/catalog/",
    "explorer-core/src/dataset/",
    "explorer-core/src/screen/",
    "explorer-core/src/session/",
    "explorer-core/src/state/",
    "explorer-wasm/src/app/",
    "explorer-wasm/src/host/",
    "explorer-wasm/src/ui/",
];

/// Complains about every group of files that use each other in a circle.
pub fn check(files: &[SourceFile]) -> Vec<String> {
    let crates: BTreeSet<&str> = FREE.iter().filter_map(|part| Some(part.split_once("src/")?.0)).collect();
    crates.into_iter().flat_map(|krate| check_crate(krate, files)).collect()
}

fn check_crate(krate: &str, files: &[SourceFile]) -> Vec<String> {
    let source = format!("{krate}src/");
    let modules: BTreeMap<Vec<&str>, Module<'_>> = files
        .iter()
        .filter_map(|file| Some((module_path(file.path.strip_prefix(&source)?)?, Module::of(file))))
        .collect();
    let tree = Tree(modules);
    let uses: BTreeMap<&str, BTreeSet<&str>> =
        tree.0.iter().map(|(path, module)| (module.file, tree.files_used(path, module))).collect();
    circles(&uses)
        .into_iter()
        .filter(|circle| circle.iter().any(|file| FREE.iter().any(|part| file.starts_with(part))))
        .map(|circle| {
            format!("{} (these files use each other in a circle: let arrows point one way)", circle.join(", "))
        })
        .collect()
}

/// `a/b.rs` and `a/b/mod.rs` are `[a, b]`, `lib.rs` and `main.rs` are the root; `None` for other programs.
fn module_path(file: &str) -> Option<Vec<&str>> {
    let stem = file.strip_suffix(".rs")?;
    if stem == "lib" || stem == "main" {
        return Some(Vec::new());
    }
    let path: Vec<&str> = stem.strip_suffix("/mod").unwrap_or(stem).split('/').collect();
    (path[0] != "bin").then_some(path)
}

struct Module<'a> {
    file: &'a str,
    /// Paths that it uses, as they are written.
    used: Vec<Vec<String>>,
    /// What it passes on: the name and where that comes from.
    passed_on: BTreeMap<String, Vec<String>>,
}

impl<'a> Module<'a> {
    fn of(file: &'a SourceFile) -> Self {
        let code = without_comments(&file.text);
        let code = code.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let mut module = Self { file: &file.path, used: Vec::new(), passed_on: BTreeMap::new() };
        let mut rest = String::new();
        for statement in code.split_inclusive(';') {
            let Some(at) = use_at(statement) else {
                rest.push_str(statement);
                continue;
            };
            let (before, imported) = statement.split_at(at);
            let is_passed_on =
                before.trim_end().rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with("pub"));
            let imported = imported.trim_start_matches("use ").trim_end_matches(';');
            for path in expanded(imported) {
                match path.last() {
                    Some(name) if is_passed_on => drop(module.passed_on.insert(name.clone(), path)),
                    _ => module.used.push(path),
                }
            }
            rest.push_str(before);
        }
        module.used.extend(inline_paths(&rest));
        module
    }
}

/// Where a `use` begins that is the last thing of a statement.
fn use_at(statement: &str) -> Option<usize> {
    let at = statement.match_indices("use ").map(|(at, _)| at).find(|&at| {
        let line = &statement[statement[..at].rfind('\n').map_or(0, |end| end + 1)..at];
        let before = line.trim();
        before.is_empty() || before == "pub" || (before.starts_with("pub(") && before.ends_with(')'))
    })?;
    Some(at)
}

/// `a::{b, c::D}` as `[[a, b], [a, c, D]]`.
fn expanded(text: &str) -> Vec<Vec<String>> {
    let text = text.trim();
    let Some(open) = text.find('{') else {
        let path = text.split(" as ").next().unwrap_or_default();
        return vec![path.split("::").map(|part| part.trim().to_owned()).collect()];
    };
    let head: Vec<String> =
        text[..open].split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
    // The last brace is the one that belongs to the first.
    let inner = &text[open + 1..text.rfind('}').unwrap_or(text.len())];
    split_outside_braces(inner)
        .into_iter()
        .filter(|item| !item.trim().is_empty())
        .flat_map(expanded)
        .map(|tail| head.iter().cloned().chain(tail.into_iter().filter(|part| part != "self")).collect())
        .collect()
}

fn split_outside_braces(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Paths within code that begin with `crate::` or `super::`.
fn inline_paths(code: &str) -> Vec<Vec<String>> {
    let starts = ["crate::", "super::"].into_iter().flat_map(|start| code.match_indices(start));
    starts
        .filter(|(at, _)| !code[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
        .map(|(at, _)| {
            let end =
                code[at..].find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(code.len() - at);
            code[at..at + end].split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect()
        })
        .collect()
}

fn without_comments(text: &str) -> String {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .fold(String::new(), |text, line| text + line + "\n")
}

struct Tree<'a>(BTreeMap<Vec<&'a str>, Module<'a>>);

impl<'a> Tree<'a> {
    /// The files in which is defined what a module uses.
    fn files_used(&self, path: &[&'a str], module: &Module<'a>) -> BTreeSet<&'a str> {
        let found = module.used.iter().filter_map(|used| self.definition(path, used, 0));
        found.filter(|file| *file != module.file).collect()
    }

    /// The file that defines what a path names, as it is written in a module.
    fn definition(&self, module: &[&str], path: &[String], depth: usize) -> Option<&'a str> {
        let mut at: Vec<&str> = module.to_vec();
        let mut rest = path;
        match rest.first()?.as_str() {
            "crate" => at.clear(),
            "super" => drop(at.pop()),
            "self" => {}
            child => {
                at.push(child);
                if !self.0.contains_key(&at) {
                    return None;
                }
            }
        }
        rest = &rest[1..];
        while let Some(next) = rest.first() {
            if next == "super" {
                at.pop();
            } else {
                at.push(next);
                if !self.0.contains_key(&at) {
                    at.pop();
                    break;
                }
            }
            rest = &rest[1..];
        }
        let (at, found) = self.0.get_key_value(&at)?;
        match rest.first().and_then(|name| found.passed_on.get(name)) {
            // Names that are passed on in a circle do not compile; the bound is for what is misread.
            Some(passed) if depth < 8 => self.definition(at, passed, depth + 1).or(Some(found.file)),
            _ => Some(found.file),
        }
    }
}

/// Groups of files of which each leads to every other.
fn circles<'a>(uses: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Vec<Vec<&'a str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> = uses.keys().map(|&file| (file, reach(uses, file))).collect();
    let mut groups = BTreeSet::new();
    for (&file, others) in &reached {
        if others.contains(file) {
            let group: Vec<&str> = others
                .iter()
                .copied()
                .filter(|other| reached.get(other).is_some_and(|back| back.contains(file)))
                .collect();
            groups.insert(group);
        }
    }
    groups.into_iter().collect()
}

fn reach<'a>(uses: &BTreeMap<&'a str, BTreeSet<&'a str>>, from: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&str> = uses.get(from).into_iter().flatten().copied().collect();
    while let Some(file) = next.pop() {
        if reached.insert(file) {
            next.extend(uses.get(file).into_iter().flatten());
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(files: &[(&str, &str)]) -> Vec<String> {
        let file =
            |(path, text): &(&str, &str)| SourceFile { path: format!("bench/src/{path}"), text: (*text).to_owned() };
        check(&files.iter().map(file).collect::<Vec<_>>())
    }

    #[test]
    fn files_that_use_each_other_are_told() {
        let found = complaints(&[
            ("main.rs", "mod a;\nmod b;\nmod c;\n"),
            ("a.rs", "use crate::{\n    b::{self, B},\n    c,\n};\n"),
            ("b.rs", "fn b() { super::a::f(); }\n"),
            ("c.rs", ""),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("bench/src/a.rs, bench/src/b.rs ("));
    }

    #[test]
    fn a_name_that_is_passed_on_belongs_to_its_definition() {
        let sibling = [
            ("main.rs", "mod a;\n"),
            ("a/mod.rs", "mod b;\nmod c;\npub use b::B;\npub use c::C;\nuse c::D;\n"),
            ("a/b.rs", "use super::C;\n"),
            ("a/c.rs", "pub struct C;\npub struct D;\n"),
        ];
        assert!(complaints(&sibling).is_empty());
        let mut own = sibling;
        own[3] = ("a/c.rs", "use super::B;\n");
        assert_eq!(complaints(&own).len(), 1);
    }

    #[test]
    fn what_a_module_defines_itself_closes_a_circle() {
        let found = complaints(&[
            ("main.rs", "mod a;\n"),
            ("a/mod.rs", "mod b;\nuse b::B;\npub struct A(B);\n"),
            ("a/b.rs", "use super::A;\n"),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn tests_and_comments_use_nothing() {
        let found = complaints(&[
            ("a.rs", "use crate::b::B;\n"),
            ("b.rs", "// crate::a::A\n\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}\n"),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }
}
