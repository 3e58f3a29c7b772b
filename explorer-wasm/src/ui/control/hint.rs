//! The name of the icon button that is pointed at or focused.

use std::time::Duration;

use leptos::{ev, leptos_dom::helpers::TimeoutHandle, prelude::*};
use wasm_bindgen::JsCast;

/// Pointing this long shows the hint.
const DELAY: Duration = Duration::from_millis(450);

#[derive(Clone, Debug, PartialEq)]
struct Hint {
    text: String,
    key: String,
    left_px: f64,
    top_px: f64,
}

/// One layer for the page: it shows the `data-hint` of whatever the pointer rests on or the keyboard
/// reaches, and the `data-hint-key` beside it.
#[component]
pub fn HintLayer() -> impl IntoView {
    let hint = RwSignal::new(None::<Hint>);
    let pending = StoredValue::new(None::<TimeoutHandle>);
    let cancel = move || {
        if let Some(handle) = pending.try_update_value(Option::take).flatten() {
            handle.clear();
        }
        if hint.with_untracked(Option::is_some) {
            hint.set(None);
        }
    };
    let announce = move |target: Option<web_sys::EventTarget>| {
        cancel();
        let Some(found) = hint_of(target) else { return };
        let show = move || hint.set(Some(found));
        pending.set_value(set_timeout_with_handle(show, DELAY).ok());
    };
    let handles = [
        window_event_listener(ev::pointerover, move |event| {
            if event.pointer_type() == "mouse" {
                announce(event.target());
            }
        }),
        window_event_listener(ev::focusin, move |event| {
            let keyboard = target_element(event.target())
                .is_some_and(|element| element.matches(":focus-visible").unwrap_or(false));
            if keyboard {
                announce(event.target());
            }
        }),
    ];
    let ends = [window_event_listener(ev::pointerdown, move |_| cancel())];
    let keys = window_event_listener(ev::keydown, move |_| cancel());
    on_cleanup(move || {
        handles.into_iter().for_each(WindowListenerHandle::remove);
        ends.into_iter().for_each(WindowListenerHandle::remove);
        keys.remove();
    });
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

fn target_element(target: Option<web_sys::EventTarget>) -> Option<web_sys::Element> {
    target?.dyn_into().ok()
}

/// The hint of the nearest element that has one, placed under it, or above it near the page's foot.
fn hint_of(target: Option<web_sys::EventTarget>) -> Option<Hint> {
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
