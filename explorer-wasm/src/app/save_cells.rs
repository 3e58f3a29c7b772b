//! Cells saved as a file.

use explorer_core::{
    session::{CellsToSave, Progress, SaveExtent, Session, Wanted},
    state::GeneKey,
};
use futures_util::future::{AbortHandle, Abortable};
use gloo_file::Blob;
use leptos::prelude::*;

use super::parts::{Page, layer_name};
use crate::{
    store::{Store, Tone},
    ui::{SaveCellsDialog, SaveFormat, SubsetJob, SubsetOffer, SubsetStatus},
    view::view,
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
            unit=store.unit()
            n_cells=Signal::derive(move || (numbers.get().0, numbers.get().1))
            subset=subset_job(store, page)
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

/// What is done about AnnData files of cells; one is made at a time.
fn subset_job(store: Store, page: Page) -> SubsetJob {
    let status = RwSignal::new(SubsetStatus::Idle);
    let running = StoredValue::new(None::<AbortHandle>);
    let numbers = store.numbers();
    let cancel = move || {
        if let Some(handle) = running.try_update_value(Option::take).flatten() {
            handle.abort();
        }
    };
    on_cleanup(cancel);
    let offer = move |extent| {
        numbers.track();
        let estimate = store.subset_estimate(extent);
        let offer = estimate.map(|(estimate, millis)| SubsetOffer {
            text: estimate.text(millis, store.unit().get_untracked()),
            fits: estimate.fits_browser() && estimate.n_cells > 0,
        });
        offer.unwrap_or_default()
    };
    let save = move |extent: SaveExtent| {
        let name = format!("{} cells.h5ad", page.title.get_untracked());
        status.set(SubsetStatus::Running(Progress::default()));
        let (handle, registration) = AbortHandle::new_pair();
        running.set_value(Some(handle));
        store.spawn(async move {
            let on_progress = |progress| {
                status.try_set(SubsetStatus::Running(progress));
            };
            let file = Abortable::new(store.cells_as_h5ad(extent, &on_progress), registration).await;
            let outcome = match file {
                Ok(Ok(Some(made))) => {
                    if let Some(host) = store.host() {
                        host.save_file(&name, &made.file.into());
                    }
                    SubsetStatus::Saved(made.differences)
                }
                Ok(Ok(None)) | Err(_) => SubsetStatus::Idle,
                Ok(Err(error)) => SubsetStatus::Failed(error.to_string()),
            };
            status.try_set(outcome);
        });
    };
    SubsetJob {
        offer: Callback::new(offer),
        status,
        on_save: Callback::new(save),
        on_cancel: Callback::new(move |()| cancel()),
    }
}
