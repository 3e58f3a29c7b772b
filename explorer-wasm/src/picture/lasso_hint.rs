//! What a drag over the picture does, for who has not drawn yet.

use std::time::Duration;

use explorer_core::state::Tool;
use leptos::prelude::*;

use crate::{
    platform,
    store::{Hint, Store},
    view::{effect, view},
};

/// For how long it is said what keys do with the second outline.
const KEYS_STAY: Duration = Duration::from_secs(12);

/// How much the user has drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drawn {
    Nothing,
    First,
    Enough,
}

/// Says what a drag does, while the pointer is over the picture, until the first outline; then for a while what keys do.
#[component]
pub(super) fn LassoHint(store: Store) -> impl IntoView {
    let drawn = RwSignal::new(if store.is_due(Hint::Lasso) { Drawn::Nothing } else { Drawn::Enough });
    let has_outline = store.part(|state| !state.view.analysis.query.filters.selections.is_empty());
    let tool = store.part(|state| state.view.tool);
    effect(move || {
        if has_outline.get() && drawn.get_untracked() == Drawn::Nothing {
            store.note_given(Hint::Lasso);
            drawn.set(Drawn::First);
            store.alive().after(KEYS_STAY, move || {
                // The picture may be suspended.
                let _ = drawn.try_set(Drawn::Enough);
            });
        }
    });
    // A finger comes with none.
    let has_keys = platform::window().match_media("(hover: hover)").ok().flatten().is_none_or(|can| can.matches());
    let text = move || match (drawn.get(), tool.get()) {
        (Drawn::Enough, _) | (_, Tool::Pan | Tool::Orbit) => None,
        (Drawn::Nothing, Tool::Lasso) => Some("Drag around cells to select them"),
        (Drawn::Nothing, Tool::Rectangle) => Some("Drag a rectangle over cells to select them"),
        (Drawn::First, Tool::Lasso | Tool::Rectangle) if has_keys => {
            Some("Shift adds to the selection, Alt takes away, both keep what is inside")
        }
        (Drawn::First, Tool::Lasso | Tool::Rectangle) => Some("Buttons above let the next outline add or take away"),
    };
    view! {
        {move || text().map(|text| view! { <p class="picture-lasso-hint" data-testid="lasso-hint">{text}</p> })}
    }
}
