//! A button that opens a panel above everything else. The browser closes it on Escape and on a
//! press elsewhere.

use std::sync::atomic::{AtomicU32, Ordering};

use leptos::{html, prelude::*};
use web_sys::HtmlElement;

use super::late::Late;
use crate::{
    ui::{Glyph, Icon},
    view::view,
};

/// Room below a button from which on its panel opens below, in CSS pixels.
const ROOM_PX: f64 = 280.0;
/// Between button and panel, and to the edge of the window.
const GAP_PX: f64 = 4.0;
const EDGE_PX: f64 = 8.0;

/// An id that no other element has.
pub(crate) fn unique_id(kind: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{kind}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Places a panel below its button, or above it where there is no room; right edges together, since
/// panels hang from buttons at the right of their rows.
pub(super) fn hang(panel: &HtmlElement, button: &HtmlElement) {
    let rect = button.get_bounding_client_rect();
    let inner = |size: Result<wasm_bindgen::JsValue, _>| size.ok().and_then(|size| size.as_f64());
    let (Some(width), Some(height)) = (inner(window().inner_width()), inner(window().inner_height())) else {
        return;
    };
    let style = HtmlElement::style(panel);
    let [room_above, room_below] = [rect.top(), height - rect.bottom()].map(|room| room - GAP_PX - EDGE_PX);
    let (top, bottom, room) = if room_below >= ROOM_PX || room_below >= room_above {
        (format!("{}px", rect.bottom() + GAP_PX), "auto".to_owned(), room_below)
    } else {
        ("auto".to_owned(), format!("{}px", height - rect.top() + GAP_PX), room_above)
    };
    // Fail only for what is no property.
    // A wide panel of a button at the left would begin beyond the window.
    let most = width - panel.get_bounding_client_rect().width() - EDGE_PX;
    let _ = style.set_property("right", &format!("{}px", (width - rect.right()).min(most).max(EDGE_PX)));
    let _ = style.set_property("top", &top);
    let _ = style.set_property("bottom", &bottom);
    let _ = style.set_property("--room", &format!("{room}px"));
}

/// An icon button with a panel of controls.
#[component]
pub fn Popover(
    /// The icon of the button.
    #[prop(into)]
    glyph: Signal<Glyph>,
    /// The name of the button and of the panel.
    #[prop(into)]
    label: Signal<String>,
    /// The button's `data-testid`.
    #[prop(optional, into)]
    test_id: String,
    /// The controls; built when it opens first.
    children: Children,
) -> impl IntoView {
    let id = unique_id("popover");
    let button = NodeRef::<html::Button>::new();
    let panel = NodeRef::<html::Div>::new();
    let late = Late::new(children);
    let place = move |_| {
        if let (Some(button), Some(panel)) = (button.get_untracked(), panel.get_untracked()) {
            late.build_in(&panel);
            hang(&panel, &button);
        }
    };
    view! {
        <button
            type="button"
            class="icon-button"
            data-testid=test_id
            data-hint=move || label.get()
            aria-label=move || label.get()
            aria-haspopup="dialog"
            popovertarget=id.clone()
            node_ref=button
            on:click=place
        >
            <Icon glyph />
        </button>
        <div class="popover" role="dialog" aria-label=move || label.get() popover="auto" id=id node_ref=panel></div>
    }
}
