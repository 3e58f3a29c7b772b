//! The steps of the subset, each to go back to.

use explorer_core::{format::integer, session::SubsetStep};
use leptos::prelude::*;

use super::{Cut, Show};
use crate::view::view;

/// The steps that led to the cells in view, from all cells on. A press on one goes back to it.
#[component]
pub fn Breadcrumbs(
    /// Cells of the dataset.
    #[prop(into)]
    n_obs: Signal<u64>,
    /// The steps, the outermost first; nothing is shown where there are none.
    #[prop(into)]
    steps: Signal<Vec<SubsetStep>>,
    /// Called with the number of steps that stay.
    #[prop(into)]
    on_back: Callback<usize>,
) -> impl IntoView {
    let crumb = move |at: usize, name: String, n_cells: Option<u64>| {
        let is_last = at == steps.with_untracked(Vec::len);
        let count = n_cells.map(integer).unwrap_or_default();
        let text = view! { <Cut text=name /> <span class="breadcrumb-n">{count}</span> };
        let test_id = format!("crumb-{at}");
        if is_last {
            view! { <li class="breadcrumb" aria-current="step" data-testid=test_id>{text}</li> }.into_any()
        } else {
            view! {
                <li class="breadcrumb">
                    <button type="button" data-testid=test_id on:click=move |_| on_back.run(at)>{text}</button>
                </li>
            }
            .into_any()
        }
    };
    let crumbs = move || {
        let steps = steps.get();
        let all = std::iter::once(("All cells".to_owned(), Some(n_obs.get())));
        let each = all.chain(steps.into_iter().map(|step| (step.name, step.n_cells)));
        each.enumerate().map(|(at, (name, n_cells))| crumb(at, name, n_cells)).collect_view()
    };
    view! {
        <Show when=move || steps.with(|steps| !steps.is_empty())>
            <nav class="breadcrumbs" aria-label="Steps of the subset" data-testid="breadcrumbs">
                <ol>{crumbs}</ol>
            </nav>
        </Show>
    }
}
