//! What a list can be narrowed by: a section that opens, and values with how many each would leave.

use explorer_core::{
    format::{integer, plural},
    names::visible,
};
use leptos::prelude::*;

use super::{Check, Checkbox, Glyph, Icon, Show};
use crate::view::view;

/// From so many values on, a facet has a field to find one.
pub(super) const SEARCHED_VALUES: usize = 12;

/// A facet, which is opened by a press. What is closed is not kept up to date.
#[component]
pub(super) fn FacetSection(
    /// How it is headed.
    title: &'static str,
    /// Its `data-testid`.
    #[prop(into)]
    test_id: String,
    /// How many values are chosen.
    #[prop(into)]
    n_chosen: Signal<usize>,
    /// Whether it is open at first.
    is_open: bool,
    /// Its values.
    children: ChildrenFn,
) -> impl IntoView {
    let is_open = RwSignal::new(is_open);
    let children = StoredValue::new(children);
    view! {
        <details
            class="facet"
            open=is_open.get_untracked()
            data-testid=test_id
            on:toggle:target=move |event| is_open.set(event.target().open())
        >
            <summary>
                <Icon glyph=Glyph::ChevronRight />
                <span>{title}</span>
                <Show when=move || n_chosen.get() != 0>
                    <span class="facet-chosen" aria-label=move || format!("{} chosen", n_chosen.get())>
                        {move || n_chosen.get()}
                    </span>
                </Show>
            </summary>
            <Show when=move || is_open.get()>{children.with_value(|children| children())}</Show>
        </details>
    }
}

/// A value of a facet. One that would leave nothing cannot be chosen.
#[component]
pub(super) fn FacetRow(
    /// The facet's name, before the value's in the `data-testid`.
    facet: &'static str,
    /// What the value is called.
    #[prop(into)]
    name: Signal<String>,
    /// How many it would leave.
    #[prop(into)]
    n_left: Signal<u64>,
    /// What they are, one and several.
    unit: [&'static str; 2],
    /// Whether it is chosen.
    is_chosen: Signal<bool>,
    /// Called when it is pressed.
    on_check: Callback<bool>,
) -> impl IntoView {
    let is_impossible = Signal::from(Memo::new(move |_| n_left.get() == 0 && !is_chosen.get()));
    let shown = move || name.with(|name| visible(name).into_owned());
    let [one, several] = unit;
    let label = Signal::derive(move || match n_left.get() {
        0 => format!("{}: no {one}", shown()),
        n => format!("{}: {}", shown(), plural(n as usize, one, several)),
    });
    view! {
        <label
            class="facet-row"
            class:is-impossible=move || is_impossible.get()
            title=move || label.get()
            data-testid=move || format!("{facet}-{}", name.get())
        >
            <Checkbox check=Signal::derive(move || Check::from(is_chosen.get())) label disabled=is_impossible on_check />
            <bdi class="ellipsis">{shown}</bdi>
            <span class="facet-count">{move || integer(n_left.get())}</span>
        </label>
    }
}
