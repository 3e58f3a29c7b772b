//! How a result was obtained.

use crate::view::view;
use leptos::prelude::*;

/// The facts of a result, a few words each: always to be read whole, and told once more, with their detail, to whoever
/// points at them.
#[component]
pub(super) fn Facts(
    #[prop(into)] facts: Signal<Vec<String>>,
    #[prop(optional, into)] detail: Signal<Option<String>>,
    /// Whether what they tell of is an estimate.
    #[prop(optional, into)]
    is_estimate: Signal<bool>,
    test_id: &'static str,
) -> impl IntoView {
    let told = move || std::iter::once(facts.get().join(" · ")).chain(detail.get()).collect::<Vec<_>>().join("\n");
    view! {
        <p
            class="de-facts note"
            data-testid=test_id
            data-estimate=move || is_estimate.get().to_string()
            title=told
        >
            {move || facts.get().into_iter().map(|fact| view! { <span>{fact}</span> }).collect_view()}
        </p>
    }
}
