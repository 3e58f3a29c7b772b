//! The page: which dataset its address names, and the components wired to the store.

mod centre;
mod commands;
mod explorer;
mod gene_sets;
mod genes;
mod legend;
mod markers;
mod obs;
mod results;
mod sets;
mod start;

use explorer_core::state::{AppState, link::ParsedLink};
use leptos::prelude::*;
use web_sys::{Url, UrlSearchParams};

use crate::{
    bridge::backend,
    fetch::Address,
    picture::open_ahead,
    platform,
    store::{Store, Tone, view_of_link},
};
use explorer::Explorer;
use start::Start;

/// Puts the list of datasets into the document.
pub fn start_catalog() {
    mount_to_body(|| view! { <Start root=root() /> });
}

/// Puts the Explorer of the dataset that the address names into the document; without one, the list of datasets.
pub fn start_explorer() {
    match dataset() {
        None => start_catalog(),
        Some((address, id)) => mount_to_body(move || view! { <OneDataset address id /> }),
    }
}

#[component]
fn OneDataset(address: Address, id: String) -> impl IntoView {
    let root = root();
    open_ahead(backend());
    let ParsedLink { view, notices } = view_of_link(&id);
    let store = Store::new(address, root.clone(), AppState { view, ..AppState::default() });
    for notice in notices {
        store.tell(notice.to_string(), Tone::Warning);
    }
    store.open();
    store.follow_address(id);
    view! { <Explorer store home=root /> }
}

/// The address of the page's root, ending in `/`: what `<base>` says.
fn root() -> String {
    let base = document().base_uri().ok().flatten().unwrap_or_default();
    let end = base.rfind('/').map_or(base.len(), |slash| slash + 1);
    base[..end].to_owned()
}

/// The dataset that the address names, and what to call it: `/d/{id}`, or `?data={directory}`.
fn dataset() -> Option<(Address, String)> {
    let location = platform::window().location();
    let query = location.search().ok().and_then(|query| UrlSearchParams::new_with_str(&query).ok());
    if let Some(directory) = query.and_then(|query| query.get("data")) {
        let base = document().base_uri().ok().flatten().unwrap_or_default();
        let url = Url::new_with_base(&directory, &base).ok()?.href();
        let id = directory.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
        return Some((Address::Directory(url), id));
    }
    let path = location.pathname().ok()?;
    let (_, after) = path.split_once("/d/")?;
    let id = after.split('/').next().filter(|id| !id.is_empty())?;
    let id = js_sys::decode_uri_component(id).ok().map(String::from)?;
    Some((Address::Server(id.clone()), id))
}
