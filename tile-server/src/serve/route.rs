//! Which resource a path names. Paths are decoded once, piece by piece, and only plain names pass.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use shared_fbs::{
    api::{
        ABOUT_ROUTE, API_ROUTE, COLLECTION_ROUTE, CORPUS_ROUTE, EXPRESSION_ROUTE, Endpoint, GENES_ROUTE, HEALTH_ROUTE,
        PAGE_ROUTE,
    },
    path::DATA_ROUTE,
};

/// What can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// Something other than a file of the page.
    Endpoint(Endpoint<'static>),
    /// A file of the page, relative to its root, with `/` between names.
    Page(String),
    /// The page of a dataset with a slash at its end, as static sites have it: where it is, seen from there.
    Moved(String),
}

/// The names in a path, decoded.
pub(super) struct PathNames<'a>(Vec<Cow<'a, str>>);

impl<'a> PathNames<'a> {
    /// None where one of them is no plain name.
    pub(super) fn parse(path: &'a str) -> Option<Self> {
        path.strip_prefix('/')?.split('/').map(plain_name).collect::<Option<_>>().map(Self)
    }

    /// The endpoint that they are the address of, if any.
    pub(super) fn endpoint(&self) -> Option<Endpoint<'_>> {
        let names: Vec<&str> = self.0.iter().map(|name| &**name).collect();
        Endpoint::of_parts(&names)
    }
}

impl Route {
    /// The resource of a request's path, or none where there can be none.
    pub(super) fn parse(path: &str) -> Option<Self> {
        if path.strip_prefix('/').and_then(|path| path.strip_suffix('/')) == Some(COLLECTION_ROUTE) {
            return Some(Self::Endpoint(Endpoint::Collections));
        }
        if let Some(name) = page_with_slash(path) {
            return plain_name(name).map(|_| Self::Moved(format!("../{name}")));
        }
        let Some(names) = PathNames::parse(path) else {
            return (path == "/").then(Self::index);
        };
        match names.endpoint() {
            Some(endpoint) => Some(Self::Endpoint(endpoint.into_owned())),
            None => match &*names.0[0] {
                API_ROUTE | CORPUS_ROUTE | DATA_ROUTE | HEALTH_ROUTE | GENES_ROUTE | ABOUT_ROUTE => None,
                // As of any directory.
                COLLECTION_ROUTE => (names.0.len() == 1).then(|| Self::Moved(format!("{COLLECTION_ROUTE}/"))),
                _ => Some(Self::Page(names.0.join("/"))),
            },
        }
    }

    fn index() -> Self {
        Self::Page("index.html".to_owned())
    }
}

/// The name of the dataset at whose page's address a slash follows, as it stands there.
fn page_with_slash(path: &str) -> Option<&str> {
    let path = path.strip_prefix('/')?;
    let below = [PAGE_ROUTE, EXPRESSION_ROUTE].into_iter().find_map(|route| path.strip_prefix(route))?;
    below.strip_prefix('/')?.strip_suffix('/')
}

