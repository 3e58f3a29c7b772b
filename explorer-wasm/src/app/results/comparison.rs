//! The result of the comparison that is open.

use std::sync::Arc;

use explorer_core::{
    de::{DeTable, Regulation},
    names::with_isolated_quotes,
    session::Bounds,
    state::{Action, Comparison, GeneKey, TestMode},
};
use leptos::prelude::*;

use crate::{
    app::parts::{ByPointer, add_gene_sets, colored_in, levels_text, save_csv, title},
    store::{CompareStatus, DeResult, Pointed, Store},
    ui::{DeSummary, DeView, NewGeneSet, SamplesView, Show},
    view::view,
};

/// The result, where a comparison is open and has not failed.
#[component]
pub fn ComparisonPanel(store: Store) -> impl IntoView {
    let status = store.comparing();
    let shown = store.part(|state| state.view.shown_comparison().cloned());
    // The same while a comparison goes on: what is derived from it, over all genes, is not derived at each step.
    let latest = Memo::new(move |_| status.with(|status| status.answer().cloned().map(ByPointer)));
    let result = move || latest.get().map(|result| result.0);
    let is_open = move |is_so: fn(&DeResult) -> bool| {
        Memo::new(move |_| {
            shown.with(Option::is_some) && status.with(|status| status.answer().is_some_and(|result| is_so(result)))
        })
    };
    let (has_cells, has_samples) =
        (is_open(|result| result.cells().is_some()), is_open(|result| result.samples().is_some()));
    let table = move || result().and_then(|result| result.cells().cloned()) as Option<Arc<DeTable>>;
    let answer = Memo::new(move |_| result().and_then(|result| result.samples().cloned()).map(ByPointer));
    let compare_samples = move |()| {
        if let Some(comparison) = shown.get_untracked() {
            store.dispatch(Action::Compare(Comparison { mode: TestMode::Samples, ..comparison }));
        }
    };
    let names = move || result().map(|result| Arc::clone(&result.names)).unwrap_or_default();
    let color = store.part(|state| state.view.analysis.color.clone());
    let colored = Memo::new(move |_| colored_in(store, &color.get(), result().map(|result| result.layer.clone())));
    let within = move |result: &DeResult, bounds| levels_text(store, &result.comparison.universe, bounds);
    // What the sides have in common is known once their data are there.
    let sizes = Memo::new(move |_| {
        let shown = shown.get()?;
        store.read_loaded(|session| store.peek(|state| session.side_sizes(&shown, &state.view.analysis))).flatten()
    });
    let summary = move || {
        let Some(result) = result() else { return DeSummary::default() };
        let summary = result.summary(&within(&result, Bounds::Short), sizes.get());
        DeSummary { caution: summary.caution.as_deref().map(with_isolated_quotes), ..summary }
    };
    let title = title(store);
    let export = move |()| {
        if let CompareStatus::Done(result) = status.get_untracked() {
            let name = format!("{} {}.csv", title.get_untracked(), result.comparison.title());
            save_csv(store, &name, &result.csv(&title.get_untracked(), &within(&result, Bounds::Exact)));
        }
    };
    let on_gene = move |gene: String| {
        let Some(result) = status.with_untracked(|status| status.answer().cloned()) else { return };
        let layer = store.layer_key(&result.layer);
        store.dispatch(Action::ShowGene(GeneKey { layer, gene }));
    };
    let on_point = move |gene: Option<String>| {
        let layer = status.with_untracked(|status| status.answer().map(|result| store.layer_key(&result.layer)));
        store.point_at(layer.zip(gene).map(|(layer, gene)| Pointed::Gene(GeneKey { layer, gene })));
    };
    view! {
        <Show when=move || has_cells.get()>
            <DeView
                on_samples=store.sample_column().map(|_| Callback::new(compare_samples))
                summary=Signal::derive(summary)
                table=Signal::derive(table)
                names=Signal::derive(names)
                colored
                on_gene=Callback::new(on_gene)
                on_point=Callback::new(on_point)
                on_gene_sets=Callback::new(move |sets: Vec<NewGeneSet>| {
                    let Some(comparison) = shown.get_untracked() else { return };
                    let name = |side: Option<Regulation>| match side {
                        Some(Regulation::Up) => format!("{}, up", comparison.title()),
                        Some(Regulation::Down) => format!("{}, down", comparison.title()),
                        None => comparison.title(),
                    };
                    add_gene_sets(store, sets.into_iter().map(|(side, genes)| (name(side), genes)).collect());
                })
                on_export=Callback::new(export)
                on_close=Callback::new(move |()| store.dispatch(Action::ShowResult(None)))
            />
        </Show>
        <Show when=move || has_samples.get()>
            <SamplesView
                summary=Signal::derive(summary)
                table=Signal::derive(move || answer.get().map(|answer| Arc::clone(&answer.0.table)))
                names=Signal::derive(names)
                colored
                pairs_of=Callback::new(move |gene: u32| answer.get().map(|answer| answer.0.pairs(gene)).unwrap_or_default())
                on_gene=Callback::new(on_gene)
                on_export=Callback::new(export)
                on_close=Callback::new(move |()| store.dispatch(Action::ShowResult(None)))
            />
        </Show>
    }
}
