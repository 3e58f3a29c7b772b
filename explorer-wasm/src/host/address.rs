//! Which dataset an address names.

use web_sys::{Url, UrlSearchParams};

use crate::fetch::Address;

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

    /// A directory, by its address or by its path from `base`; `None` where that is no address.
    pub fn of_directory(directory: &str, base: &str) -> Option<Self> {
        let url = Url::new_with_base(directory, base).ok()?.href();
        let id = directory.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
        Some(Self { address: Address::Directory(url), id })
    }

    /// The dataset that a page's address names: `?data={directory}`, else `/d/{id}`.
    pub(super) fn of_page(path: &str, query: &str, base: &str) -> Option<Self> {
        let query = UrlSearchParams::new_with_str(query).ok();
        if let Some(directory) = query.and_then(|query| query.get("data")) {
            return Self::of_directory(&directory, base);
        }
        let (_, after) = path.split_once("/d/")?;
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
        DatasetAddress::of_page(path, query, BASE)
    }

    #[test]
    fn a_dataset_is_named_by_the_path() {
        assert_eq!(named("/explorer/d/pbmc%2068k/", ""), Some(DatasetAddress::of_server("pbmc 68k")));
        assert_eq!(named("/explorer/", ""), None);
        assert_eq!(named("/explorer/d/", ""), None);
    }

    #[test]
    fn a_directory_is_named_by_the_query() {
        let here = DatasetAddress { address: Address::Directory(format!("{BASE}data/a/")), id: "a".to_owned() };
        assert_eq!(named("/explorer/d/other", "?data=data/a/"), Some(here));
    }
}
