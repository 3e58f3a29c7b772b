//! What is known of the dataset as a whole.

use explorer_core::format::integer;
use leptos::prelude::*;

use super::{Cut, Glyph, Icon};

/// The dataset as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DatasetFacts {
    /// Its title.
    pub title: String,
    /// Number of cells.
    pub n_obs: u64,
    /// Number of genes.
    pub n_vars: u64,
    /// The layer in use, and what it holds.
    pub layer: String,
    /// Columns with one value alone, and that value.
    pub constants: Vec<(String, String)>,
    /// What was mended when the dataset was built.
    pub warnings: Vec<String>,
}

/// The facts, and the warnings under them.
#[component]
pub fn DatasetInfo(
    /// What to show.
    #[prop(into)]
    facts: Signal<DatasetFacts>,
) -> impl IntoView {
    let rows = move || {
        let facts = facts.get();
        let sizes = [("Cells".to_owned(), integer(facts.n_obs)), ("Genes".to_owned(), integer(facts.n_vars))];
        let layer = (!facts.layer.is_empty()).then(|| ("Expression".to_owned(), facts.layer.clone()));
        sizes
            .into_iter()
            .chain(layer)
            .chain(facts.constants)
            .map(|(name, value)| {
                view! {
                    <div>
                        <dt><Cut text=name.clone() /></dt>
                        <dd title=value.clone()>{value.clone()}</dd>
                    </div>
                }
            })
            .collect_view()
    };
    let warnings = move || {
        facts
            .get()
            .warnings
            .into_iter()
            .map(|warning| {
                view! {
                    <li>
                        <Icon glyph=Glyph::Warning />
                        <span>{warning}</span>
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <div class="dataset-info" data-testid="dataset-info">
            <p class="dataset-info-title">{move || facts.get().title}</p>
            <dl>{rows}</dl>
            <ul class="dataset-warnings" aria-label="Warnings">{warnings}</ul>
        </div>
    }
}
