//! A field that narrows a list while one types.

use leptos::{ev::KeyboardEvent, prelude::*};

use crate::{
    ui::{Glyph, Icon},
    view::view,
};

/// The field. Enter acts on what is found, and Escape empties it first.
#[component]
pub fn SearchField(
    /// What is typed.
    #[prop(into)]
    query: Signal<String>,
    /// Called with what is typed.
    #[prop(into)]
    on_query: Callback<String>,
    /// What stands there while nothing is.
    #[prop(into)]
    placeholder: Signal<String>,
    /// Its name for assistive technology.
    #[prop(into)]
    label: String,
    /// Its `data-testid`.
    #[prop(into)]
    test_id: String,
    /// Called on Enter, unless nothing is typed.
    #[prop(optional, into)]
    on_enter: Option<Callback<()>>,
) -> impl IntoView {
    let key = move |event: KeyboardEvent| {
        if query.with_untracked(|query| query.trim().is_empty()) {
            return;
        }
        match event.key().as_str() {
            "Enter" => match on_enter {
                Some(on_enter) => on_enter.run(()),
                None => return,
            },
            "Escape" => on_query.run(String::new()),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    view! {
        <div class="field-search">
            <Icon glyph=Glyph::Search />
            <input
                class="field"
                type="search"
                placeholder=move || placeholder.get()
                aria-label=label
                data-testid=test_id
                prop:value=move || query.get()
                on:input:target=move |event| on_query.run(event.target().value())
                on:keydown=key
            />
        </div>
    }
}
