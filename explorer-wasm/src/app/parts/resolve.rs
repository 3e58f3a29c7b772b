//! Genes by the names that people give them.

use explorer_core::session::ResolvedGenes;

use crate::store::Store;

/// The genes that names stand for in the layer chosen, or in another. Before the lists of genes are there, names stay as
/// they are; they are resolved when these come.
pub fn resolve(store: Store, names: &[String]) -> ResolvedGenes {
    let layer = store.peek(|state| state.view.analysis.layer.clone());
    store.with_session(|session| session.resolve_genes(names, layer.as_deref())).unwrap_or_default()
}
