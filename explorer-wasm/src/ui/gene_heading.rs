//! The first cell of a row of results: its gene, as what takes the focus in the row.

use leptos::prelude::*;

use super::control::TabStop;
use crate::view::view;

/// The name of the gene of a row. A press is the row's affair.
#[component]
pub fn GeneHeading(
    /// Which row it is.
    index: usize,
    /// What the gene is called.
    #[prop(into)]
    label: Signal<String>,
    /// Whether the cells are colored by it.
    #[prop(into)]
    chosen: Signal<bool>,
    /// What stands behind the name.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div role="rowheader" class="de-gene">
            <button
                type="button"
                class="ellipsis"
                tabindex=TabStop::tabindex(index)
                aria-pressed=move || chosen.get().to_string()
                title=move || label.get()
            >
                {move || label.get()}
            </button>
            {children.map(|children| children())}
        </div>
    }
}
