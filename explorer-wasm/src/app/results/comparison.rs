//! The result of the comparison that is open.

use std::{sync::Arc, time::Duration};

use explorer_core::{
    de::{DeTable, Design, Method},
    format,
    state::{Action, Comparison, GeneKey, Reference, TestMode},
};
use leptos::prelude::*;

use crate::{
    app::parts::{ByPointer, add_gene_set, colored_in, save_csv, title},
    store::{CompareStatus, DeResult, Pointed, SampleAnswer, SampleMeans, Store},
    ui::{DeSummary, DeView, SamplePair, SamplesView},
};

/// Cells under which a group is too small for its statistics to be taken at their word.
const FEW_CELLS: u64 = 10;

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
    let names = move || result().map_or_else(|| Arc::from([]), |result| Arc::clone(&result.names)) as Arc<[String]>;
    let color = store.part(|state| state.view.analysis.color.clone());
    let colored = Memo::new(move |_| colored_in(store, &color.get(), result().map(|result| result.layer.clone())));
    let summary = move || result().map(|result| summary(&result)).unwrap_or_default();
    let title = title(store);
    let export = move |()| {
        if let CompareStatus::Done(result) = status.get_untracked() {
            let name = format!("{} {}.csv", title.get_untracked(), question(&result.comparison));
            save_csv(store, &name, &result.csv(&title.get_untracked()));
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
                on_gene_set=Callback::new(move |genes: Vec<String>| {
                    if let Some(comparison) = shown.get_untracked() {
                        add_gene_set(store, &question(&comparison), genes);
                    }
                })
                on_export=Callback::new(export)
                on_close=Callback::new(move |()| store.dispatch(Action::ShowResult(None)))
            />
        </Show>
        <Show when=move || has_samples.get()>
            <SamplesView
                summary=Signal::derive(summary)
                table=Signal::derive(move || answer.get().map(|answer| Arc::new(answer.0.table.clone())))
                names=Signal::derive(names)
                colored
                pairs_of=Callback::new(move |gene: u32| answer.get().map(|answer| pairs(&answer.0, gene)).unwrap_or_default())
                on_gene=Callback::new(on_gene)
                on_export=Callback::new(export)
                on_close=Callback::new(move |()| store.dispatch(Action::ShowResult(None)))
            />
        </Show>
    }
}

fn question(comparison: &Comparison) -> String {
    match &comparison.reference {
        Reference::Rest => format!("{} against the rest", comparison.group),
        Reference::Set(name) => format!("{} against {name}", comparison.group),
    }
}

fn summary(result: &DeResult) -> DeSummary {
    let [n_group, n_reference] = result.n_cells();
    if let Some(answer) = result.samples() {
        return samples_summary(result, answer);
    }
    let method = match result.cells().map(|table| table.options.method).unwrap_or_default() {
        Method::Welch => "Welch's t-test",
        Method::CellxgeneCompatible => "CELLxGENE-compatible t-test",
    };
    let caution = if result.is_estimate {
        Some("An estimate from a sample of both sets; the exact table is on its way.".to_owned())
    } else if n_group.min(n_reference) < FEW_CELLS {
        Some(format!("One of the sets has fewer than {FEW_CELLS} cells: take the p-values as a hint, no more."))
    } else {
        None
    };
    DeSummary {
        title: question(&result.comparison),
        facts: vec![
            format!("{} against {} cells", format::integer(n_group), format::integer(n_reference)),
            format!("{method} on {}", result.layer),
            result.route_text(),
            format::duration(Duration::from_secs_f64(result.millis / 1000.0)),
        ],
        detail: result.other_routes_text(),
        caution,
        is_estimate: result.is_estimate,
    }
}

/// What was compared where samples were.
fn samples_summary(result: &DeResult, answer: &SampleAnswer) -> DeSummary {
    let table = &answer.table;
    let n_samples = table.samples.len();
    let (test, samples) = match table.design {
        Design::Paired => ("paired t-test", format!("{n_samples} samples of {} with cells in both sets", answer.by)),
        Design::Unpaired => (
            "Welch's t-test",
            format!("{} against {} samples of {}", table.n_group, n_samples - table.n_group, answer.by),
        ),
    };
    DeSummary {
        title: format!("{}, by samples", question(&result.comparison)),
        facts: vec![
            samples,
            format!("{test} of their means on {}", result.layer),
            format::bytes(result.n_bytes),
            format::duration(Duration::from_secs_f64(result.millis / 1000.0)),
        ],
        ..DeSummary::default()
    }
}

/// The means of a gene in each sample that was compared.
fn pairs(answer: &SampleAnswer, gene: u32) -> Vec<SamplePair> {
    let of = |means: &Option<Vec<f32>>| means.as_ref().and_then(|means| means.get(gene as usize).copied());
    let pair = |sample: &SampleMeans| SamplePair {
        name: sample.name.clone(),
        group: of(&sample.group),
        reference: of(&sample.reference),
    };
    answer.means.iter().map(pair).collect()
}
