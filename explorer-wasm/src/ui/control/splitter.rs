//! The edge that two neighbors share.

use crate::view::view;
use leptos::{
    ev::{KeyboardEvent, PointerEvent},
    html,
    prelude::*,
};

/// Which way the edge moves when what it measures grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grows {
    Right,
    Left,
    Up,
}

impl Grows {
    /// How far along its way a pointer is, in CSS pixels from anywhere.
    fn along(self, event: &PointerEvent) -> f64 {
        match self {
            Self::Right => f64::from(event.client_x()),
            Self::Left => -f64::from(event.client_x()),
            Self::Up => -f64::from(event.client_y()),
        }
    }

    /// The keys that make what it measures larger and smaller.
    const fn keys(self) -> [&'static str; 2] {
        match self {
            Self::Right => ["ArrowRight", "ArrowLeft"],
            Self::Left => ["ArrowLeft", "ArrowRight"],
            Self::Up => ["ArrowUp", "ArrowDown"],
        }
    }

    /// How the edge itself lies, as ARIA says it.
    const fn orientation(self) -> &'static str {
        match self {
            Self::Right | Self::Left => "vertical",
            Self::Up => "horizontal",
        }
    }
}

/// The edge: drag it, or arrow keys, to share the room. Home and End ask for the least and the most.
#[component]
pub fn Splitter(
    /// What is measured, as in "Width of the left sidebar".
    #[prop(into)]
    label: String,
    /// Where it lies, by the style sheets.
    class: &'static str,
    test_id: &'static str,
    grows: Grows,
    /// Pixels that an arrow key moves the edge by.
    step_px: f64,
    least_px: f64,
    #[prop(into)] most_px: Signal<f64>,
    #[prop(into)] size_px: Signal<f64>,
    /// Called with a new size, which may be out of bounds.
    #[prop(into)]
    on_size: Callback<f64>,
    /// Called by a double click or Enter for the usual size.
    #[prop(into)]
    on_usual: Callback<()>,
) -> impl IntoView {
    let edge = NodeRef::<html::Div>::new();
    // The size that the pointer would ask for where `along` is 0.
    let held = StoredValue::new(None::<f64>);
    let press = move |event: PointerEvent| {
        if let (Some(edge), 0) = (edge.get_untracked(), event.button()) {
            // Fails only for a pointer that is gone.
            let _ = edge.set_pointer_capture(event.pointer_id());
            held.set_value(Some(size_px.get_untracked() - grows.along(&event)));
        }
    };
    let pull = move |event: PointerEvent| {
        if let Some(from) = held.get_value() {
            on_size.run(from + grows.along(&event));
        }
    };
    let key = move |event: KeyboardEvent| {
        let [larger, smaller] = grows.keys();
        let now = size_px.get_untracked();
        match event.key().as_str() {
            key if key == larger => on_size.run(now + step_px),
            key if key == smaller => on_size.run(now - step_px),
            "Home" => on_size.run(least_px),
            "End" => on_size.run(most_px.get_untracked()),
            "Enter" => on_usual.run(()),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    view! {
        <div
            class=format!("splitter {class}")
            role="separator"
            aria-orientation=grows.orientation()
            aria-label=label
            aria-valuemin=least_px.to_string()
            aria-valuemax=move || most_px.get().to_string()
            aria-valuenow=move || size_px.get().to_string()
            aria-valuetext=move || format!("{} pixels", size_px.get())
            tabindex="0"
            data-testid=test_id
            node_ref=edge
            on:pointerdown=press
            on:pointermove=pull
            on:pointerup=move |_| held.set_value(None)
            on:pointercancel=move |_| held.set_value(None)
            on:dblclick=move |_| on_usual.run(())
            on:keydown=key
        ></div>
    }
}
