//! What colors the cells, as rows of the sidebars ask and tell.

use explorer_core::state::{Action, ColorBy};
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

/// Colors by something, or, when it is so colored, by nothing.
pub fn toggle_color(store: Store, by: ColorBy) {
    let is_colored = store.peek(|state| state.view.analysis.color == by);
    store.dispatch(Action::SetColor(if is_colored { ColorBy::None } else { by }));
}
