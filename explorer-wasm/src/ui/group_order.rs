//! The order of a plot's groups, made by hand: by drag, or by Alt and the arrow keys.

use leptos::{
    ev::{DragEvent, KeyboardEvent},
    prelude::*,
};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::{Button, Cut, Each, Glyph, Popover, control::focus};
use crate::{owner::Alive, view::view};

/// The groups, to be put in another order.
#[component]
pub(super) fn GroupOrder(
    /// The labels that make the groups, in order.
    #[prop(into)]
    groups: Signal<Vec<String>>,
    /// Called with their new order; with none for the order that labels have anywhere.
    #[prop(into)]
    on_order: Callback<Vec<String>>,
) -> impl IntoView {
    let dragged = StoredValue::new(None::<String>);
    let place = move |group: &String| groups.with_untracked(|groups| groups.iter().position(|known| known == group));
    let put = move |group: &String, to: usize| {
        let mut order = groups.get_untracked();
        let Some(from) = place(group).filter(|&from| from != to && to < order.len()) else { return };
        let moved = order.remove(from);
        order.insert(to, moved);
        on_order.run(order);
    };
    let alive = Alive::here();
    let row = move |group: String| {
        let own = StoredValue::new(group.clone());
        let walk = move |event: KeyboardEvent| {
            let step: isize = match event.key().as_str() {
                "ArrowDown" => 1,
                "ArrowUp" => -1,
                _ => return,
            };
            event.prevent_default();
            let row = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            if !event.alt_key() {
                let next = row.and_then(|row| match step {
                    1 => row.next_element_sibling(),
                    _ => row.previous_element_sibling(),
                });
                focus(next);
            } else if let Some(to) = place(&own.get_value()).and_then(|at| at.checked_add_signed(step)) {
                put(&own.get_value(), to);
                // It is taken out and put in again.
                alive.next_frame(move || {
                    focus(row);
                });
            }
        };
        let drop = move |event: DragEvent| {
            event.prevent_default();
            if let (Some(group), Some(to)) = (dragged.get_value(), place(&own.get_value())) {
                put(&group, to);
            }
            dragged.set_value(None);
        };
        view! {
            <li
                tabindex="0"
                draggable="true"
                data-testid=format!("group-order-{group}")
                on:keydown=walk
                on:dragstart=move |_| dragged.set_value(Some(own.get_value()))
                on:dragover=move |event| event.prevent_default()
                on:drop=drop
            >
                <Cut text=group.clone() />
            </li>
        }
    };
    view! {
        <Popover glyph=Glyph::Sort label="Order of groups" test_id="group-order">
            <p class="note">"Drag a group, or move it with Alt and the arrow keys."</p>
            <ol class="group-order" aria-label="Groups in order">
                <Each each=move || groups.get() key=|group| group.clone() children=row />
            </ol>
            <Button label="As usual" test_id="group-order-usual" on_press=move || on_order.run(Vec::new()) />
        </Popover>
    }
}
