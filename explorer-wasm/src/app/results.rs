//! The result of the comparison that is open.

use std::{sync::Arc, time::Duration};

use explorer_core::{
    de::{DeTable, Method},
    format,
    state::{Action, ColorBy, Comparison, GeneKey, GeneSet, Reference},
};
use js_sys::Array;
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use web_sys::{Blob, BlobPropertyBag};

use super::{
    explorer::title,
    sets::{other_roads_text, road_text},
};
use crate::{
    platform,
    store::{CompareStatus, DeResult, Store},
    ui::{DeSummary, DeView, free_name},
};

/// Cells under which a group is too small for its statistics to be taken at their word.
const FEW_CELLS: u64 = 10;

/// The result, where a comparison is open and has not failed.
#[component]
pub(super) fn Results(store: Store) -> impl IntoView {
    let status = store.comparing();
    let shown = store.shown_comparison();
    let result = move || status.with(|status| status.result().cloned());
    let is_open = Memo::new(move |_| shown.with(Option::is_some) && status.with(|status| status.result().is_some()));
    let table = move || result().map(|result| Arc::clone(&result.table)) as Option<Arc<DeTable>>;
    let names = move || result().map_or_else(|| Arc::from([]), |result| Arc::clone(&result.names)) as Arc<[String]>;
    let color = store.part(|state| state.view.analysis.color.clone());
    let colored = Memo::new(move |_| match color.get() {
        ColorBy::Gene(key) if result().is_some_and(|result| store.layer_key(&result.layer) == key.layer) => {
            Some(key.gene)
        }
        _ => None,
    });
    let summary = move || result().map(|result| summary(&result)).unwrap_or_default();
    let title = title(store);
    let export = move |()| {
        if let CompareStatus::Done(result) = status.get_untracked() {
            let name = format!("{} {}.csv", title.get_untracked(), question(&result.comparison));
            download(&name, &result.csv(&title.get_untracked()));
        }
    };
    let on_gene = move |gene: String| {
        let Some(result) = status.with_untracked(|status| status.result().cloned()) else { return };
        let layer = store.layer_key(&result.layer);
        store.dispatch(Action::ShowGene(GeneKey { layer, gene }));
    };
    view! {
        <Show when=move || is_open.get()>
            <DeView
                summary=Signal::derive(summary)
                table=Signal::derive(table)
                names=Signal::derive(names)
                colored
                on_gene=Callback::new(on_gene)
                on_gene_set=Callback::new(move |genes: Vec<String>| {
                    if let Some(comparison) = shown.get_untracked() {
                        add_gene_set(store, &question(&comparison), genes);
                    }
                })
                on_export=Callback::new(export)
                on_close=Callback::new(move |()| store.dispatch(Action::ShowComparison(None)))
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
    let table = &result.table;
    let (n_group, n_reference) = (table.n_group, table.n_reference);
    let method = match table.options.method {
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
            road_text(result),
            format::duration(Duration::from_secs_f64(result.millis / 1000.0)),
        ],
        detail: other_roads_text(result),
        caution,
        is_estimate: result.is_estimate,
    }
}

/// Makes a gene set, named after where its genes come from, and says so.
pub(super) fn add_gene_set(store: Store, from: &str, genes: Vec<String>) {
    let taken =
        store.peek(|state| state.view.analysis.gene_sets.iter().map(|set| set.name.clone()).collect::<Vec<_>>());
    let name = if taken.iter().any(|name| name == from) { free_name(from, &taken) } else { from.to_owned() };
    let n_genes = format::integer(genes.len() as u64);
    store.tell(format!("The gene set “{name}” holds the {n_genes} genes in sight."), false, false);
    store.dispatch(Action::AddGeneSets(vec![GeneSet { name, description: String::new(), genes }]));
}

/// Saves text as a file of the user's.
pub(super) fn download(name: &str, text: &str) {
    let options = BlobPropertyBag::new();
    options.set_type("text/csv;charset=utf-8");
    let parts = Array::of1(&JsValue::from_str(text));
    if let Ok(blob) = Blob::new_with_str_sequence_and_options(&parts, &options) {
        platform::download(name, &blob);
    }
}
