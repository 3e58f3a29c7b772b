//! What is wrong with what was typed.

use crate::view::view;
use leptos::prelude::*;

/// What is wrong with what was typed into a field, in words below it. The field names it by `aria-describedby`.
#[component]
pub fn Wrong(
    /// Its id.
    id: String,
    /// The words; `None` where nothing is wrong.
    #[prop(into)]
    text: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <p class="wrong note" role="status" id=id hidden=move || text.with(Option::is_none)>
            {move || text.get()}
        </p>
    }
}
