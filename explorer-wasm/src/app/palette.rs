//! The command palette over what the dataset and the state name.

use explorer_core::{
    session::{PaletteHit, PaletteItem},
    state::{Command, Platform},
};
use leptos::prelude::*;
use shared_fbs::{
    api::Endpoint,
    catalog::{Catalog, ListedDataset},
    dataset_id::name_of,
};

use super::parts::Page;
use crate::{fetch::catalog_bytes, store::Store, ui::Palette, view::view};

/// Lines of the palette.
const MOST_HITS: usize = 40;

/// The palette.
#[component]
pub(super) fn CommandPalette(
    store: Store,
    page: Page,
    platform: Platform,
    on_command: Callback<Command>,
) -> impl IntoView {
    let query = RwSignal::new(String::new());
    let analysis = store.part(|state| {
        let analysis = &state.view.analysis;
        (analysis.cell_sets.iter().map(|set| set.name.clone()).collect::<Vec<_>>(), analysis.layer.clone())
    });
    let datasets = other_datasets(store, page);
    let hits = Memo::new(move |_| {
        if !page.palette.get() {
            return Vec::new();
        }
        analysis.track();
        let query = query.get();
        store
            .read_loaded(|session| {
                datasets
                    .with(|others| store.peek(|state| session.palette(&query, &state.view.analysis, others, MOST_HITS)))
            })
            .unwrap_or_default()
    });
    view! {
        <Palette
            open=page.palette
            query
            hits
            platform
            on_choose=Callback::new(move |item: PaletteItem| match &item {
                PaletteItem::Command(command) => on_command.run(*command),
                PaletteItem::Dataset(address) => {
                    if let Some(host) = store.host() {
                        host.go_to(address);
                    }
                }
                PaletteItem::Gene(_)
                | PaletteItem::Column(_)
                | PaletteItem::Label { .. }
                | PaletteItem::CellSet(_) => item.action().into_iter().for_each(|action| store.dispatch(action)),
            })
        />
    }
}

/// The other datasets of the site, fetched when the palette is first opened; none in a frame, whose page is somebody
/// else's.
fn other_datasets(store: Store, page: Page) -> RwSignal<Vec<PaletteHit>> {
    let datasets = RwSignal::new(Vec::new());
    Effect::new(move |was_opened: Option<bool>| {
        let was_opened = was_opened.unwrap_or(false);
        let is_open = page.palette.get();
        let Some(host) = store.host().filter(|host| is_open && !was_opened && host.is_by_itself()) else {
            return was_opened || is_open;
        };
        let base = host.base().to_owned();
        let own = store.peek(|state| state.view.dataset.clone());
        store.spawn(async move {
            // Without a list the palette finds what is here.
            let Ok(bytes) = catalog_bytes(&base).await else { return };
            let Ok(catalog) = Catalog::decode(&bytes) else { return };
            // The address may have its name alone.
            let is_own = |id: &String| own.as_ref().is_some_and(|own| own == id || own == name_of(id));
            let others = catalog.datasets.iter().filter(|dataset| !is_own(&dataset.id));
            let hit = |dataset: &ListedDataset| {
                let address = format!("{base}{}", Endpoint::Page { id: dataset.id.as_str().into() }.address());
                PaletteHit::dataset(address, &dataset.title)
            };
            datasets.set(others.map(hit).collect());
        });
        true
    });
    datasets
}
