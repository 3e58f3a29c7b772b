//! The right sidebar: genes, found and listed.

use std::sync::Arc;

use explorer_core::state::{Action, ColorBy, DimensionKey, GeneKey};
use leptos::prelude::*;

use super::{
    explorer::Page,
    obs::{ByPointer, bars, follow_brush, toggle_color},
};
use crate::{
    store::{GeneTable, Store},
    ui::{BrushChange, GeneHit, GeneItem, GeneList, GeneSearch, SidebarSection},
};

/// Genes suggested at a time.
const MOST_HITS: usize = 30;

/// Search and list.
#[component]
pub(super) fn Genes(store: Store, page: Page) -> impl IntoView {
    let layer = store.part(|state| state.view.analysis.layer.clone());
    let table = Memo::new(move |_| {
        let layer = layer.get();
        store.read_loaded(|session| session.gene_table(layer.as_deref()).map(ByPointer)).flatten()
    });
    let query = RwSignal::new(String::new());
    let unknown = RwSignal::new(Vec::<String>::new());
    let hits = Memo::new(move |_| {
        let query = query.get();
        table.with(|table| table.as_ref().map_or_else(|| Arc::from([]), |table| find(&table.0, &query)))
    });
    let add = move |names: Vec<String>| {
        let (known, missing): (Vec<_>, Vec<_>) =
            names.into_iter().map(|name| (resolve(table, &name), name)).partition(|(found, _)| found.is_some());
        unknown.set(missing.into_iter().map(|(_, name)| name).collect());
        store.dispatch(Action::AddGenes(known.into_iter().filter_map(|(found, _)| found).collect()));
    };
    let key = move |gene: String| GeneKey { layer: layer.get_untracked(), gene };
    let on_pick = move |name: String| {
        add(vec![name.clone()]);
        if let Some(name) = resolve(table, &name) {
            store.dispatch(Action::SetColor(ColorBy::Gene(key(name))));
        }
    };
    let listed = store.part(|state| state.view.analysis.genes.clone());
    let items = Memo::new(move |_| {
        let detail = |name: &String| {
            let table = table.get()?.0;
            Some(table.detail(table.find(name)?).to_owned())
        };
        listed.with(|genes| {
            let item = |name: &String| GeneItem { name: name.clone(), detail: detail(name).unwrap_or_default() };
            genes.iter().map(item).collect::<Vec<_>>()
        })
    });
    let colored = store.part(|state| match &state.view.analysis.color {
        ColorBy::Gene(key) => Some(key.gene.clone()),
        _ => None,
    });
    let range_of = move |gene: String| {
        let key = key(gene);
        store.part(move |state| state.view.analysis.query.filters.genes.get(&key).copied()).into()
    };
    let n_genes = move || items.with(|items| if items.is_empty() { String::new() } else { items.len().to_string() });
    view! {
        <SidebarSection title="Genes" aside=Signal::derive(n_genes) test_id="genes">
            <GeneSearch
                hits
                unknown
                focus=page.focus_search
                on_query=Callback::new(move |text| query.set(text))
                on_pick=Callback::new(on_pick)
                on_list=Callback::new(add)
                on_dismiss=Callback::new(move |()| unknown.set(Vec::new()))
            />
            <GeneList
                genes=items
                bars_of=Callback::new(move |gene| bars(store, DimensionKey::Gene(key(gene))))
                range_of=Callback::new(range_of)
                colored
                on_color=Callback::new(move |gene| toggle_color(store, ColorBy::Gene(key(gene))))
                on_remove=Callback::new(move |gene| store.dispatch(Action::RemoveGene(gene)))
                on_brush=Callback::new(move |(gene, change): (String, BrushChange)| {
                    let gene = key(gene);
                    follow_brush(store, change, |range| Action::SetGeneRange { gene, range });
                })
            />
        </SidebarSection>
    }
}

/// The genes of a query, best first.
fn find(table: &GeneTable, query: &str) -> Arc<[GeneHit]> {
    let hits = table.index.search(query, MOST_HITS);
    hits.into_iter()
        .map(|hit| {
            let name = table.names[hit.gene.0 as usize].clone();
            GeneHit { detail: table.detail(hit.gene).to_owned(), matched: matched(&name, query), name }
        })
        .collect()
}

/// The characters of a name that a query names: in one piece where there is one, else in order.
fn matched(name: &str, query: &str) -> Vec<u32> {
    let fold = |text: &str| -> Vec<String> { text.chars().map(|c| c.to_lowercase().collect()).collect() };
    let (name, query) = (fold(name), fold(query.trim()));
    if let Some(start) = name.windows(query.len().max(1)).position(|window| window == query) {
        return (start as u32..(start + query.len()) as u32).collect();
    }
    let mut wanted = query.iter().peekable();
    (0u32..)
        .zip(&name)
        .filter(|(_, character)| wanted.next_if(|next| next == character).is_some())
        .map(|(at, _)| at)
        .collect()
}

/// The name a gene goes by, from that name or its id, in any case.
fn resolve(table: Memo<Option<ByPointer<GeneTable>>>, name: &str) -> Option<String> {
    let table = table.get_untracked()?.0;
    let gene = table.find(name)?;
    table.names.get(gene.0 as usize).cloned()
}
