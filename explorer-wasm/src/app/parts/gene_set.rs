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
    for set in &sets {
        let n_genes = plural(set.genes.len(), "gene", "genes");
        store.tell(format!("The gene set “{}” holds {n_genes}.", set.name), Tone::Done);
    }
    store.dispatch(Action::AddGeneSets(sets));
}
