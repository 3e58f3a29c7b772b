//! What a document has one of is behind the page's host, since a document may have several Explorers.

use super::SourceFile;

/// What only the host may ask for, and what that is.
const OF_THE_DOCUMENT: [(&str, &str); 9] = [
    (".location()", "the address"),
    ("document().set_title(", "the title"),
    ("document_element()", "the root element"),
    ("document().body()", "the body"),
    ("local_storage()", "the storage"),
    ("session_storage()", "the storage"),
    (".clipboard()", "the clipboard"),
    ("window_event_listener", "the keys and pointers of others"),
    (".set_download(", "the downloads"),
];

/// Complains about a file of the page that takes hold of the document without being the host.
pub fn check(file: &SourceFile) -> Vec<String> {
    let in_page = file.path.starts_with("explorer-wasm/src/");
    if !in_page || file.path.starts_with("explorer-wasm/src/host/") {
        return Vec::new();
    }
    let lines = (1..).zip(file.text.lines()).filter(|(_, line)| !line.trim_start().starts_with("//"));
    let taken = lines.flat_map(|(number, line)| {
        OF_THE_DOCUMENT
            .iter()
            .filter(move |(text, _)| line.contains(text))
            .map(move |(text, what)| (number, text, what))
    });
    taken
        .map(|(number, text, what)| format!("{}:{number}: `{text}` ({what} of the document: ask the host)", file.path))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n_complaints(path: &str) -> usize {
        let text = "let a = window().location();\n// document().set_title(a)\n".to_owned();
        check(&SourceFile { path: path.into(), text }).len()
    }

    #[test]
    fn only_the_host_takes_hold_of_the_document() {
        assert_eq!(n_complaints("explorer-wasm/src/app/start.rs"), 1);
        assert_eq!(n_complaints("explorer-wasm/src/host/full_page.rs"), 0);
        assert_eq!(n_complaints("bench/src/pages/web.rs"), 0);
    }
}
