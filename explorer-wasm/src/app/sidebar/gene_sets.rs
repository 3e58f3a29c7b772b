//! The right sidebar: gene sets.

use explorer_core::{
    format::plural,
    session::{NameClash, Session, UnresolvedGenes, unlisted_means},
    state::{
        Action, ColorBy, DimensionKey, GeneKey, GeneMean, GeneSet, SetValue, gene_sets_from_csv, gene_sets_to_csv,
    },
};
use gloo_file::{File, futures::read_as_text};
use leptos::prelude::*;

use super::genes::list_genes;
use crate::{
    app::parts::{bars, follow_ask, follow_brush, layer_name, open_plot, resolve, save_csv, title, toggle_color},
    store::{Store, Tone},
    ui::{GeneSetChange, GeneSetItem, GeneSets, MeanItem, SetGene, SidebarSection},
    view::view,
};

/// The gene sets.
#[component]
pub fn GeneSetSection(store: Store) -> impl IntoView {
    let unresolved = RwSignal::new(String::new());
    let clash = RwSignal::new(Vec::<GeneSet>::new());
    let sets = store.part(|state| state.view.analysis.gene_sets.clone());
    let layer = store.part(|state| state.view.analysis.layer.clone());
    let items = Memo::new(move |_| {
        let layer = layer.get();
        let gene = |session: &Session, gene: String| {
            let key = GeneKey { layer: layer.clone(), gene };
            // Before the table is there no gene is called unknown.
            let is_known = session.has_gene(&key) != Some(false);
            let label = if is_known { session.gene_label(&key) } else { session.label_in_any_layer(&key) };
            SetGene { label, is_known, id: key.gene }
        };
        let item = |session: &Session, set: GeneSet| GeneSetItem {
            mean: set.mean(layer.clone()).filter(|mean| session.has_mean(mean) != Some(false)),
            name: set.name,
            description: set.description,
            genes: set.genes.into_iter().map(|name| gene(session, name)).collect(),
        };
        let sets = sets.get();
        store
            .read_loaded(|session| sets.into_iter().map(|set| item(session, set)).collect::<Vec<_>>())
            .unwrap_or_default()
    });
    let others = store.part(|state| unlisted_means(&state.view.analysis));
    let others = move || {
        let title = |(mean, set): (GeneMean, Option<String>)| {
            let genes = || plural(mean.genes().len(), "gene", "genes");
            let own = match mean.value() {
                SetValue::Mean => set.unwrap_or_else(|| format!("Mean of {}", genes())),
                SetValue::Score => format!("Score of {}", set.unwrap_or_else(genes)),
            };
            let is_here = layer.with(|layer| layer.as_deref() == mean.layer());
            let title = if is_here { own } else { format!("{own} in {}", layer_name(store, mean.layer())) };
            MeanItem { mean, title }
        };
        others.get().into_iter().map(title).collect::<Vec<_>>()
    };
    let colored = store.part(|state| match &state.view.analysis.color {
        ColorBy::GeneSet { set, value: SetValue::Mean, .. } => Some(set.clone()),
        ColorBy::GeneSet { value: SetValue::Score, .. }
        | ColorBy::None
        | ColorBy::Obs(_)
        | ColorBy::Gene(_)
        | ColorBy::TwoGenes { .. } => None,
    });
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
                clash=Signal::derive(move || clash_text(&sets.read(), &clash.read()))
                bars_of=Callback::new(move |mean| bars(store, DimensionKey::Mean(mean)))
                range_of=Callback::new(range_of)
                on_change=Callback::new(move |change| follow(store, unresolved, clash, change))
            />
        </SidebarSection>
    }
}

/// What to ask about the sets of a file whose names are taken; empty where there are none.
fn clash_text(old: &[GeneSet], new: &[GeneSet]) -> String {
    let names = NameClash::names(old, new);
    let is = if names.len() == 1 { "is a gene set" } else { "are gene sets" };
    if names.is_empty() { String::new() } else { format!("There {is} called {} already.", names.join(", ")) }
}

