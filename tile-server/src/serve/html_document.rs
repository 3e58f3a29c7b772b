//! What the server fills into the page's documents: where the page's root is, which other origins data may come from, and
//! which may talk to the page in a frame. On a static host, whoever runs it writes these into the document.

use std::borrow::Cow;

use shared_fbs::api::{DATA_ORIGINS_META, EMBED_ORIGINS_META};

use super::{base_path::BasePath, options::Origins};

/// The document with its `<base>` and the `<meta>` of either list of origins filled in, as far as it has them.
pub(super) fn fill<'a>(html: &'a str, base_path: &BasePath, data: &Origins, embed: &Origins) -> Cow<'a, str> {
    let html = with_attribute(html.into(), "<base", "href", &base_path.to_string());
    [(DATA_ORIGINS_META, data), (EMBED_ORIGINS_META, embed)].into_iter().fold(html, |html, (name, origins)| {
        with_attribute(html, &format!("<meta name=\"{name}\""), "content", &origins.to_string())
    })
}

/// The document with this value for an attribute of the first element that begins so. Values are origins and
/// paths, which hold nothing that HTML would need escaped.
fn with_attribute<'a>(html: Cow<'a, str>, element: &str, attribute: &str, value: &str) -> Cow<'a, str> {
    let range = || {
        let start = html.find(element)?;
        let end = start + html[start..].find('>')?;
        let name = format!(" {attribute}=\"");
        let from = start + html[start..end].find(&name)? + name.len();
        Some(from..from + html[from..end].find('"')?)
    };
    match range() {
        Some(range) if html[range.clone()] != *value => {
            let mut filled = html.into_owned();
            filled.replace_range(range, value);
            filled.into()
        }
        Some(_) | None => html,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTML: &str = "<head><base href=\"/\" /><meta name=\"tessera-data-origins\" content=\"\" />\
                        <meta name=\"tessera-embed-origins\" content=\"\" /></head>";

    fn origins(origins: &[&str]) -> Origins {
        Origins::parse(&origins.iter().map(|&origin| origin.to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_document_is_told_its_root_and_its_origins() {
        let data = origins(&["https://a.org", "http://b.org:81"]);
        let filled = fill(HTML, &BasePath::parse("/x/").unwrap(), &data, &origins(&["https://c.org"]));
        assert_eq!(
            filled,
            "<head><base href=\"/x/\" /><meta name=\"tessera-data-origins\" content=\"https://a.org http://b.org:81\" />\
             <meta name=\"tessera-embed-origins\" content=\"https://c.org\" /></head>"
        );
    }

    #[test]
    fn a_document_without_such_elements_stays_as_it_is() {
        for html in [HTML, "", "<base", "<base>", "<base href=\"/", "<base target=\"_top\">", "<p>href=\"x\"</p>"] {
            let filled = fill(html, &BasePath::default(), &origins(&[]), &origins(&[]));
            assert!(matches!(filled, Cow::Borrowed(same) if same == html), "{html}");
        }
    }
}
