//! The markers of every label of the column that is open.

use std::sync::Arc;

use explorer_core::{
    format,
    names::isolated,
    session::Bounds,
    state::{Action, GeneKey, MarkerOrder, Markers, ResultPanel},
};
use leptos::prelude::*;

use super::plot::plot_markers;
use crate::{
    app::parts::{ByPointer, add_gene_sets, colored_in, levels_text, save_csv, show_markers, title},
    store::{MarkersStatus, Pointed, Store, Tone},
    ui::{MarkersSummary, MarkersView, ResultState, Show},
    view::view,
};

/// The markers, where they are open.
#[component]
pub fn MarkersPanel(store: Store) -> impl IntoView {
    let asked = store.part(|state| state.view.shown_markers().cloned());
    let status = store.marking();
    let is_open = Memo::new(move |_| asked.with(Option::is_some));
    let result = Memo::new(move |_| match status.get() {
        MarkersStatus::Done(result) => Some(ByPointer(result)),
        MarkersStatus::None | MarkersStatus::Running(..) | MarkersStatus::Failed(_) => None,
    });
    let state = move || match status.get() {
        MarkersStatus::None => ResultState::Running("Preparing".to_owned(), None),
        MarkersStatus::Running(progress, _) => {
            let fraction = (progress.n_parts > 0 && progress.n_done > 0)
                .then(|| f64::from(progress.n_done) / f64::from(progress.n_parts));
            let bytes = format::bytes(progress.n_bytes);
            ResultState::Running(format!("{} of {} labels, {bytes}", progress.n_done, progress.n_parts), fraction)
        }
        MarkersStatus::Failed(reason) => ResultState::Failed(reason),
        MarkersStatus::Done(_) => ResultState::Done,
    };
    let summary = move || {
        let title = asked.with(|asked| {
            let of = if asked.as_ref()?.universe.is_empty() { "" } else { " in the subset" };
            Some(format!("Markers of {}{of}", isolated(&asked.as_ref()?.column)))
        });
        let title = title.unwrap_or_default();
        match result.get() {
            Some(ByPointer(result)) => {
                MarkersSummary { title, ..result.summary(&levels_text(store, &result.asked.universe, Bounds::Short)) }
            }
            None => MarkersSummary { title, ..MarkersSummary::default() },
        }
    };
    let labels = Memo::new(move |_| {
        result.get().map_or_else(
            || Arc::from([]),
            |ByPointer(found)| {
                let column = &found.asked.column;
                let known = store.read_loaded(|session| (session.categories(column), session.label_order(column)));
                let (categories, order) = known.unwrap_or_default();
                found.marked(categories.as_deref(), order.as_deref().unwrap_or_default()).into()
            },
        )
    });
    let layer = move || result.with_untracked(|result| result.as_ref().map(|ByPointer(result)| result.layer.clone()));
    let color = store.part(|state| state.view.analysis.color.clone());
    let colored = Memo::new(move |_| {
        let layer = result.with(|result| result.as_ref().map(|ByPointer(result)| result.layer.clone()));
        colored_in(store, &color.get(), layer)
    });
    let on_rank = move |rank: MarkerOrder| {
        if let Some(asked) = asked.get_untracked() {
            store.dispatch(Action::ShowResult(Some(ResultPanel::Markers(Markers { rank, ..asked }))));
        }
    };
    let on_gene = move |gene: String| {
        if let Some(layer) = layer() {
            store.dispatch(Action::ShowGene(GeneKey { layer: store.layer_key(&layer), gene }));
        }
    };
    let on_point = move |gene: Option<String>| {
        let pointed = layer().zip(gene);
        store.point_at(pointed.map(|(layer, gene)| Pointed::Gene(GeneKey { layer: store.layer_key(&layer), gene })));
    };
    let export = move |()| {
        if let Some(ByPointer(result)) = result.get_untracked() {
            let dataset = title(store).get_untracked();
            let csv = result.csv(&dataset, &levels_text(store, &result.asked.universe, Bounds::Exact));
            save_csv(store, &format!("{dataset} markers of {}.csv", result.asked.column), &csv);
        }
    };
    let plot = move |()| {
        if let Some(ByPointer(result)) = result.get_untracked() {
            plot_markers(store, &result);
        }
    };
    view! {
        <Show when=move || is_open.get()>
            <MarkersView
                summary=Signal::derive(summary)
                state=Signal::derive(state)
                labels
                rank=Signal::derive(move || asked.with(|asked| asked.as_ref().map(|asked| asked.rank)).unwrap_or_default())
                colored
                on_rank=Callback::new(on_rank)
                on_gene=Callback::new(on_gene)
                on_point=Callback::new(on_point)
                on_gene_set=Callback::new(move |(label, genes): (String, Vec<String>)| {
                    add_gene_sets(store, vec![(format!("{label} markers"), genes)]);
                })
                on_plot=Callback::new(plot)
                on_export=Callback::new(export)
                on_retry=Callback::new(move |()| store.retry_markers())
                on_close=Callback::new(move |()| store.dispatch(Action::ShowResult(None)))
            />
        </Show>
    }
}

/// Opens the markers of the column that a command means, or says why there are none.
pub fn find_markers(store: Store) {
    match store.peek(|state| store.with_session(|session| session.column_to_mark(&state.view.analysis))).flatten() {
        Some(column) => show_markers(store, column, MarkerOrder::default()),
        None => store.tell("The dataset has no category whose labels have stored sums.".to_owned(), Tone::Warning),
    }
}