fn follow(store: Store, unresolved: RwSignal<String>, clash: RwSignal<Vec<GeneSet>>, change: GeneSetChange) {
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
            toggle_color(store, ColorBy::GeneSet { set, layer, value: SetValue::Mean });
        }
        GeneSetChange::Score(set) => {
            let layer = store.peek(|state| state.view.analysis.layer.clone());
            toggle_color(store, ColorBy::GeneSet { set, layer, value: SetValue::Score });
        }
        GeneSetChange::List(set) => {
            let genes = store.peek(|state| state.view.analysis.gene_set(&set).map(|set| set.genes.clone()));
            let genes = resolve(store, &genes.unwrap_or_default()).ids;
            list_genes(store, genes);
        }
        GeneSetChange::Plot(set) => {
            let genes = store.peek(|state| state.view.analysis.gene_set(&set).map(|set| set.genes.clone()));
            open_plot(store, genes.unwrap_or_default());
        }
        GeneSetChange::ShowGene(gene) => {
            let layer = store.peek(|state| state.view.analysis.layer.clone());
            store.dispatch(Action::ShowGene(GeneKey { layer, gene }));
        }
        GeneSetChange::Ask(mean, ask) => follow_ask(store, DimensionKey::Mean(mean), ask),
        GeneSetChange::Open(mean) => store.ask_mean(mean),
        GeneSetChange::Brush(mean, change) => {
            follow_brush(store, change, |range| Action::SetMeanRange { mean, range });
        }
        GeneSetChange::Load(file) => load(store, unresolved, clash, file),
        GeneSetChange::Settle(how) => {
            let new = std::mem::take(&mut *clash.write());
            if let Some(how) = how {
                let sets = store.peek(|state| how.settle(&state.view.analysis.gene_sets, new));
                store.dispatch(Action::AddGeneSets(sets));
            }
        }
        GeneSetChange::Save => {
            let text = store.peek(|state| {
                store.with_session(|session| {
                    gene_sets_to_csv(&state.view.analysis.gene_sets, |id| session.symbol_in_any_layer(id))
                })
            });
            let text = text.unwrap_or_default();
            save_csv(store, &format!("{} gene sets.csv", title(store).get_untracked()), &text);
        }
        GeneSetChange::Dismiss => unresolved.set(String::new()),
    }
}

/// The ids of genes, and the names that stand for none, or for several, of which the user is told.
fn known(store: Store, unresolved: RwSignal<String>, names: &[String]) -> Vec<String> {
    let resolved = resolve(store, names);
    unresolved.set(resolved.unresolved.text());
    resolved.all
}

/// Takes in the sets of a file, as one step; where names are taken, once the user says what is to become of them.
fn load(store: Store, unresolved: RwSignal<String>, clash: RwSignal<Vec<GeneSet>>, file: web_sys::File) {
    let file = File::from(file);
    store.spawn(async move {
        let name = file.name();
        let Ok(text) = read_as_text(&file).await else {
            store.tell(format!("The browser could not read {name}."), Tone::Error);
            return;
        };
        let is_known = |id: &str| store.with_session(|session| session.is_gene_anywhere(id)) == Some(true);
        match gene_sets_from_csv(&text, is_known) {
            Ok(mut sets) => {
                let mut rest = UnresolvedGenes::default();
                for set in &mut sets {
                    let resolved = resolve(store, &set.genes);
                    set.genes = resolved.all;
                    rest.extend(resolved.unresolved);
                }
                unresolved.set(rest.text());
                if store.peek(|state| NameClash::names(&state.view.analysis.gene_sets, &sets).is_empty()) {
                    store.dispatch(Action::AddGeneSets(sets));
                } else {
                    clash.set(sets);
                }
            }
            Err(error) => store.tell(format!("{name}: {error}"), Tone::Error),
        }
    });
}
