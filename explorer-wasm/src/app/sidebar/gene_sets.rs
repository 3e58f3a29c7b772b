//! The right sidebar: gene sets.

use explorer_core::{
    session::unlisted_means,
    state::{Action, ColorBy, DimensionKey, GeneKey, GeneMean, GeneSet, gene_sets_from_csv, gene_sets_to_csv},
};
use gloo_file::{File, futures::read_as_text};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::{
    app::parts::{bars, follow_brush, layer_name, save_csv, title, toggle_color},
    store::{Store, Tone},
    ui::{GeneSetChange, GeneSetItem, GeneSets, MeanItem, SidebarSection},
};

/// The gene sets.
#[component]
pub fn GeneSetSection(store: Store) -> impl IntoView {
    let unknown = RwSignal::new(Vec::<String>::new());
    let sets = store.part(|state| state.view.analysis.gene_sets.clone());
    let layer = store.part(|state| state.view.analysis.layer.clone());
    let items = Memo::new(move |_| {
        let layer = layer.get();
        let table = store.read_loaded(|session| session.gene_table(layer.as_deref()).cloned()).flatten();
        // Before the table is there no gene is called unknown.
        let is_known = |gene: &String| table.as_ref().is_none_or(|table| table.find(gene).is_some());
        let item = |set: GeneSet| GeneSetItem {
            mean: set.mean(layer.clone()),
            name: set.name,
            description: set.description,
            genes: set.genes.into_iter().map(|gene| (gene.clone(), is_known(&gene))).collect(),
        };
        sets.get().into_iter().map(item).collect::<Vec<_>>()
    });
    let others = store.part(|state| unlisted_means(&state.view.analysis));
    let others = move || {
        let title = |(mean, set): (GeneMean, Option<String>)| {
            let own = set.unwrap_or_else(|| format!("Mean of {} genes", mean.genes().len()));
            let is_here = layer.with(|layer| layer.as_deref() == mean.layer());
            let title = if is_here { own } else { format!("{own} in {}", layer_name(store, mean.layer())) };
            MeanItem { mean, title }
        };
        others.get().into_iter().map(title).collect::<Vec<_>>()
    };
    let colored = store.part(|state| state.view.analysis.color.gene_set().map(str::to_owned));
    let range_of = move |mean: GeneMean| {
        store.part(move |state| state.view.analysis.query.filters.means.get(&mean).copied()).into()
    };
    let n_sets = move || items.with(|items| if items.is_empty() { String::new() } else { items.len().to_string() });
    view! {
        <SidebarSection title="Gene sets" aside=Signal::derive(n_sets) test_id="gene-sets">
            <GeneSets
                sets=items
                others=Signal::derive(others)
                listed=store.part(|state| state.view.analysis.genes.clone())
                colored
                unknown
                bars_of=Callback::new(move |mean| bars(store, DimensionKey::Mean(mean)))
                range_of=Callback::new(range_of)
                on_change=Callback::new(move |change| follow(store, unknown, change))
            />
        </SidebarSection>
    }
}

fn follow(store: Store, unknown: RwSignal<Vec<String>>, change: GeneSetChange) {
    match change {
        GeneSetChange::Create(name, genes) => {
            let genes = known(store, unknown, genes);
            store.dispatch(Action::AddGeneSets(vec![GeneSet { name, description: String::new(), genes }]));
        }
        GeneSetChange::Rename(from, to) => store.dispatch(Action::RenameGeneSet { from, to }),
        GeneSetChange::Describe(name, description) => {
            store.dispatch(Action::DescribeGeneSet { name, description });
        }
        GeneSetChange::Add(name, genes) => {
            let genes = known(store, unknown, genes);
            store.dispatch(Action::AddToGeneSet { name, genes });
        }
        GeneSetChange::RemoveGene(name, gene) => store.dispatch(Action::RemoveFromGeneSet { name, gene }),
        GeneSetChange::Delete(name) => store.dispatch(Action::RemoveGeneSet(name)),
        GeneSetChange::Color(set) => {
            let layer = store.peek(|state| state.view.analysis.layer.clone());
            toggle_color(store, ColorBy::GeneSet { set, layer });
        }
        GeneSetChange::List(set) => {
            let genes = store.peek(|state| state.view.analysis.gene_set(&set).map(|set| set.genes.clone()));
            let genes = genes.unwrap_or_default().into_iter().filter(|gene| has_gene(store, gene)).collect();
            store.dispatch(Action::AddGenes(genes));
        }
        GeneSetChange::ShowGene(gene) => {
            let layer = store.peek(|state| state.view.analysis.layer.clone());
            store.dispatch(Action::ShowGene(GeneKey { layer, gene }));
        }
        GeneSetChange::Open(mean) => store.ask_mean(mean),
        GeneSetChange::Brush(mean, change) => {
            follow_brush(store, change, |range| Action::SetMeanRange { mean, range });
        }
        GeneSetChange::Load(file) => load(store, unknown, file),
        GeneSetChange::Save => {
            let text = store.peek(|state| gene_sets_to_csv(&state.view.analysis.gene_sets));
            save_csv(store, &format!("{} gene sets.csv", title(store).get_untracked()), &text);
        }
        GeneSetChange::Dismiss => unknown.set(Vec::new()),
    }
}

/// The names that genes go by; the user is told of those that no gene has.
fn known(store: Store, unknown: RwSignal<Vec<String>>, genes: Vec<String>) -> Vec<String> {
    let (genes, missing) = resolve(store, &genes).unwrap_or((genes, Vec::new()));
    unknown.set(missing);
    genes
}

/// Whether the layer that genes are listed in has a gene.
fn has_gene(store: Store, name: &str) -> bool {
    let layer = store.peek(|state| state.view.analysis.layer.clone());
    let table = store.with_session(|session| session.gene_table(layer.as_deref()).cloned()).flatten();
    table.is_some_and(|table| table.find(name).is_some())
}

/// The names that genes go by in the layer chosen, from those names or their ids, and the names
/// that no gene has; `None` before the list of genes is there.
fn resolve(store: Store, names: &[String]) -> Option<(Vec<String>, Vec<String>)> {
    let layer = store.peek(|state| state.view.analysis.layer.clone());
    store.with_session(|session| Some(session.gene_table(layer.as_deref())?.resolve_all(names))).flatten()
}

/// Takes in the sets of a file, as one step.
fn load(store: Store, unknown: RwSignal<Vec<String>>, file: web_sys::File) {
    let file = File::from(file);
    spawn_local(async move {
        let name = file.name();
        let Ok(text) = read_as_text(&file).await else {
            store.tell(format!("The browser could not read {name}."), Tone::Error);
            return;
        };
        match gene_sets_from_csv(&text) {
            Ok(mut sets) => {
                let mut missing = Vec::new();
                for set in &mut sets {
                    if let Some((known, unknown)) = resolve(store, &set.genes) {
                        set.genes = known;
                        missing.extend(unknown.into_iter().filter(|gene| !missing.contains(gene)).collect::<Vec<_>>());
                    }
                }
                unknown.set(missing);
                store.dispatch(Action::AddGeneSets(sets));
            }
            Err(error) => store.tell(format!("{name}: {error}"), Tone::Error),
        }
    });
}
