//! The right sidebar: gene sets.

use explorer_core::{
    format::plural,
    session::{UnresolvedGenes, unlisted_means},
    state::{Action, ColorBy, DimensionKey, GeneKey, GeneMean, GeneSet, gene_sets_from_csv, gene_sets_to_csv},
};
use gloo_file::{File, futures::read_as_text};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::{
    app::parts::{bars, follow_brush, gene_table, layer_name, resolve, save_csv, title, toggle_color},
    store::{Store, Tone},
    ui::{GeneSetChange, GeneSetItem, GeneSets, MeanItem, SetGene, SidebarSection},
};

/// The gene sets.
#[component]
pub fn GeneSetSection(store: Store) -> impl IntoView {
    let unresolved = RwSignal::new(String::new());
    let sets = store.part(|state| state.view.analysis.gene_sets.clone());
    let layer = store.part(|state| state.view.analysis.layer.clone());
    let items = Memo::new(move |_| {
        let layer = layer.get();
        let table = store.read_loaded(|session| session.gene_table(layer.as_deref()).cloned()).flatten();
        // Before the table is there no gene is called unknown.
        let gene = |id: String| SetGene {
            label: table.as_ref().map_or(id.as_str(), |table| table.label_of(&id)).to_owned(),
            is_known: table.as_ref().is_none_or(|table| table.find(&id).is_ok()),
            id,
        };
        let item = |set: GeneSet| GeneSetItem {
            mean: set.mean(layer.clone()),
            name: set.name,
            description: set.description,
            genes: set.genes.into_iter().map(gene).collect(),
        };
        sets.get().into_iter().map(item).collect::<Vec<_>>()
    });
    let others = store.part(|state| unlisted_means(&state.view.analysis));
    let others = move || {
        let title = |(mean, set): (GeneMean, Option<String>)| {
            let own = set.unwrap_or_else(|| format!("Mean of {}", plural(mean.genes().len(), "gene", "genes")));
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
                unresolved
                bars_of=Callback::new(move |mean| bars(store, DimensionKey::Mean(mean)))
                range_of=Callback::new(range_of)
                on_change=Callback::new(move |change| follow(store, unresolved, change))
            />
        </SidebarSection>
    }
}

fn follow(store: Store, unresolved: RwSignal<String>, change: GeneSetChange) {
    match change {
        GeneSetChange::Create(name, genes) => {
            let genes = known(store, unresolved, &genes);
            store.dispatch(Action::AddGeneSets(vec![GeneSet { name, description: String::new(), genes }]));
        }
        GeneSetChange::Rename(from, to) => store.dispatch(Action::RenameGeneSet { from, to }),
        GeneSetChange::Describe(name, description) => {
            store.dispatch(Action::DescribeGeneSet { name, description });
        }
        GeneSetChange::Add(name, genes) => {
            let genes = known(store, unresolved, &genes);
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
            let genes = resolve(store, &genes.unwrap_or_default()).ids;
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
        GeneSetChange::Load(file) => load(store, unresolved, file),
        GeneSetChange::Save => {
            let table = gene_table(store);
            let symbol = |id: &str| table.as_ref().map_or(id, |table| table.symbol_of(id)).to_owned();
            let text = store.peek(|state| gene_sets_to_csv(&state.view.analysis.gene_sets, symbol));
            save_csv(store, &format!("{} gene sets.csv", title(store).get_untracked()), &text);
        }
        GeneSetChange::Dismiss => unresolved.set(String::new()),
    }
}

/// The ids of genes; the user is told of names that stand for none, or for several.
fn known(store: Store, unresolved: RwSignal<String>, names: &[String]) -> Vec<String> {
    let resolved = resolve(store, names);
    unresolved.set(resolved.unresolved.text());
    resolved.ids
}

/// Takes in the sets of a file, as one step.
fn load(store: Store, unresolved: RwSignal<String>, file: web_sys::File) {
    let file = File::from(file);
    spawn_local(async move {
        let name = file.name();
        let Ok(text) = read_as_text(&file).await else {
            store.tell(format!("The browser could not read {name}."), Tone::Error);
            return;
        };
        let table = gene_table(store);
        let is_known = |id: &str| table.as_ref().is_some_and(|table| table.find(id).is_ok());
        match gene_sets_from_csv(&text, is_known) {
            Ok(mut sets) => {
                let mut rest = UnresolvedGenes::default();
                for set in &mut sets {
                    let resolved = resolve(store, &set.genes);
                    set.genes = resolved.ids;
                    rest.extend(resolved.unresolved);
                }
                unresolved.set(rest.text());
                store.dispatch(Action::AddGeneSets(sets));
            }
            Err(error) => store.tell(format!("{name}: {error}"), Tone::Error),
        }
    });
}
