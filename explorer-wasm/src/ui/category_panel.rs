//! A categorical column of `obs`: its labels with their counts, to filter and color by.

use std::sync::Arc;

use explorer_core::{
    color::css_color,
    format::integer,
    screen::{RowOrder, category_rows},
};
use leptos::prelude::*;

use super::{
    BarPart, CategoryValue, Check, Checkbox, Glyph, Icon, IconButton, Menu, MenuItem, ValueCount, VirtualList,
};

/// From this many labels on there is a field to search them.
const SEARCH_FROM: usize = 20;
/// Taller lists scroll.
const MAX_ROWS: usize = 14;

/// The panel of one categorical column. Labels are known by their codes.
#[component]
pub fn CategoryPanel(
    /// The column's name.
    #[prop(into)]
    name: String,
    /// How many labels it has, known before they are.
    n_labels: usize,
    /// The labels, by code; `None` while they are on their way.
    #[prop(into)]
    values: Signal<Option<Arc<[CategoryValue]>>>,
    /// Cells of each label, by code.
    #[prop(into)]
    counts: Signal<Arc<[ValueCount]>>,
    /// Which labels pass, by code; those beyond its end do.
    #[prop(into)]
    checked: Signal<Arc<[bool]>>,
    /// What each label's bar is made of, by code, where cells are colored by another category.
    #[prop(optional, into)]
    parts: Signal<Option<Arc<[Vec<BarPart>]>>>,
    /// Whether the labels are listed.
    #[prop(into)]
    expanded: Signal<bool>,
    /// Whether cells are colored by it.
    #[prop(into)]
    colored: Signal<bool>,
    /// Called to list the labels or to fold them away.
    #[prop(into)]
    on_expand: Callback<bool>,
    /// Called to color by it, or, when it is so colored, to stop.
    #[prop(into)]
    on_color: Callback<()>,
    /// Called to let all labels pass, or none.
    #[prop(into)]
    on_check_all: Callback<bool>,
    /// Called to let a label pass, or not.
    #[prop(into)]
    on_check: Callback<(u32, bool)>,
    /// Called to let one label alone pass.
    #[prop(into)]
    on_only: Callback<u32>,
    /// Called to compare the cells of one label with the rest, where cells can be compared.
    on_compare: Option<Callback<u32>>,
    /// Called with the label that the pointer is over.
    #[prop(into)]
    on_hover: Callback<Option<u32>>,
    /// Called with whether the pointer is over its head.
    #[prop(optional, into)]
    on_point: Option<Callback<bool>>,
    /// Called to find the markers of every label, where that can be done.
    on_markers: Option<Callback<()>>,
) -> impl IntoView {
    let check = Signal::derive(move || {
        let off = checked.with(|checked| checked.iter().filter(|&&on| !on).count());
        Check::of(n_labels.saturating_sub(off), n_labels)
    });
    let name = StoredValue::new(name);
    let column = move || name.get_value();
    let point = move |is_over| {
        if let Some(on_point) = on_point {
            on_point.run(is_over);
        }
    };
    let chevron = Signal::derive(move || if expanded.get() { Glyph::ChevronDown } else { Glyph::ChevronRight });
    let list = move || {
        view! {
            <CategoryValues
                column=column()
                values
                counts
                checked
                parts
                colored
                on_check
                on_only
                on_compare
                on_hover
            />
        }
    };
    view! {
        <section class="category" data-testid=format!("category-{}", column()) aria-label=column()>
            <div
                class="category-head"
                on:pointerenter=move |_| point(true)
                on:pointerleave=move |_| point(false)
            >
                <Checkbox
                    check
                    label=format!("All of {}", column())
                    test_id=format!("category-check-{}", column())
                    on_check=on_check_all
                />
                <h3 class="category-title">
                    <button
                        type="button"
                        data-testid=format!("category-expand-{}", column())
                        aria-expanded=move || expanded.get().to_string()
                        on:click=move |_| on_expand.run(!expanded.get_untracked())
                    >
                        <span class="ellipsis" title=column()>{column()}</span>
                        <span class="category-n">{integer(n_labels as u64)}</span>
                        <Icon glyph=chevron />
                    </button>
                </h3>
                <IconButton
                    glyph=Glyph::Drop
                    label="Color by"
                    test_id=format!("category-color-{}", column())
                    pressed=colored
                    on_press=on_color
                />
                {on_markers.map(|on_markers| view! {
                    <Menu glyph=Glyph::More label="More" test_id=format!("category-menu-{}", column())>
                        <MenuItem
                            label="Markers of every label"
                            glyph=Glyph::Genes
                            test_id=format!("category-markers-{}", column())
                            on_choose=on_markers
                        />
                    </Menu>
                })}
            </div>
            <Show when=move || expanded.get()>
                <Show
                    when=move || values.with(Option::is_some)
                    fallback=move || view! { <LoadingRows count=n_labels.min(MAX_ROWS) /> }
                >
                    {list()}
                </Show>
            </Show>
        </section>
    }
}

