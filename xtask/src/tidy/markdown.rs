//! Links between the repository's own documents lead somewhere.

use super::SourceFile;

/// Complaints about relative links that lead nowhere; `exists` is asked with paths from the root.
pub fn check(file: &SourceFile, exists: impl Fn(&str) -> bool) -> Vec<String> {
    if !file.path.ends_with(".md") {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    let mut in_code = false;
    for (number, line) in (1..).zip(file.text.lines()) {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for target in link_targets(line) {
            let Some(path) = resolve(&file.path, target) else {
                continue;
            };
            if !exists(&path) {
                complaints.push(format!(
                    "{}:{number}: the link to `{target}` leads nowhere (readers follow links)",
                    file.path
                ));
            }
        }
    }
    complaints
}

/// The targets of `[text](target)` and `<img src="target">` in a line.
fn link_targets(line: &str) -> Vec<&str> {
    let between = |open: &str, close: &[char]| -> Vec<&str> {
        line.match_indices(open).filter_map(|(at, _)| line[at + open.len()..].split(close).next()).collect()
    };
    let mut targets = between("](", &[')', ' ']);
    targets.extend(between("src=\"", &['"']));
    targets
}

/// The path from the root that a link in a document means; nothing for addresses and anchors.
fn resolve(document: &str, target: &str) -> Option<String> {
    let path = target.split('#').next().unwrap_or_default();
    if path.is_empty() || path.contains("://") || path.starts_with("mailto:") {
        return None;
    }
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(text: &str) -> Vec<String> {
        let file = SourceFile { path: "docs/a.md".into(), text: text.into() };
        check(&file, |path| ["docs/b.md", "README.md"].contains(&path))
    }

    #[test]
    fn good_links_and_addresses_pass() {
        let text = "[b](b.md) [b](./b.md#part) [r](../README.md)\n\
                    [x](https://example.org/y) [m](mailto:a@b.c) [here](#there)\n";
        assert!(complaints(text).is_empty());
    }

    #[test]
    fn broken_links_are_named() {
        let found = complaints("x\n[c](c.md) <img src=\"no.png\">\n");
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("docs/a.md:2: ") && found[0].contains("`c.md`"));
    }

    #[test]
    fn code_is_left_alone() {
        assert!(complaints("```\n[c](c.md)\n```\n").is_empty());
    }
}
