//! The right sidebar: genes, found and listed.

use std::sync::Arc;

use explorer_core::{
    format::plural,
    session::{Session, listed_genes},
    sorting::set_of,
    state::{Action, ColorBy, DimensionKey, GeneKey, MOST_NAMES},
};
use leptos::prelude::*;

use crate::{
    app::parts::{Page, bars, blend, blended, follow_ask, follow_brush, layer_name, open_plot, resolve, toggle_color},
    store::{Pointed, Store, Tone},
    ui::{BrushChange, Button, ButtonKind, Choice, GeneItem, GeneList, GeneSearch, SelectField, Show, SidebarSection},
    view::view,
};

/// Genes suggested at a time.
const MOST_HITS: usize = 30;

/// Lists genes, and tells where not all of them have room.
pub(super) fn list_genes(store: Store, ids: Vec<String>) {
    store.dispatch(Action::AddGenes(ids.clone()));
    let listed = store.peek(|state| set_of(state.view.analysis.genes.iter().cloned()));
    let n_left_out = ids.iter().filter(|id| !listed.contains(*id)).count();
    if n_left_out > 0 {
        let genes = plural(n_left_out, "gene is", "genes are");
        store.tell(format!("{genes} not listed: {MOST_NAMES} are, as many as can be."), Tone::Warning);
    }
}

/// Search and list.
#[component]
pub fn Genes(store: Store, page: Page) -> impl IntoView {
    let layer = store.part(|state| state.view.analysis.layer.clone());
    let query = RwSignal::new(String::new());
    let unresolved = RwSignal::new(String::new());
    let hits = Memo::new(move |_| {
        let (query, layer) = (query.get(), layer.get());
        let hits = |session: &Session| session.gene_hits(&query, layer.as_deref(), MOST_HITS);
        Arc::from(store.read_loaded(hits).unwrap_or_default())
    });
    let add = move |names: Vec<String>| {
        let resolved = resolve(store, &names);
        unresolved.set(resolved.unresolved.text());
        list_genes(store, resolved.ids);
    };
    let on_pick = move |gene: GeneKey| {
        unresolved.set(String::new());
        store.dispatch(Action::ShowGene(gene));
    };
    let keys = store.part(|state| listed_genes(&state.view.analysis));
    let items = Memo::new(move |_| {
        let layer = layer.get();
        let keys = keys.get();
        let item = |session: &Session, key: GeneKey| {
            let table = session.gene_table(key.layer.as_deref());
            GeneItem {
                label: session.label_in_any_layer(&key),
                detail: table.map_or("", |table| table.detail_of(&key.gene)).to_owned(),
                is_known: session.has_gene(&key) != Some(false),
                other_layer: (key.layer != layer).then(|| session.layer_name(key.layer.as_deref())),
                key,
            }
        };
        store
            .read_loaded(|session| keys.into_iter().map(|key| item(session, key)).collect::<Vec<_>>())
            .unwrap_or_default()
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
    let corpora = store.host().map_or_else(Vec::new, |host| {
        let base = host.base();
        let named = |page: String| {
            let name = page.rsplit('/').next().unwrap_or_default().to_owned();
            (name, format!("{base}{page}#gene="))
        };
        host.corpora().into_iter().map(named).collect()
    });
    let n_missing = Memo::new(move |_| items.with(|items| items.iter().filter(|item| !item.is_known).count()));
    let has_genes = Memo::new(move |_| items.with(|items| !items.is_empty()));
    let n_genes = move || items.with(|items| if items.is_empty() { String::new() } else { items.len().to_string() });
    view! {
        <SidebarSection title="Genes" aside=Signal::derive(n_genes) test_id="genes">
            <GeneSearch
                hits
                unresolved
                focus=page.focus_search
                on_query=Callback::new(move |text| query.set(text))
                on_pick=Callback::new(on_pick)
                on_point=Callback::new(move |gene: Option<GeneKey>| store.point_at(gene.map(Pointed::Gene)))
                on_list=Callback::new(add)
                on_dismiss=Callback::new(move |()| unresolved.set(String::new()))
            />
            <Layers store layer />
            <p class="gene-none note" role="status" data-testid="genes-missing" hidden=move || n_missing.get() == 0>
                {move || {
                    let genes = plural(n_missing.get(), "listed gene is", "listed genes are");
                    format!("{genes} not in layer {}, and grayed out.", layer_name(store, layer.get().as_deref()))
                }}
            </p>
            <GeneList
                genes=items
                bars_of=Callback::new(move |key| bars(store, DimensionKey::Gene(key)))
                range_of=Callback::new(range_of)
                colored
                on_color=Callback::new(move |key| toggle_color(store, ColorBy::Gene(key)))
                blended=blended(store)
                on_blend=Callback::new(move |key| blend(store, key))
                on_remove=Callback::new(on_remove)
                on_brush=Callback::new(move |(gene, change): (GeneKey, BrushChange)| {
                    follow_brush(store, change, |range| Action::SetGeneRange { gene, range });
                })
                on_ask=Callback::new(move |(gene, ask)| follow_ask(store, DimensionKey::Gene(gene), ask))
                corpora=StoredValue::new(corpora)
            />
            <Show when=move || has_genes.get()>
                <div class="gene-plot">
                    <Button
                        label="Plot by group"
                        test_id="genes-plot"
                        kind=ButtonKind::Quiet
                        on_press=move |()| {
                            open_plot(store, store.peek(|state| state.view.analysis.genes.clone()));
                        }
                    />
                </div>
            </Show>
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
