//! A field that narrows a list while one types.

use leptos::{ev::KeyboardEvent, prelude::*};

use crate::ui::{Glyph, Icon};

/// The field. Enter acts on what is found, and Escape empties it first.
#[component]
pub fn SearchField(
    /// What is typed.
    query: RwSignal<String>,
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
    #[prop(into)]
    on_enter: Callback<()>,
) -> impl IntoView {
    let key = move |event: KeyboardEvent| {
        if query.with_untracked(|query| query.trim().is_empty()) {
            return;
        }
        match event.key().as_str() {
            "Enter" => on_enter.run(()),
            "Escape" => query.set(String::new()),
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
                on:input:target=move |event| query.set(event.target().value())
                on:keydown=key
            />
        </div>
    }
}
