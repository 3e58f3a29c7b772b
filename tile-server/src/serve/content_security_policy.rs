//! The page's Content-Security-Policy: nothing but the page's own files and the data of origins that are named. No script
//! and no style is inline, and nothing comes from `blob:` or `data:`: the page sets styles one property at a time, starts
//! its worker by name, and saves files as downloads, which no policy concerns.

use http::HeaderValue;

use super::{error::ServeError, options::Origins};

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

    /// The server's own pages and those of these origins.
    pub fn named(origins: &Origins) -> Self {
        Self(format!("'self' {origins}"))
    }
}

impl Default for FrameAncestors {
    /// Anyone: sites embed the viewer.
    fn default() -> Self {
        Self("*".to_owned())
    }
}

/// The policy for every file of the page.
pub(super) fn policy(data_origins: &Origins, frame_ancestors: &FrameAncestors) -> HeaderValue {
    let policy = format!("{}; frame-ancestors {}", of_document(data_origins), frame_ancestors.0);
    HeaderValue::from_str(&policy).expect("checked sources are ASCII")
}

/// The same as far as a document may state it.
pub(super) fn of_document(data_origins: &Origins) -> String {
    let data_origins = data_origins.to_string();
    let data_origins = if data_origins.is_empty() { data_origins } else { format!(" {data_origins}") };
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'{data_origins}; object-src 'none'; \
         base-uri 'self'; form-action 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_ancestors_cannot_smuggle_a_directive() {
        for value in ["*", "'none'", "'self' https://*.example.org:8443", "https://[::1]:3000"] {
            assert!(FrameAncestors::parse(value).is_ok(), "{value}");
        }
        for value in ["", " ", "*; script-src *", "a,b", "a\nb", "'unsafe-inline'", "a  b;"] {
            assert!(FrameAncestors::parse(value).is_err(), "{value:?}");
        }
    }
}
