//! What colors the cells, as rows of the sidebars ask and tell.

use explorer_core::state::{Action, ColorBy, GeneKey};
use leptos::prelude::*;

use crate::store::Store;

/// Whether that colors the cells.
pub fn is_colored(store: Store, by: ColorBy) -> Memo<bool> {
    store.part(move |state| state.view.analysis.color == by)
}

/// The id of the gene that colors the cells, where it does in this layer.
pub fn colored_in(store: Store, color: &ColorBy, layer: Option<String>) -> Option<String> {
    let key = color.gene()?;
    (store.layer_key(&layer?) == key.layer).then(|| key.gene.clone())
}

/// The gene in color, beside which another could be, or the two that are.
pub fn blended(store: Store) -> Memo<Vec<GeneKey>> {
    store.part(|state| genes_of(&state.view.analysis.color))
}

fn genes_of(color: &ColorBy) -> Vec<GeneKey> {
    match color {
        ColorBy::Gene(gene) => vec![gene.clone()],
        ColorBy::TwoGenes { .. } => color.pair().into_iter().flatten().collect(),
        ColorBy::None | ColorBy::Obs(_) | ColorBy::GeneSet { .. } => Vec::new(),
    }
}

/// Blends a gene with the one in color, in place of the second of two; one of two that are blended is taken out.
pub fn blend(store: Store, key: GeneKey) {
    let genes = store.peek(|state| genes_of(&state.view.analysis.color));
    let color = match genes.as_slice() {
        [first, second] if key == *first => ColorBy::Gene(second.clone()),
        [first, second] if key == *second => ColorBy::Gene(first.clone()),
        [first, ..] => ColorBy::TwoGenes { genes: [first.gene.clone(), key.gene], layer: key.layer },
        [] => ColorBy::Gene(key),
    };
    store.dispatch(Action::SetColor(color));
}

/// Colors by something, or, when it is so colored, by nothing.
pub fn toggle_color(store: Store, by: ColorBy) {
    let is_colored = store.peek(|state| state.view.analysis.color == by);
    store.dispatch(Action::SetColor(if is_colored { ColorBy::None } else { by }));
}
