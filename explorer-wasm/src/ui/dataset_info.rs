//! What is known of the dataset as a whole.

use explorer_core::session::DatasetFacts;
use leptos::prelude::*;

use super::{Cut, Glyph, Icon, Show};
use crate::view::view;

/// The facts, and the warnings under them.
#[component]
pub fn DatasetInfo(
    /// What the dataset is called.
    #[prop(into)]
    title: Signal<String>,
    /// What to show.
    #[prop(into)]
    facts: Signal<DatasetFacts>,
    /// The address of the document that describes it, where there is one.
    about: Option<String>,
) -> impl IntoView {
    let list = move |rows: Vec<(String, String)>| {
        let row = |(name, value): (String, String)| {
            view! {
                <div>
                    <dt><Cut text=name /></dt>
                    <dd title=value.clone()>{value.clone()}</dd>
                </div>
            }
        };
        view! { <dl>{rows.into_iter().map(row).collect_view()}</dl> }
    };
    let warnings = move || {
        let warning = |warning: String| {
            view! {
                <li>
                    <Icon glyph=Glyph::Warning />
                    <span>{warning}</span>
                </li>
            }
        };
        facts.get().warnings.into_iter().map(warning).collect_view()
    };
    let has_layers = move || facts.with(|facts| !facts.layers.is_empty());
    view! {
        <div class="dataset-info" data-testid="dataset-info">
            <p class="dataset-info-title">{move || title.get()}</p>
            {about.map(|about| view! {
                <p>
                    <a href=about data-testid="dataset-about">"Description, citation and downloads"</a>
                </p>
            })}
            {move || list(facts.get().rows)}
            {move || list(facts.get().constants)}
            <Show when=has_layers>
                <h3>"Layers"</h3>
                {move || list(facts.get().layers)}
            </Show>
            <ul class="dataset-warnings" aria-label="Warnings">{warnings}</ul>
        </div>
    }
}