/// Places held for labels on their way.
#[component]
fn LoadingRows(count: usize) -> impl IntoView {
    view! {
        <div aria-busy="true" aria-label="Loading labels">
            {(0..count)
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

/// The search, the order and the rows.
#[component]
fn CategoryValues(
    column: String,
    values: Signal<Option<Arc<[CategoryValue]>>>,
    counts: Signal<Arc<[ValueCount]>>,
    checked: Signal<Arc<[bool]>>,
    parts: Signal<Option<Arc<[Vec<BarPart>]>>>,
    colored: Signal<bool>,
    on_check: Callback<(u32, bool)>,
    on_only: Callback<u32>,
    on_compare: Option<Callback<u32>>,
    on_hover: Callback<Option<u32>>,
) -> impl IntoView {
    let order = RwSignal::new(RowOrder::Label);
    let query = RwSignal::new(String::new());
    // Counts change at every step of a drag; the order of the labels needs them only when sorted so.
    let codes = Memo::new(move |_| {
        let sort = order.get();
        let counts = if sort == RowOrder::Count { counts.get() } else { Arc::from([]) };
        values.with(|values| category_rows(values.as_deref().unwrap_or_default(), &counts, sort, &query.read()))
    });
    let n_labels = values.with_untracked(|values| values.as_ref().map_or(0, |values| values.len()));
    let most =
        Memo::new(move |_| counts.with(|counts| counts.iter().filter_map(|count| count.total).max().unwrap_or(0)));
    let digits = Memo::new(move |_| integer(u64::from(most.get())).len());
    let column = StoredValue::new(column);
    let row = Callback::new(move |index: usize| {
        view! {
            <ValueRow
                column=column.get_value()
                code=Signal::derive(move || codes.with(|codes| codes.get(index).copied()))
                values
                counts
                checked
                parts
                colored
                most
                on_check
                on_only
                on_compare
                on_hover
            />
        }
        .into_any()
    });
    let by_count = move || order.get() == RowOrder::Count;
    let tools = move || {
        view! {
            <div class="category-tools">
                <div class="field-search">
                    <Icon glyph=Glyph::Search />
                    <input
                        class="field"
                        type="search"
                        placeholder=format!("Search {} labels", integer(n_labels as u64))
                        aria-label=format!("Search labels of {}", column.get_value())
                        data-testid=format!("category-search-{}", column.get_value())
                        prop:value=move || query.get()
                        on:input:target=move |event| query.set(event.target().value())
                    />
                </div>
                <IconButton
                    glyph=Glyph::Sort
                    label=Signal::derive(move || {
                        if by_count() { "Sort by label".to_owned() } else { "Sort by number of cells".to_owned() }
                    })
                    test_id=format!("category-sort-{}", column.get_value())
                    pressed=Signal::derive(by_count)
                    on_press=move || order.set(if by_count() { RowOrder::Label } else { RowOrder::Count })
                />
            </div>
        }
    };
    view! {
        <div
            class="category-values"
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

/// One label.
#[component]
fn ValueRow(
    column: String,
    code: Signal<Option<u32>>,
    values: Signal<Option<Arc<[CategoryValue]>>>,
    counts: Signal<Arc<[ValueCount]>>,
    checked: Signal<Arc<[bool]>>,
    parts: Signal<Option<Arc<[Vec<BarPart>]>>>,
    colored: Signal<bool>,
    most: Memo<u32>,
    on_check: Callback<(u32, bool)>,
    on_only: Callback<u32>,
    on_compare: Option<Callback<u32>>,
    on_hover: Callback<Option<u32>>,
) -> impl IntoView {
    let column = StoredValue::new(column);
    let value = move || values.with(|values| values.as_ref()?.get(code.get()? as usize).cloned());
    let label = Memo::new(move |_| value().map(|value| value.label).unwrap_or_default());
    let count = Memo::new(move |_| {
        counts.with(|counts| code.get().and_then(|code| counts.get(code as usize).copied())).unwrap_or_default()
    });
    let on = Memo::new(move |_| {
        checked.with(|checked| code.get().and_then(|code| checked.get(code as usize).copied())).unwrap_or(true)
    });
    let ask = move |on| {
        if let Some(code) = code.get_untracked() {
            on_check.run((code, on));
        }
    };
    let share = move |cells: Option<u32>| {
        format!("{:.2}%", 100.0 * f64::from(cells.unwrap_or(0)) / f64::from(most.get().max(1)))
    };
    let own_parts = move || {
        let parts = parts.get()?;
        let parts = parts.get(code.get()? as usize)?;
        Some(
            parts
                .iter()
                .map(|part| {
                    view! {
                        <i
                            style:width=format!("{:.2}%", part.fraction * 100.0)
                            style:background=css_color(part.color)
                        ></i>
                    }
                })
                .collect_view(),
        )
    };
    view! {
        <div
            class="value-row"
            class:off=move || !on.get()
            class:missing=move || value().is_some_and(|value| value.missing)
            role="listitem"
            data-testid=move || format!("value-{}-{}", column.get_value(), label.get())
            on:pointerenter=move |_| on_hover.run(code.get_untracked())
        >
            <label class="value-label">
                <Checkbox
                    check=Signal::derive(move || on.get().into())
                    label
                    on_check=ask
                />
                <Show when=move || colored.get()>
                    <span
                        class="value-swatch"
                        style:background=move || value().map(|value| css_color(value.color))
                    ></span>
                </Show>
                <span class="value-name ellipsis" title=move || label.get()>{move || label.get()}</span>
            </label>
            <button
                type="button"
                class="value-only"
                aria-label=move || format!("Only {}", label.get())
                on:click=move |_| {
                    if let Some(code) = code.get_untracked() {
                        on_only.run(code);
                    }
                }
            >
                "only"
            </button>
            {on_compare.map(|on_compare| view! {
                <IconButton
                    glyph=Glyph::Compare
                    label=Signal::derive(move || format!("Compare {} with the rest", label.get()))
                    test_id="value-compare"
                    on_press=move || {
                        if let Some(code) = code.get_untracked() {
                            on_compare.run(code);
                        }
                    }
                />
            })}
            <span class="value-selected">{move || cells(count.get().selected)}</span>
            <span class="value-total">{move || cells(count.get().total)}</span>
            <span class="value-bar" aria-hidden="true">
                <i class="value-bar-total" style:width=move || share(count.get().total)></i>
                <span class="value-bar-selected" style:width=move || share(count.get().selected)>{own_parts}</span>
            </span>
        </div>
    }
}

/// A number of cells, or that it has yet to be counted.
fn cells(count: Option<u32>) -> String {
    count.map_or_else(|| "…".to_owned(), |count| integer(u64::from(count)))
}
