//! The name of the icon button that is pointed at or focused.

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget, PointerEvent};

use crate::{owner, ui::Root, view::view};

/// Pointing this long shows the hint.
const DELAY_MILLIS: u32 = 450;

#[derive(Clone, Debug, PartialEq)]
struct Hint {
    text: String,
    key: String,
    left_px: f64,
    top_px: f64,
}

/// One layer for the Explorer: it shows the `data-hint` of whatever the pointer rests on or the keyboard
/// reaches, and the `data-hint-key` beside it.
#[component]
pub fn HintLayer() -> impl IntoView {
    let hint = RwSignal::new(None::<Hint>);
    let pending = StoredValue::new_local(None::<Timeout>);
    let cancel = move || {
        // This cancels it.
        pending.set_value(None);
        if hint.with_untracked(Option::is_some) {
            hint.set(None);
        }
    };
    let announce = move |target: Option<EventTarget>| {
        cancel();
        if let Some(found) = hint_of(target) {
            pending.set_value(Some(Timeout::new(DELAY_MILLIS, move || hint.set(Some(found)))));
        }
    };
    let root = Root::of_component();
    owner::keep([
        EventListener::new(&root, "pointerover", move |event| {
            if event.unchecked_ref::<PointerEvent>().pointer_type() == "mouse" {
                announce(event.target());
            }
        }),
        EventListener::new(&root, "focusin", move |event| {
            let keyboard = target_element(event.target())
                .is_some_and(|element| element.matches(":focus-visible").unwrap_or(false));
            if keyboard {
                announce(event.target());
            }
        }),
    ]);
    owner::keep(
        ["pointerdown", "pointerleave", "keydown"].map(|end| EventListener::new(&root, end, move |_| cancel())),
    );
    view! {
        {move || {
            hint.get()
                .map(|hint| {
                    view! {
                        <div
                            class="hint"
                            role="presentation"
                            style:left=format!("{}px", hint.left_px)
                            style:top=format!("{}px", hint.top_px)
                        >
                            {hint.text}
                            {(!hint.key.is_empty()).then(|| view! { <kbd>{hint.key}</kbd> })}
                        </div>
                    }
                })
        }}
    }
}

fn target_element(target: Option<EventTarget>) -> Option<Element> {
    target?.dyn_into().ok()
}

/// The hint of the nearest element that has one, placed under it, or above it near the page's foot.
fn hint_of(target: Option<EventTarget>) -> Option<Hint> {
    let element = target_element(target)?.closest("[data-hint]").ok()??;
    let rect = element.get_bounding_client_rect();
    let width_px = window().inner_width().ok()?.as_f64()?;
    let height_px = window().inner_height().ok()?.as_f64()?;
    let below = rect.bottom() + 6.0;
    Some(Hint {
        text: element.get_attribute("data-hint")?,
        key: element.get_attribute("data-hint-key").unwrap_or_default(),
        left_px: (rect.left() + rect.width() / 2.0).clamp(72.0, (width_px - 72.0).max(72.0)),
        top_px: if below + 28.0 > height_px { rect.top() - 30.0 } else { below },
    })
}
