//! The result of the comparison that is open.

use std::sync::Arc;

use explorer_core::{
    de::{DeTable, Regulation},
    format::bytes,
    names::with_isolated_quotes,
    session::{Bounds, genes_bytes},
    state::{Action, Comparison, GeneKey},
};
use leptos::prelude::*;

use super::comparison_parts::{plot_parts, set_parts};
use crate::{
    app::parts::{ByPointer, add_gene_sets, colored_in, levels_text, save_csv, title},
    store::{CompareStatus, DeResult, Pointed, Store},
    ui::{DeSummary, DeView, NewGeneSet, SamplesView, Show, TestOffer},
    view::view,
};

/// The result, where a comparison is open and has not failed.
#[component]
pub fn ComparisonPanel(store: Store) -> impl IntoView {
    let status = store.comparing();
    let shown = store.part(|state| state.view.shown_comparison().cloned());
    // The same while a comparison goes on: what is derived from it, over all genes, is not derived at each step. While
    // another test of the same sets does, the last answer stays.
    let latest = Memo::new(move |before: Option<&Option<ByPointer<DeResult>>>| {
        let asked = shown.get()?;
        let answer = status.with(|status| match status {
            CompareStatus::Running(_, None) => None,
            CompareStatus::Running(_, Some(_))
            | CompareStatus::None
            | CompareStatus::Failed(_)
            | CompareStatus::Done(_) => Some(status.answer().cloned().map(ByPointer)),
        });
        answer.unwrap_or_else(|| {
            before.cloned().flatten().filter(|before| are_of_same_sets(&before.0.comparison, &asked))
        })
    });
    let result = move || latest.get().map(|result| result.0);
    let is_open = move |is_so: fn(&DeResult) -> bool| {
        Memo::new(move |_| latest.with(|latest| latest.as_ref().is_some_and(|latest| is_so(&latest.0))))
    };
    let layer_bytes = move || {
        let layer = shown.with_untracked(|shown| shown.as_ref().and_then(|shown| shown.layer.clone()));
        store.with_manifest(|manifest| genes_bytes(manifest, layer.as_deref())).unwrap_or_default()
    };
    let offer = move || TestOffer { has_samples: store.sample_column().is_some(), genes_bytes: layer_bytes() };
    let awaited = Signal::derive(move || match status.get() {
        CompareStatus::Running(progress, None) => {
            let ranks = shown.with(|shown| shown.as_ref().is_some_and(|shown| shown.mode.ranks().is_some()));
            let reads = if ranks { format!("All genes, {}: ", bytes(layer_bytes())) } else { String::new() };
            Some((progress.fraction(), reads + &progress.text()))
        }
        CompareStatus::Running(_, Some(_))
        | CompareStatus::None
        | CompareStatus::Failed(_)
        | CompareStatus::Done(_) => None,
    });
    let on_change = Callback::new(move |to: Comparison| {
        if let Some(from) = shown.get_untracked() {
            store.dispatch(Action::ChangeComparison { from, to });
        }
    });
    let on_cancel = Callback::new(move |()| {
        if let Some(result) = latest.with_untracked(|latest| latest.as_ref().map(|latest| latest.0.comparison.clone()))
        {
            on_change.run(result);
        }
    });
    let (has_cells, has_samples) =
        (is_open(|result| result.cells().is_some()), is_open(|result| result.samples().is_some()));
    let table = move || result().and_then(|result| result.cells().cloned()) as Option<Arc<DeTable>>;
    let answer = Memo::new(move |_| result().and_then(|result| result.samples().cloned()).map(ByPointer));
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
    let (plots, sets) = (plot_parts(store, shown, latest), set_parts(store, latest));
    let title = title(store);
    let export = move |()| {
        if let CompareStatus::Done(result) = status.get_untracked() {
            let name = format!("{} {}.csv", title.get_untracked(), result.comparison.title());
            save_csv(store, &name, &result.csv(&title.get_untracked(), &within(&result, Bounds::Exact)));
        }
    };
    let on_gene = move |gene: String| {
        let Some(result) = latest.get_untracked() else { return };
        let layer = store.layer_key(&result.0.layer);
        store.dispatch(Action::ShowGene(GeneKey { layer, gene }));
    };
    let on_point = move |gene: Option<String>| {
        let layer = latest.with_untracked(|latest| latest.as_ref().map(|latest| store.layer_key(&latest.0.layer)));
        store.point_at(layer.zip(gene).map(|(layer, gene)| Pointed::Gene(GeneKey { layer, gene })));
    };
    view! {
        <Show when=move || has_cells.get()>
            <DeView
                asked=shown
                offer=offer()
                awaited
                on_change
                on_cancel
                plots
                sets
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
                asked=shown
                offer=offer()
                awaited
                on_change
                on_cancel
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

/// Whether two comparisons are of the same sets of cells in the same layer, by whatever test.
fn are_of_same_sets(one: &Comparison, other: &Comparison) -> bool {
    let Comparison { group, reference, mode: _, adjustment: _, layer, universe } = one;
    (group, reference, layer, universe) == (&other.group, &other.reference, &other.layer, &other.universe)
}
