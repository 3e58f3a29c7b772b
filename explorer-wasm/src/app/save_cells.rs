//! Cells saved as a file.

use explorer_core::{
    session::{CellsToSave, Session, Wanted},
    state::GeneKey,
};
use gloo_file::Blob;
use leptos::prelude::*;

use super::parts::{Page, layer_name};
use crate::{
    store::{Store, Tone},
    ui::{SaveCellsDialog, SaveFormat},
};

/// The dialog, and what it asks for.
#[component]
pub(super) fn SaveCells(store: Store, page: Page) -> impl IntoView {
    let columns = Memo::new(move |_| {
        // There may be hundreds.
        if !page.saving_cells.get() {
            return Vec::new();
        }
        let names = |session: &Session| session.columns().iter().map(|column| column.name.clone()).collect();
        store.read_loaded(names).unwrap_or_default()
    });
    let genes = store.part(|state| state.view.analysis.genes.len());
    let (numbers, layer) = (store.numbers(), store.part(|state| state.view.analysis.layer.clone()));
    view! {
        <SaveCellsDialog
            open=page.saving_cells
            columns
            n_genes=genes
            layer=Signal::derive(move || layer.with(|layer| layer_name(store, layer.as_deref())))
            n_cells=Signal::derive(move || (numbers.get().0, numbers.get().1))
            on_save=Callback::new(move |(asked, format)| save(store, page, asked, format))
        />
    }
}

fn save(store: Store, page: Page, asked: CellsToSave, format: SaveFormat) {
    let genes = store.peek(|state| {
        let analysis = &state.view.analysis;
        let key = |gene: &String| GeneKey { layer: analysis.layer.clone(), gene: gene.clone() };
        analysis.genes.iter().map(key).collect::<Vec<_>>()
    });
    let genes = if asked.genes == Wanted::Yes { genes } else { Vec::new() };
    let title = page.title.get_untracked();
    store.spawn(async move {
        let text = match format {
            SaveFormat::Csv => store.cells_as_csv(&asked, &genes).await,
            SaveFormat::Ids => store.cells_as_ids(asked.extent).await,
        };
        let (name, kind) = match format {
            SaveFormat::Csv => (format!("{title} cells.csv"), "text/csv;charset=utf-8"),
            SaveFormat::Ids => (format!("{title} cells.txt"), "text/plain;charset=utf-8"),
        };
        match (text, store.host()) {
            (Ok(text), Some(host)) => host.save_file(&name, &Blob::new_with_options(text.as_str(), Some(kind))),
            (Ok(_), None) => {}
            (Err(error), _) => store.tell(format!("The cells could not be saved: {error}"), Tone::Error),
        }
    });
}