/// One decoded piece of a path if it is a plain file name on every system: nothing that climbs, hides,
/// names a drive or a stream, or cuts a string short.
fn plain_name(piece: &str) -> Option<Cow<'_, str>> {
    let name = percent_decode_str(piece).decode_utf8().ok()?;
    let forbidden = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':');
    let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(forbidden);
    plain.then_some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shared_fbs::api::PosterName;

    use super::*;

    fn page(file: &str) -> Option<Route> {
        Some(Route::Page(file.to_owned()))
    }

    #[test]
    fn every_resource_has_its_path() {
        let endpoint = |path: &str, endpoint| assert_eq!(Route::parse(path), Some(Route::Endpoint(endpoint)));
        endpoint("/healthz", Endpoint::Health);
        endpoint("/catalog.tsc", Endpoint::Catalog);
        endpoint("/api/datasets", Endpoint::Datasets);
        endpoint("/api/datasets/pbmc%2068k", Endpoint::Dataset { id: "pbmc 68k".into() });
        endpoint("/api/datasets/a/moments", Endpoint::Moments { id: "a".into() });
        endpoint("/api/corpora/a/rank", Endpoint::CorpusAnswer { id: "a".into(), question: "rank".into() });
        endpoint(
            "/data/pbmc%2068k/manifest.tsm",
            Endpoint::File { id: "pbmc 68k".into(), file: "manifest.tsm".into() },
        );
        endpoint(
            "/data/a/tiles/obs-0123456789abcdef/5-9,12",
            Endpoint::Tiles { id: "a".into(), pack: "obs-0123456789abcdef".into(), list: "5-9,12".into() },
        );
        endpoint("/collections/", Endpoint::Collections);
        endpoint("/collections/index.html", Endpoint::Collections);
        endpoint("/collections/a.html", Endpoint::Collection { id: "a".into() });
        endpoint("/about/a.oembed.json", Endpoint::Oembed { id: "a".into() });
        endpoint("/genes/0123456789abcdef/7.tsg", Endpoint::Genes { state: "0123456789abcdef".into(), file: 7 });
        assert_eq!(Route::parse("/collections"), Some(Route::Moved("collections/".to_owned())));
        endpoint("/d/a/poster-dark.png", Endpoint::Poster { id: "a".into(), name: PosterName::Dark });
        assert_eq!(Route::parse("/"), page("index.html"));
        assert_eq!(Route::parse("/index.html"), page("index.html"));
        endpoint("/d/pbmc68k", Endpoint::Page { id: "pbmc68k".into() });
        endpoint("/d/pbmc68k/genes", Endpoint::Page { id: "pbmc68k".into() });
        assert_eq!(Route::parse("/assets/icon.svg"), page("assets/icon.svg"));
        assert_eq!(Route::parse("/d/pbmc%2068k/"), Some(Route::Moved("../pbmc%2068k".to_owned())));
    }

    #[test]
    fn hostile_and_unknown_paths_name_nothing() {
        for path in [
            "",
            "*",
            "host:443",
            "//",
            "//etc/passwd",
            "/data",
            "/data/",
            "/data/a",
            "/data/a/",
            "/data/a/tiles/obs",
            "/data/a/tiles/obs/3/4",
            "/api",
            "/api/other",
            "/api/datasets/",
            "/api/datasets/..",
            "/api/datasets/a/other",
            "/api/datasets/a/moments/raw",
            "/healthz/x",
            "/data/../etc/passwd",
            "/data/a/..",
            "/data/a/%2e%2e",
            "/data/a/%2e%2e%2fpasswd",
            "/data/a/..%2Fpasswd",
            "/data/a/..%5cpasswd",
            "/data/a/x%00.pack",
            "/data/a/.hidden",
            "/../index.html",
            "/./index.html",
            "/a/./b",
            "/C:/x",
            "/a\\b",
            "/a%0ab",
            "/a%ff",
            "/index.html/",
            "/d/..",
            "/d/",
            "/d/../",
            "/d/%2e%2e/",
            "/d/a%2fb/",
            "/d/a/b/",
        ] {
            assert_eq!(Route::parse(path), None, "{path:?}");
        }
    }

    #[test]
    fn a_path_is_decoded_once() {
        assert_eq!(Route::parse("/%252e%252e"), page("%2e%2e"));
    }

    proptest! {
        #[test]
        fn no_route_holds_a_name_that_climbs(path in "/[-a-z./%0-9ef\\\\\\PC]{0,40}") {
            let names = match Route::parse(&path) {
                Some(Route::Endpoint(endpoint)) => match endpoint {
                    Endpoint::Health
                    | Endpoint::Catalog
                    | Endpoint::Datasets
                    | Endpoint::Sitemap
                    | Endpoint::Collections => vec![],
                    Endpoint::Dataset { id }
                    | Endpoint::Moments { id }
                    | Endpoint::Poster { id, name: _ }
                    | Endpoint::About { id }
                    | Endpoint::Oembed { id }
                    | Endpoint::Collection { id }
                    | Endpoint::Page { id }
                    | Endpoint::CorpusPage { id } => vec![id],
                    Endpoint::File { id, file } | Endpoint::CorpusFile { id, file } => vec![id, file],
                    Endpoint::CorpusAnswer { id, question } => vec![id, question],
                    Endpoint::Genes { state, .. } => vec![state],
                    Endpoint::Tiles { id, pack, list } => vec![id, pack, list],
                },
                Some(Route::Page(file)) => file.split('/').map(|name| name.to_owned().into()).collect(),
                Some(Route::Moved(address)) => vec![address.strip_prefix("../").unwrap_or("plain").to_owned().into()],
                None => vec![],
            };
            for name in names {
                prop_assert!(!name.is_empty() && !name.starts_with('.'));
                prop_assert!(!name.contains(['/', '\\', '\0', ':']));
            }
        }
    }
}
