//! Which resource a path names. Paths are decoded once, piece by piece, and only plain names pass.

use percent_encoding::percent_decode_str;
use shared_fbs::{
    api::{ABOUT_ROUTE, API_ROUTE, COLLECTION_ROUTE, Endpoint, HEALTH_ROUTE},
    path::DATA_ROUTE,
};

/// What can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// Something other than a file of the page.
    Endpoint(Endpoint<'static>),
    /// A file of the page, relative to its root, with `/` between names.
    Page(String),
}

impl Route {
    /// The resource of a request's path, or none where there can be none.
    pub(super) fn parse(path: &str) -> Option<Self> {
        let segments = path.strip_prefix('/')?.split('/').map(plain_name).collect::<Option<Vec<_>>>();
        let Some(segments) = segments else {
            return (path == "/").then(Self::index);
        };
        let names: Vec<&str> = segments.iter().map(String::as_str).collect();
        match Endpoint::of_parts(&names) {
            Some(endpoint) => Some(Self::Endpoint(endpoint.into_owned())),
            None if matches!(names[0], API_ROUTE | DATA_ROUTE | HEALTH_ROUTE | ABOUT_ROUTE | COLLECTION_ROUTE) => None,
            None => Some(Self::Page(names.join("/"))),
        }
    }

    fn index() -> Self {
        Self::Page("index.html".to_owned())
    }
}

/// One decoded piece of a path if it is a plain file name on every system: nothing that climbs, hides,
/// names a drive or a stream, or cuts a string short.
fn plain_name(piece: &str) -> Option<String> {
    let name = percent_decode_str(piece).decode_utf8().ok()?;
    let forbidden = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':');
    let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(forbidden);
    plain.then(|| name.into_owned())
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
        endpoint(
            "/data/pbmc%2068k/manifest.tsm",
            Endpoint::File { id: "pbmc 68k".into(), file: "manifest.tsm".into() },
        );
        endpoint(
            "/data/a/tiles/obs-0123456789abcdef/5-9,12",
            Endpoint::Tiles { id: "a".into(), pack: "obs-0123456789abcdef".into(), list: "5-9,12".into() },
        );
        endpoint("/d/a/poster-dark.png", Endpoint::Poster { id: "a".into(), name: PosterName::Dark });
        assert_eq!(Route::parse("/"), page("index.html"));
        assert_eq!(Route::parse("/index.html"), page("index.html"));
        endpoint("/d/pbmc68k", Endpoint::Page { id: "pbmc68k".into() });
        endpoint("/d/pbmc68k/genes", Endpoint::Page { id: "pbmc68k".into() });
        assert_eq!(Route::parse("/assets/icon.svg"), page("assets/icon.svg"));
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
                    Endpoint::Health | Endpoint::Catalog | Endpoint::Datasets => vec![],
                    Endpoint::Dataset { id }
                    | Endpoint::Moments { id }
                    | Endpoint::Poster { id, name: _ }
                    | Endpoint::About { id }
                    | Endpoint::Collection { id }
                    | Endpoint::Page { id } => vec![id],
                    Endpoint::File { id, file } => vec![id, file],
                    Endpoint::Tiles { id, pack, list } => vec![id, pack, list],
                },
                Some(Route::Page(file)) => file.split('/').map(|name| name.to_owned().into()).collect(),
                None => vec![],
            };
            for name in names {
                prop_assert!(!name.is_empty() && !name.starts_with('.'));
                prop_assert!(!name.contains(['/', '\\', '\0', ':']));
            }
        }
    }
}
