//! The edge between a sidebar and the picture.

use explorer_core::state::{SIDEBAR_WIDTHS_PX, Side};
use leptos::{
    ev::{KeyboardEvent, PointerEvent},
    html,
    prelude::*,
};

/// Pixels that an arrow key moves the edge by.
const STEP_PX: f64 = 16.0;

/// The edge: drag it, or arrow keys, to share the width with the picture; a double click brings the usual width back.
#[component]
pub(super) fn SidebarEdge(
    side: Side,
    /// What the sidebar is called.
    name: &'static str,
    #[prop(into)] width_px: Signal<u16>,
    on_width: Callback<(Side, Option<u16>)>,
) -> impl IntoView {
    let edge = NodeRef::<html::Div>::new();
    let held = StoredValue::new(None::<f64>);
    let outwards = match side {
        Side::Left => 1.0,
        Side::Right => -1.0,
    };
    let (least, most) = (f64::from(*SIDEBAR_WIDTHS_PX.start()), f64::from(*SIDEBAR_WIDTHS_PX.end()));
    let resize = move |width_px: f64| on_width.run((side, Some(width_px.clamp(least, most).round() as u16)));
    let now = move || f64::from(width_px.get_untracked());
    let press = move |event: PointerEvent| {
        if let (Some(edge), 0) = (edge.get_untracked(), event.button()) {
            let _ = edge.set_pointer_capture(event.pointer_id());
            // From the pointer to where the width is measured from.
            held.set_value(Some(f64::from(event.client_x()) - outwards * now()));
        }
    };
    let pull = move |event: PointerEvent| {
        if let Some(from) = held.get_value() {
            resize(outwards * (f64::from(event.client_x()) - from));
        }
    };
    let key = move |event: KeyboardEvent| {
        match event.key().as_str() {
            "ArrowRight" => resize(now() + outwards * STEP_PX),
            "ArrowLeft" => resize(now() - outwards * STEP_PX),
            "Home" => resize(least),
            "End" => resize(most),
            "Enter" => on_width.run((side, None)),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let (class, test_id) = match side {
        Side::Left => ("sidebar-edge sidebar-edge-left", "edge-left"),
        Side::Right => ("sidebar-edge sidebar-edge-right", "edge-right"),
    };
    view! {
        <div
            class=class
            role="separator"
            aria-orientation="vertical"
            aria-label=format!("Width of {name}")
            aria-valuemin=least.to_string()
            aria-valuemax=most.to_string()
            aria-valuenow=move || width_px.get().to_string()
            aria-valuetext=move || format!("{} pixels", width_px.get())
            tabindex="0"
            data-testid=test_id
            node_ref=edge
            on:pointerdown=press
            on:pointermove=pull
            on:pointerup=move |_| held.set_value(None)
            on:pointercancel=move |_| held.set_value(None)
            on:dblclick=move |_| on_width.run((side, None))
            on:keydown=key
        ></div>
    }
}
