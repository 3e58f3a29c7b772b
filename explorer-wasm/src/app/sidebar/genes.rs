//! The right sidebar: genes, found and listed.

use std::sync::Arc;

use explorer_core::{
    session::GeneTable,
    state::{Action, Analysis, ColorBy, DimensionKey, GeneKey},
};
use leptos::prelude::*;

use crate::{
    app::parts::{ByPointer, Page, bars, follow_brush, layer_name, toggle_color},
    store::{Pointed, Store},
    ui::{BrushChange, Choice, GeneHit, GeneItem, GeneList, GeneSearch, SelectField, SidebarSection},
};

/// Genes suggested at a time.
const MOST_HITS: usize = 30;

/// Search and list.
#[component]
pub fn Genes(store: Store, page: Page) -> impl IntoView {
    let layer = store.part(|state| state.view.analysis.layer.clone());
    let table = Memo::new(move |_| {
        let layer = layer.get();
        store.read_loaded(|session| session.gene_table(layer.as_deref()).cloned().map(ByPointer)).flatten()
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
    let on_pick = move |name: String| match resolve(table, &name) {
        Some(gene) => {
            unknown.set(Vec::new());
            store.dispatch(Action::ShowGene(GeneKey { layer: layer.get_untracked(), gene }));
        }
        None => unknown.set(vec![name]),
    };
    let keys = store.part(|state| shown_genes(&state.view.analysis));
    let items = Memo::new(move |_| {
        let layer = layer.get();
        let detail = |gene: &str| {
            let table = table.get()?.0;
            Some(table.detail(table.find(gene)?).to_owned())
        };
        let item = |key: GeneKey| GeneItem {
            detail: detail(&key.gene).unwrap_or_default(),
            other_layer: (key.layer != layer).then(|| layer_name(store, key.layer.as_deref())),
            key,
        };
        keys.get().into_iter().map(item).collect::<Vec<_>>()
    });
    let colored = store.part(|state| state.view.analysis.color.gene().cloned());
    let range_of =
        move |key: GeneKey| store.part(move |state| state.view.analysis.query.filters.genes.get(&key).copied()).into();
    let on_remove = move |key: GeneKey| {
        store.dispatch(if key.layer == layer.get_untracked() {
            Action::RemoveGene(key.gene)
        } else {
            Action::SetGeneRange { gene: key, range: None }
        });
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
                on_point=Callback::new(move |name: Option<String>| {
                    let layer = layer.get_untracked();
                    store.point_at(name.map(|gene| Pointed::Gene(GeneKey { layer, gene })));
                })
                on_list=Callback::new(add)
                on_dismiss=Callback::new(move |()| unknown.set(Vec::new()))
            />
            <Layers store layer />
            <GeneList
                genes=items
                bars_of=Callback::new(move |key| bars(store, DimensionKey::Gene(key)))
                range_of=Callback::new(range_of)
                colored
                on_color=Callback::new(move |key| toggle_color(store, ColorBy::Gene(key)))
                on_remove=Callback::new(on_remove)
                on_brush=Callback::new(move |(gene, change): (GeneKey, BrushChange)| {
                    follow_brush(store, change, |range| Action::SetGeneRange { gene, range });
                })
            />
        </SidebarSection>
    }
}

/// The layer to ask about genes, where there are several.
#[component]
fn Layers(store: Store, layer: Memo<Option<String>>) -> impl IntoView {
    let names =
        store.with_manifest(|manifest| manifest.layers.iter().map(|layer| layer.name.clone()).collect::<Vec<_>>());
    let names = names.unwrap_or_default();
    let choices: Vec<_> = names.iter().map(|name| Choice::new(name.clone(), name.clone())).collect();
    (choices.len() > 1).then(|| {
        view! {
            <div class="gene-layers">
                <SelectField
                    name="Layer"
                    choices
                    value=Signal::derive(move || layer_name(store, layer.get().as_deref()))
                    label="Layer"
                    test_id="gene-layer"
                    on_choose=Callback::new(move |name: String| {
                        store.dispatch(Action::SetLayer(store.layer_key(&name)));
                    })
                />
            </div>
        }
    })
}

/// The genes to list: those that were asked for, in the layer chosen, and those that filter cells in
/// another layer, since a filter must be seen to be taken away.
fn shown_genes(analysis: &Analysis) -> Vec<GeneKey> {
    let of_layer = |gene: &String| GeneKey { layer: analysis.layer.clone(), gene: gene.clone() };
    let mut keys: Vec<GeneKey> = analysis.genes.iter().map(of_layer).collect();
    let filtering = analysis.query.filters.genes.keys().filter(|key| key.layer != analysis.layer);
    for key in filtering {
        let after = keys.iter().rposition(|listed| listed.gene == key.gene).map_or(keys.len(), |at| at + 1);
        keys.insert(after, key.clone());
    }
    keys
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
    table.resolve(name).cloned()
}

#[cfg(test)]
mod tests {
    use explorer_core::state::Range;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn a_filter_in_another_layer_is_listed_after_its_gene() {
        let key = |layer: Option<&str>, gene: &str| GeneKey { layer: layer.map(str::to_owned), gene: gene.to_owned() };
        let mut analysis = Analysis {
            genes: ["LYZ", "CD3D"].map(str::to_owned).into(),
            layer: Some("raw".to_owned()),
            ..Analysis::default()
        };
        for filtering in [key(None, "LYZ"), key(Some("raw"), "CD3D"), key(None, "NKG7")] {
            analysis.query.filters.genes.insert(filtering, Range::ALL);
        }
        let raw = |gene| key(Some("raw"), gene);
        assert_eq!(shown_genes(&analysis), [raw("LYZ"), key(None, "LYZ"), raw("CD3D"), key(None, "NKG7")]);
    }
}
