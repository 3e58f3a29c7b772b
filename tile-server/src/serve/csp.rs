//! The page's Content-Security-Policy: nothing but the page's own files and the data of origins that are named, and of
//! inline scripts only those that were in the page when it was built.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderValue;
use sha2::{Digest, Sha256};

use super::{error::ServeError, options::DataOrigins};

/// The sites that may show the page in a frame: the value of `frame-ancestors`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameAncestors(String);

impl FrameAncestors {
    /// `*`, `'none'`, `'self'`, or origins between blanks.
    ///
    /// # Errors
    /// [`ServeError::FrameAncestors`] for what could not stand in the header, or would end the
    /// directive.
    pub fn parse(value: &str) -> Result<Self, ServeError> {
        let value = value.trim();
        let source = |source: &str| {
            matches!(source, "*" | "'self'" | "'none'")
                || source.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/*[]".contains(&b))
        };
        if value.is_empty() || !value.split(' ').all(source) {
            return Err(ServeError::FrameAncestors { value: value.to_owned() });
        }
        Ok(Self(value.to_owned()))
    }
}

impl Default for FrameAncestors {
    /// Anyone: sites embed the viewer.
    fn default() -> Self {
        Self("*".to_owned())
    }
}

/// The policy for one file of the page; `html` is its text where it is a document.
pub(super) fn policy(html: Option<&str>, data_origins: &DataOrigins, frame_ancestors: &FrameAncestors) -> HeaderValue {
    let data_origins = data_origins.to_string();
    let data_origins = if data_origins.is_empty() { data_origins } else { format!(" {data_origins}") };
    let hashes: String = html
        .map(inline_scripts)
        .unwrap_or_default()
        .into_iter()
        .map(|script| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(script))))
        .collect();
    let policy = format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{hashes}; \
         style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self' blob:; \
         connect-src 'self'{data_origins}; object-src 'none'; base-uri 'self'; form-action 'self'; \
         frame-ancestors {}",
        frame_ancestors.0
    );
    HeaderValue::from_str(&policy).expect("hashes and checked sources are ASCII")
}

/// The text of every script without `src`, as a browser would hash it. Reads what build tools write,
/// not all of HTML: a hash too many does no harm, since it permits a text that is in the page.
fn inline_scripts(html: &str) -> Vec<&str> {
    let lower = html.to_ascii_lowercase();
    let mut scripts = Vec::new();
    let mut at = 0;
    while let Some(found) = lower[at..].find("<script") {
        let attributes = at + found + "<script".len();
        let Some(length) = lower[attributes..].find('>') else {
            break;
        };
        let start = attributes + length + 1;
        let end = lower[start..].find("</script").map_or(html.len(), |length| start + length);
        if !has_src(&lower[attributes..start - 1]) {
            scripts.push(&html[start..end]);
        }
        at = end;
    }
    scripts
}

/// Whether the attributes, in lower case, name a `src`.
fn has_src(attributes: &str) -> bool {
    attributes.split_ascii_whitespace().any(|attribute| attribute == "src" || attribute.starts_with("src="))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn inline_scripts_are_found_and_linked_ones_left() {
        let html = "<!doctype html><head><script type=\"module\">\nimport init from '/a.js';\n</script>\
                    <SCRIPT src=\"/b.js\"></SCRIPT><script defer src=/c.js></script>\
                    <script data-src=\"x\">two()</Script ><p>&lt;script&gt;";
        assert_eq!(inline_scripts(html), ["\nimport init from '/a.js';\n", "two()"]);
    }

    #[test]
    fn the_hash_is_the_one_browsers_compute() {
        // The example of the CSP specification, section 2.3.1.
        let policy = policy(
            Some("<script>alert('Hello, world.');</script>"),
            &DataOrigins::default(),
            &FrameAncestors::default(),
        );
        let expected = "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='";
        assert!(policy.to_str().unwrap().contains(expected), "{policy:?}");
    }

    #[test]
    fn frame_ancestors_cannot_smuggle_a_directive() {
        for value in ["*", "'none'", "'self' https://*.example.org:8443", "https://[::1]:3000"] {
            assert!(FrameAncestors::parse(value).is_ok(), "{value}");
        }
        for value in ["", " ", "*; script-src *", "a,b", "a\nb", "'unsafe-inline'", "a  b;"] {
            assert!(FrameAncestors::parse(value).is_err(), "{value:?}");
        }
    }

    proptest! {
        #[test]
        fn any_document_is_scanned(html in "(<script|</script|>| src=|\\PC){0,30}") {
            let _ = policy(Some(&html), &DataOrigins::default(), &FrameAncestors::default());
        }
    }
}
