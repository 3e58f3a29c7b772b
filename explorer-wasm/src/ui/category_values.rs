//! The labels of a category: the field to search them, and their rows.

use std::sync::Arc;

use explorer_core::format::integer;
use leptos::prelude::*;

use super::{Breakdown, CategoryLabels, OwnCategory, SearchField, Show, ValueCount, VirtualList, value_row::ValueRow};
use crate::view::view;

/// Numbers of cells with more digits and commas stand one above the other, or labels would have no room beside them.
const MOST_DIGITS: usize = 5;

/// From this many labels on there is a field to search them.
const SEARCH_FROM: usize = 20;
/// Taller lists scroll.
const MAX_ROWS: usize = 14;

/// Places held for so many labels on their way.
#[component]
pub(super) fn LoadingRows(count: usize) -> impl IntoView {
    view! {
        <div aria-busy="true" aria-label="Loading labels">
            {(0..count.min(MAX_ROWS))
                .map(|row| {
                    view! {
                        <div class="value-loading">
                            <span class="skeleton" style:width=format!("{}%", 72 - (row * 17) % 40)></span>
                        </div>
                    }
                })
                .collect_view()}
        </div>
    }
}

/// The search and the rows.
#[component]
pub(super) fn CategoryValues(
    column: String,
    /// The labels to list, in order.
    codes: Memo<Vec<u32>>,
    query: RwSignal<String>,
    labels: Signal<Option<Arc<CategoryLabels>>>,
    counts: Signal<Arc<[ValueCount]>>,
    checked: Signal<Arc<[bool]>>,
    breakdown: Signal<Option<Arc<Breakdown>>>,
    colored: Signal<bool>,
    on_check: Callback<(u32, bool)>,
    on_only: Callback<Vec<u32>>,
    on_compare: Option<Callback<u32>>,
    on_hover: Callback<Option<u32>>,
    own: Option<OwnCategory>,
) -> impl IntoView {
    let n_labels = labels.with_untracked(|labels| labels.as_ref().map_or(0, |labels| labels.values.len()));
    let most =
        Memo::new(move |_| counts.with(|counts| counts.iter().filter_map(|count| count.total).max().unwrap_or(0)));
    let digits = Memo::new(move |_| integer(u64::from(most.get())).len());
    let column = StoredValue::new(column);
    let row = Callback::new(move |index: usize| {
        view! {
            <ValueRow
                column=column.get_value()
                code=Signal::derive(move || codes.with(|codes| codes.get(index).copied()))
                labels
                counts
                checked
                breakdown
                colored
                most
                on_check
                on_only
                on_compare
                on_hover
                own
            />
        }
        .into_any()
    });
    let tools = move || {
        view! {
            <div class="category-tools">
                <SearchField
                    query
                    on_query=move |text| query.set(text)
                    placeholder=format!("Search {} labels", integer(n_labels as u64))
                    label=format!("Search labels of {}, Enter selects those found", column.get_value())
                    test_id=format!("category-search-{}", column.get_value())
                    on_enter=move || {
                        let found = codes.get_untracked();
                        if !found.is_empty() {
                            on_only.run(found);
                        }
                    }
                />
            </div>
        }
    };
    let is_stacked = move || digits.get() > MOST_DIGITS;
    view! {
        <div
            class="category-values"
            class:stacked=is_stacked
            style=("--digits", move || digits.get().to_string())
            on:pointerleave=move |_| on_hover.run(None)
        >
            {(n_labels > SEARCH_FROM).then(tools)}
            <VirtualList
                count=Signal::derive(move || codes.with(Vec::len))
                max_rows=MAX_ROWS
                label=format!("Labels of {}", column.get_value())
                // A new search or order begins at its top.
                show_row=Signal::derive(move || codes.with(|_| Some(0)))
                row
            />
            <Show when=move || codes.with(Vec::is_empty)>
                <p class="category-none note">"No label matches."</p>
            </Show>
        </div>
    }
}
