//! The filters in force, each to be taken away.

use std::sync::Arc;

use explorer_core::{
    catalog::{CatalogEdit, CatalogQuery, NumberRange},
    format::integer,
    names::visible,
};
use leptos::prelude::*;

use super::Listing;
use crate::{
    ui::{Glyph, Icon, Show},
    view::view,
};

/// The filters in force. The search field shows its own words.
#[component]
pub fn CatalogChips(
    /// What is shown.
    #[prop(into)]
    listing: Signal<Arc<Listing>>,
    /// Called with what the user asks for.
    on_edit: Callback<CatalogEdit>,
) -> impl IntoView {
    let chips = Memo::new(move |_| listing.with(|listing| chips_of(&listing.query)));
    let chip = move |Chip { place, text, removal }: Chip| {
        let remove = format!("Remove the filter on {place}: {text}");
        view! {
            <li class="gene-chip">
                <span class="ellipsis"><strong>{place}</strong>" "<bdi>{text}</bdi></span>
                <button
                    type="button"
                    class="gene-chip-remove"
                    aria-label=remove
                    on:click=move |_| on_edit.run(removal.clone())
                >
                    <Icon glyph=Glyph::Close />
                </button>
            </li>
        }
    };
    view! {
        <Show when=move || chips.with(|chips| !chips.is_empty())>
            <ul class="catalog-chips" aria-label="Filters in force" data-testid="catalog-chips">
                {move || chips.get().into_iter().map(chip).collect_view()}
                <li>
                    <button
                        type="button"
                        class="button quiet"
                        data-testid="catalog-clear"
                        on:click=move |_| on_edit.run(CatalogEdit::Clear)
                    >
                        "Clear all"
                    </button>
                </li>
            </ul>
        </Show>
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Chip {
    place: &'static str,
    text: String,
    /// What takes it away.
    removal: CatalogEdit,
}

fn chips_of(query: &CatalogQuery) -> Vec<Chip> {
    let labels = query.labels.iter().flat_map(|(&facet, labels)| {
        labels.iter().map(move |label| Chip {
            place: facet.title(),
            text: visible(label).into_owned(),
            removal: CatalogEdit::Toggle(facet, label.clone()),
        })
    });
    let numbers = query.numbers.iter().map(|(&facet, &range)| Chip {
        place: facet.title(),
        text: range_text(range),
        removal: CatalogEdit::Bound(facet, NumberRange::default()),
    });
    let since = query.since.map(|since| Chip {
        place: "Publication date",
        text: since.title().to_owned(),
        removal: CatalogEdit::Since(None),
    });
    labels.chain(numbers).chain(since).collect()
}

fn range_text(NumberRange { min, max }: NumberRange) -> String {
    let number = |number: u32| integer(u64::from(number));
    match (min, max) {
        (Some(min), Some(max)) => format!("{} to {}", number(min), number(max)),
        (Some(min), None) => format!("{} or more", number(min)),
        (None, Some(max)) => format!("{} or fewer", number(max)),
        (None, None) => "any".to_owned(),
    }
}
