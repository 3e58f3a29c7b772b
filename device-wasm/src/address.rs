//! Addresses of datasets on this device.

use gloo_utils::{document, window};
use js_sys::{decode_uri_component, encode_uri_component};
use shared_fbs::path::DEVICE_ROUTE;
use web_sys::{Url, UrlSearchParams};

/// The page's root.
pub fn base() -> String {
    let address = document().base_uri().ok().flatten().unwrap_or_default();
    address.rsplit_once('/').map_or_else(String::new, |(folder, _)| format!("{folder}/"))
}

/// The page of a dataset.
pub fn of(key: &str, name: &str) -> String {
    let address = Url::new(&base()).expect("the page has an address");
    let name = String::from(encode_uri_component(name));
    address.search_params().set("data", &format!("{DEVICE_ROUTE}/{key}/{name}"));
    address.href()
}

/// The key and the name of the dataset that this page is of.
pub fn own() -> (String, String) {
    let query = window().location().search().unwrap_or_default();
    let data = UrlSearchParams::new_with_str(&query).ok().and_then(|query| query.get("data")).unwrap_or_default();
    let mut parts = data.split('/').skip(1);
    let key = parts.next().unwrap_or_default();
    let name = parts.next().unwrap_or_default();
    let name = decode_uri_component(name).map_or_else(|_| name.to_owned(), String::from);
    (key.to_owned(), name)
}

/// The view that this page's address has, with its `#`.
pub fn hash() -> String {
    window().location().hash().unwrap_or_default()
}

/// Whether a view takes cells and their labels alone, as far as is plain from it: what the Explorer shows at first does.
pub fn is_of_cells(hash: &str) -> bool {
    let is_known = |part: &str| part.is_empty() || ["v=", "open=", "c=obs:"].iter().any(|of| part.starts_with(*of));
    hash.trim_start_matches('#').split('&').all(is_known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_view_is_of_cells_and_one_of_genes_is_not() {
        for hash in ["", "#", "#c=obs:cell_type&open=cell_type&v=1"] {
            assert!(is_of_cells(hash), "{hash}");
        }
        for hash in ["#c=gene:CD3D&v=1", "#genes=CD3D&v=1", "#c=obs:cell_type&de0.mode=welch"] {
            assert!(!is_of_cells(hash), "{hash}");
        }
    }
}
