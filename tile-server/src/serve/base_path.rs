//! The path below which everything is served.

use std::fmt;

use http::{Uri, uri::PathAndQuery};

use super::error::ServeError;

/// `/`, or a path such as `/x/` below which a proxy passes requests on, their addresses as they are. Begins
/// and ends with `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasePath(String);

/// What a request's address is to a server below a base path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Below {
    /// There is no base path.
    Same,
    /// The address as it would be without the base path.
    At(Uri),
    /// The base path without its last `/`: the page is at this address.
    AtSlash(String),
    /// Something else of the host's.
    Elsewhere,
}

impl BasePath {
    /// Reads a path of plain names; the first and last `/` may be left out.
    ///
    /// # Errors
    /// [`ServeError::BasePath`] when a name is empty, begins with a dot, or holds other characters than letters, digits,
    /// `-`, `_`, `.` and `~`.
    pub fn parse(path: &str) -> Result<Self, ServeError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
        let is_name = |name: &str| !name.is_empty() && !name.starts_with('.') && name.chars().all(plain);
        let names = path.strip_prefix('/').unwrap_or(path);
        let names = names.strip_suffix('/').unwrap_or(names);
        if names.is_empty() && path.len() <= 1 {
            return Ok(Self::default());
        }
        if names.split('/').all(is_name) {
            Ok(Self(format!("/{names}/")))
        } else {
            Err(ServeError::BasePath { path: path.to_owned() })
        }
    }

    /// Where an address lies.
    pub(super) fn locate(&self, uri: &Uri) -> Below {
        let with_query = |path: &str| match uri.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        };
        if self.0 == "/" {
            return Below::Same;
        }
        if uri.path() == self.0.trim_end_matches('/') {
            return Below::AtSlash(with_query(&self.0));
        }
        let Some(rest) = uri.path().strip_prefix(&self.0) else { return Below::Elsewhere };
        let mut parts = uri.clone().into_parts();
        let Ok(path) = PathAndQuery::try_from(with_query(&format!("/{rest}"))) else { return Below::Elsewhere };
        parts.path_and_query = Some(path);
        Uri::from_parts(parts).map_or(Below::Elsewhere, Below::At)
    }
}

impl Default for BasePath {
    /// The root of the host.
    fn default() -> Self {
        Self("/".to_owned())
    }
}

impl fmt::Display for BasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_path_is_plain_names_between_slashes() {
        for (path, expected) in [
            ("", "/"),
            ("/", "/"),
            ("/x/", "/x/"),
            ("x", "/x/"),
            ("/lab/cells", "/lab/cells/"),
            ("/~a.b_c-1/", "/~a.b_c-1/"),
        ] {
            assert_eq!(BasePath::parse(path).unwrap().to_string(), expected, "{path:?}");
        }
        for path in ["//", "/x//y", "/../", "/.x/", "/a b/", "/x\"/", "/ü/", "/%2e/", "https://example.org/x/"] {
            assert!(BasePath::parse(path).is_err(), "{path:?}");
        }
    }

    #[test]
    fn addresses_lose_the_base_path_and_keep_their_query() {
        let base = BasePath::parse("/x/y/").unwrap();
        let locate = |uri: &str| base.locate(&uri.parse().unwrap());
        let at = |uri: &str| Below::At(uri.parse().unwrap());
        assert_eq!(locate("/x/y/"), at("/"));
        assert_eq!(locate("/x/y/d/demo?a=/b"), at("/d/demo?a=/b"));
        assert_eq!(locate("http://example.org/x/y/healthz"), at("http://example.org/healthz"));
        assert_eq!(locate("/x/y?a=b"), Below::AtSlash("/x/y/?a=b".to_owned()));
        for elsewhere in ["/", "/x", "/x/", "/x/yz", "/x/yz/", "/healthz", "*"] {
            assert_eq!(locate(elsewhere), Below::Elsewhere, "{elsewhere}");
        }
        // What follows is looked at as any path is.
        assert_eq!(locate("/x/y//etc"), at("//etc"));
    }
}
