//! The filters in force, each to be taken away.

use explorer_core::{session::ActiveFilter, state::DimensionKey};
use leptos::prelude::*;

use super::{Cut, Glyph, Icon, Show};
use crate::view::view;

/// The filters in force, over the picture: each says what it is on, its column or its embedding, and what passes.
#[component]
pub fn FilterChips(
    /// The filters.
    #[prop(into)]
    filters: Signal<Vec<ActiveFilter>>,
    /// Called with the filter to take away.
    #[prop(into)]
    on_remove: Callback<DimensionKey>,
    /// Called to ask what the cells are that pass.
    #[prop(into)]
    on_describe: Callback<()>,
) -> impl IntoView {
    let chip = move |ActiveFilter { key, place, text }: ActiveFilter| {
        let title = format!("{place}: {text}");
        let remove = format!("Remove the filter on {place}");
        view! {
            <li class="gene-chip" title=title>
                <strong><Cut text=place.clone() /></strong>
                " "
                <Cut text />
                <button
                    type="button"
                    class="gene-chip-remove"
                    aria-label=remove
                    data-testid=format!("filter-remove-{place}")
                    on:click=move |_| on_remove.run(key.clone())
                >
                    <Icon glyph=Glyph::Close />
                </button>
            </li>
        }
    };
    view! {
        <ul class="filter-chips" aria-label="Filters in force" data-testid="filters">
            {move || filters.get().into_iter().map(chip).collect_view()}
            <Show when=move || filters.with(|filters| !filters.is_empty())>
                <li class="gene-chip filter-ask">
                    <button type="button" data-testid="filters-describe" on:click=move |_| on_describe.run(())>
                        "What is this?"
                    </button>
                </li>
            </Show>
        </ul>
    }
}
