//! One label of a category, with its cells.

use std::sync::Arc;

use explorer_core::{
    color::css_color,
    format::{integer, short},
    screen::bar_background,
};
use leptos::prelude::*;

use super::{
    Breakdown, CategoryLabels, Checkbox, Cut, Glyph, IconButton, OwnCategory, Show, ValueCount,
    own_columns::{LabelTask, OwnLabelMenu, OwnLabelTask},
};
use crate::view::view;

/// One label.
#[component]
pub(super) fn ValueRow(
    column: String,
    code: Signal<Option<u32>>,
    labels: Signal<Option<Arc<CategoryLabels>>>,
    counts: Signal<Arc<[ValueCount]>>,
    checked: Signal<Arc<[bool]>>,
    breakdown: Signal<Option<Arc<Breakdown>>>,
    colored: Signal<bool>,
    most: Memo<u32>,
    on_check: Callback<(u32, bool)>,
    on_only: Callback<Vec<u32>>,
    on_compare: Option<Callback<u32>>,
    on_hover: Callback<Option<u32>>,
    own: Option<OwnCategory>,
) -> impl IntoView {
    let column = StoredValue::new(column);
    let value = move || labels.with(|labels| labels.as_ref()?.values.get(code.get()? as usize).cloned());
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
    let parts = Memo::new(move |_| {
        let parts = breakdown.with(|all| Some(bar_background(all.as_ref()?.parts.get(code.get()? as usize)?)));
        parts.filter(|parts| !parts.is_empty())
    });
    // An empty text keeps the place of a mean that there is not.
    let mean = Memo::new(move |_| {
        breakdown.with(|all| {
            let means = all.as_ref().map(|all| &all.means).filter(|means| !means.is_empty())?;
            let mean = means.get(code.get()? as usize).copied().flatten();
            Some(mean.map(|mean| short(mean, 3)).unwrap_or_default())
        })
    });
    let task = RwSignal::new(None::<LabelTask>);
    let others = Signal::derive(move || {
        let is_other = |at: usize| code.get() != Some(at as u32);
        labels.with(|labels| {
            let named = labels.iter().flat_map(|labels| labels.values.iter().enumerate());
            let others = named.filter(|(at, value)| is_other(*at) && !value.missing);
            others.map(|(at, value)| (at as u32, value.label.clone())).collect::<Vec<_>>()
        })
    });
    let is_missing = Signal::derive(move || value().is_some_and(|value| value.missing));
    view! {
        <div
            class="value-row"
            class:off=move || !on.get()
            class:missing=move || value().is_some_and(|value| value.missing)
            role="listitem"
            data-testid=move || format!("value-{}-{}", column.get_value(), label.get())
            on:pointerenter=move |_| on_hover.run(code.get_untracked())
        >
            {own.map(|own| view! { <OwnLabelTask own code label others task /> })}
            <label class="value-label" hidden=move || task.with(Option::is_some)>
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
                <Cut text=label />
            </label>
            <button
                type="button"
                class="value-only"
                aria-label=move || format!("Only {}", label.get())
                on:click=move |_| {
                    if let Some(code) = code.get_untracked() {
                        on_only.run(vec![code]);
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
            {own.map(|own| view! { <OwnLabelMenu own code label is_missing task /> })}
            <Show when=move || mean.with(Option::is_some)>
                <span class="value-mean" title="Mean of the selected cells">{move || mean.get()}</span>
            </Show>
            <span class="value-counts">
                <span class="value-selected">{move || cells(count.get().selected)}</span>
                <span class="value-total">{move || cells(count.get().total)}</span>
            </span>
            <span class="value-bar" class:divided=move || parts.with(Option::is_some) aria-hidden="true">
                <i class="value-bar-total" style:width=move || share(count.get().total)></i>
                <i
                    class="value-bar-selected"
                    style:width=move || share(count.get().selected)
                    style:background=move || parts.get()
                ></i>
            </span>
        </div>
    }
}

/// A number of cells, or that it has yet to be counted.
fn cells(count: Option<u32>) -> String {
    count.map_or_else(|| "…".to_owned(), |count| integer(u64::from(count)))
}
