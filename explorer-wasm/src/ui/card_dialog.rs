//! Which columns are on the card of the cell under the pointer.

use leptos::prelude::*;

use super::{Checkbox, Cut, Each, SearchField, Show, control::Dialog};
use crate::view::view;

/// From this many columns on there is a field to search them.
const SEARCH_FROM: usize = 12;

/// The dialog that asks for the columns.
#[component]
pub fn CardDialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// Columns that there are.
    #[prop(into)]
    columns: Signal<Vec<String>>,
    /// Those on the card.
    #[prop(into)]
    chosen: Signal<Vec<String>>,
    /// Called with a column that is to be on the card, or no longer.
    #[prop(into)]
    on_toggle: Callback<String>,
) -> impl IntoView {
    let query = RwSignal::new(String::new());
    let found = Memo::new(move |_| {
        let query = query.with(|query| query.trim().to_lowercase());
        columns.with(|columns| {
            columns.iter().filter(|name| name.to_lowercase().contains(&query)).cloned().collect::<Vec<_>>()
        })
    });
    let check = move |name: String| {
        let column = StoredValue::new(name.clone());
        let is_on = move || column.with_value(|name| chosen.with(|chosen| chosen.contains(name)));
        view! {
            <li>
                <label class="save-check">
                    <Checkbox
                        check=Signal::derive(move || is_on().into())
                        label=name.clone()
                        test_id=format!("card-column-{name}")
                        on_check=move |_| on_toggle.run(column.get_value())
                    />
                    <Cut text=name />
                </label>
            </li>
        }
    };
    view! {
        <Dialog
            open
            title="Hover card"
            class="finder"
            test_id="card-dialog"
            close_id="card-close"
            on_close=move || open.set(false)
        >
            <div class="save-body">
                <p class="note">"What is told of the cell under the pointer, beside what colors it."</p>
                <Show when=move || columns.with(|columns| columns.len() >= SEARCH_FROM)>
                    <SearchField
                        query
                        on_query=move |text| query.set(text)
                        placeholder="Search columns"
                        label="Search columns"
                        test_id="card-search"
                        on_enter=|| ()
                    />
                </Show>
                <ul class="save-columns" aria-label="Columns on the card">
                    <Each each=move || found.get() key=String::clone children=check />
                </ul>
            </div>
        </Dialog>
    }
}
