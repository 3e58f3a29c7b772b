//! Gene sets made from a result.

use explorer_core::{
    format::plural,
    session::NameClash,
    state::{Action, GeneSet},
};

use crate::store::{Store, Tone};

/// Makes gene sets of genes by their ids, each under a name that no set has, in one step, and says so.
pub fn add_gene_sets(store: Store, sets: Vec<(String, Vec<String>)>) {
    let sets = sets.into_iter().map(|(name, genes)| GeneSet { name, description: String::new(), genes }).collect();
    let sets = store.peek(|state| NameClash::Rename.settle(&state.view.analysis.gene_sets, sets));
    let held = sets.iter().map(|set| format!("“{}” holds {}", set.name, plural(set.genes.len(), "gene", "genes")));
    let told = held.collect::<Vec<_>>().join(", ");
    let kind = if sets.len() == 1 { "The gene set " } else { "Of the gene sets, " };
    store.tell(format!("{kind}{told}."), Tone::Done);
    store.dispatch(Action::AddGeneSets(sets));
}
