//! The command palette over what the dataset and the state name.

use explorer_core::{
    session::PaletteItem,
    state::{Command, Platform},
};
use leptos::prelude::*;

use super::parts::Page;
use crate::{store::Store, ui::Palette};

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
    let hits = Memo::new(move |_| {
        if !page.palette.get() {
            return Vec::new();
        }
        analysis.track();
        let query = query.get();
        store
            .read_loaded(|session| store.peek(|state| session.palette(&query, &state.view.analysis, MOST_HITS)))
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
                PaletteItem::Gene(_)
                | PaletteItem::Column(_)
                | PaletteItem::Label { .. }
                | PaletteItem::CellSet(_) => item.action().into_iter().for_each(|action| store.dispatch(action)),
            })
        />
    }
}
