//! Gene sets made from a result.

use explorer_core::{
    format,
    state::{Action, GeneSet},
};

use crate::{
    store::{Store, Tone},
    ui::free_name,
};

/// Makes a gene set of genes by their ids, named after where they come from, and says so.
pub fn add_gene_set(store: Store, from: &str, genes: Vec<String>) {
    let taken =
        store.peek(|state| state.view.analysis.gene_sets.iter().map(|set| set.name.clone()).collect::<Vec<_>>());
    let name = if taken.iter().any(|name| name == from) { free_name(from, &taken) } else { from.to_owned() };
    let n_genes = format::plural(genes.len(), "gene", "genes");
    store.tell(format!("The gene set “{name}” holds the {n_genes} in sight."), Tone::Done);
    store.dispatch(Action::AddGeneSets(vec![GeneSet { name, description: String::new(), genes }]));
}
