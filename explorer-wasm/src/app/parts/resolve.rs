//! Genes by the names that people give them.

use std::sync::Arc;

use explorer_core::session::{GeneTable, ResolvedGenes};

use crate::store::Store;

/// The genes of the layer that genes are listed in, when they are there.
pub fn gene_table(store: Store) -> Option<Arc<GeneTable>> {
    let layer = store.peek(|state| state.view.analysis.layer.clone());
    store.with_session(|session| session.gene_table(layer.as_deref()).cloned()).flatten()
}

/// The genes that names stand for in the layer chosen. Before the list of genes is there, names stay as they are; they
/// are resolved when it comes.
pub fn resolve(store: Store, names: &[String]) -> ResolvedGenes {
    match gene_table(store) {
        Some(table) => table.resolve(names),
        None => ResolvedGenes { ids: names.to_vec(), ..ResolvedGenes::default() },
    }
}
