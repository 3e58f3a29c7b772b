//! Names that keep both ends where room is short.

use explorer_core::names::{cut_in_the_middle, visible};
use leptos::prelude::*;

/// A name from a file: cut in its middle where room is short, whole for whoever points at it, kept apart from the
/// writing around it, and told where there is nothing to see of it.
#[component]
pub fn Cut(
    /// The name.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    let shown = Memo::new(move |_| text.with(|text| visible(text).into_owned()));
    let part = move |part: fn((&str, &str)) -> String| shown.with(|shown| part(cut_in_the_middle(shown)));
    view! {
        <bdi class="cut" class:unseen=move || text.with(|text| shown.with(|shown| shown != text)) title=move || text.get()>
            <span class="ellipsis">{move || part(|(head, _)| head.to_owned())}</span>
            <span>{move || part(|(_, tail)| tail.to_owned())}</span>
        </bdi>
    }
}
