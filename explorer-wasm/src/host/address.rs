//! Which dataset an address names.

use shared_fbs::api::PAGE_ROUTE;
use web_sys::{Url, UrlSearchParams};

use crate::fetch::Address;

/// An address names data of this other origin, which the page may not show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignOrigin(pub String);

/// A dataset: where it lies, and what it is called there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetAddress {
    /// Where it lies.
    pub address: Address,
    /// Its id: what a view calls it.
    pub id: String,
}

impl DatasetAddress {
    /// A dataset of the server that the page's files come from.
    pub fn of_server(id: &str) -> Self {
        Self { address: Address::Server(id.to_owned()), id: id.to_owned() }
    }

    /// A dataset that the page around the frame supplies.
    pub fn of_host(id: String) -> Self {
        Self { address: Address::Host, id }
    }

    /// A directory, by its address or by its path from `base`; `None` where that is no address.
    pub fn of_directory(directory: &str, base: &str) -> Option<Self> {
        let url = Url::new_with_base(directory, base).ok()?.href();
        let name = directory.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let id = js_sys::decode_uri_component(name).map_or_else(|_| name.to_owned(), String::from);
        Some(Self { address: Address::Directory(url), id })
    }

    /// The dataset that a page's address names: `?data={directory}`; else the one whose directory the document itself
    /// names, as those of a static site do; else `d/{id}` below `base`. `origins` are the other origins that data may come
    /// from, with spaces between them.
    pub(super) fn of_page(
        path: &str,
        query: &str,
        base: &str,
        origins: &str,
        of_document: &str,
    ) -> Result<Option<Self>, ForeignOrigin> {
        let query = UrlSearchParams::new_with_str(query).ok();
        let Some(directory) = query.and_then(|query| query.get("data")) else {
            let of_document = Some(of_document).filter(|directory| !directory.is_empty());
            return Ok(
                of_document.map_or_else(|| Self::of_path(path, base), |directory| Self::of_directory(directory, base))
            );
        };
        let Some(dataset) = Self::of_directory(&directory, base) else { return Ok(None) };
        let origin_of = |address: &str| Url::new(address).map(|url| url.origin());
        let origin = match &dataset.address {
            Address::Directory(url) => origin_of(url).unwrap_or_default(),
            Address::Server(_) | Address::Host => return Ok(Some(dataset)),
        };
        let is_own = origin_of(base).is_ok_and(|own| own == origin);
        let is_named = origins.split_ascii_whitespace().any(|named| named == origin);
        if is_own || is_named { Ok(Some(dataset)) } else { Err(ForeignOrigin(origin)) }
    }

    fn of_path(path: &str, base: &str) -> Option<Self> {
        let root = Url::new(base).ok()?.pathname();
        let after = path.strip_prefix(&root)?.strip_prefix(PAGE_ROUTE)?.strip_prefix('/')?;
        let id = after.split('/').next().filter(|id| !id.is_empty())?;
        let id = js_sys::decode_uri_component(id).ok().map(String::from)?;
        Some(Self::of_server(&id))
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    const BASE: &str = "https://host/explorer/";

    fn named(path: &str, query: &str) -> Option<DatasetAddress> {
        DatasetAddress::of_page(path, query, BASE, "", "").expect("it is of the page's own origin")
    }

    #[test]
    fn a_dataset_is_named_by_the_path() {
        assert_eq!(named("/explorer/d/pbmc%2068k/", ""), Some(DatasetAddress::of_server("pbmc 68k")));
        assert_eq!(named("/explorer/", ""), None);
        assert_eq!(named("/explorer/d/", ""), None);
        assert_eq!(named("/other/d/pbmc", ""), None);
    }

    #[test]
    fn a_directory_is_named_by_the_query() {
        let here = DatasetAddress { address: Address::Directory(format!("{BASE}data/a/")), id: "a".to_owned() };
        assert_eq!(named("/explorer/d/other", "?data=data/a/"), Some(here));
    }

    #[test]
    fn a_page_of_a_static_site_names_its_directory() {
        let of = |query: &str| DatasetAddress::of_page("/explorer/d/my%20a/", query, BASE, "", "data/my%20a/");
        let directory = |name: &str| Address::Directory(format!("{BASE}data/{name}/"));
        let own = DatasetAddress { address: directory("my%20a"), id: "my a".to_owned() };
        assert_eq!(of("?renderer=webgl2"), Ok(Some(own)));
        let asked = DatasetAddress { address: directory("b"), id: "b".to_owned() };
        assert_eq!(of("?data=data/b/"), Ok(Some(asked)));
    }

    #[test]
    fn another_origin_is_refused_unless_it_is_named() {
        let of = |origins: &str| DatasetAddress::of_page("/explorer/", "?data=https://a.org/x/", BASE, origins, "");
        let refused = || Err(ForeignOrigin("https://a.org".to_owned()));
        for origins in ["", "https://b.org", "https://a.org:8443", "http://a.org", "*"] {
            assert_eq!(of(origins), refused(), "{origins}");
        }
        let dataset = DatasetAddress { address: Address::Directory("https://a.org/x/".to_owned()), id: "x".to_owned() };
        assert_eq!(of("https://b.org https://a.org"), Ok(Some(dataset)));
    }
}
