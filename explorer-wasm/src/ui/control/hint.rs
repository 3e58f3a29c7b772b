//! The name of the icon button that is pointed at or focused, and text that is cut for want of room.

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget, PointerEvent};

use crate::{owner, ui::Root, view::view};

/// Pointing this long shows the hint.
const DELAY_MILLIS: u32 = 450;

/// How wide a letter is, about.
const LETTER_PX: f64 = 7.0;

#[derive(Clone, Debug, PartialEq)]
struct Hint {
    text: String,
    key: String,
    left_px: f64,
    top_px: f64,
}

/// One layer for the Explorer: it shows the `data-hint` of whatever the pointer rests on or the keyboard
/// reaches, and the `data-hint-key` beside it; else the whole of a text that is cut there, unless a `title` has it.
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

/// The text that is cut in an element or the one it is in.
fn cut_text(element: &Element) -> Option<Element> {
    let around = element.closest(".ellipsis").ok()?;
    let cut = around.or_else(|| element.query_selector(".ellipsis").ok().flatten())?;
    let is_told = cut.closest("[title]").ok()?.is_some();
    (cut.scroll_width() > cut.client_width() && !is_told).then_some(cut)
}

/// The hint of the nearest element that has one, placed under it, or above it near the page's foot.
fn hint_of(target: Option<EventTarget>) -> Option<Hint> {
    let target = target_element(target)?;
    let (element, text) = match target.closest("[data-hint]").ok()? {
        Some(element) => (element.clone(), element.get_attribute("data-hint")?),
        None => {
            let cut = cut_text(&target)?;
            (cut.clone(), cut.text_content()?)
        }
    };
    let rect = element.get_bounding_client_rect();
    let width_px = window().inner_width().ok()?.as_f64()?;
    let height_px = window().inner_height().ok()?.as_f64()?;
    let below = rect.bottom() + 6.0;
    // As wide as the style sheet lets it be, at most.
    let half_px = (text.chars().count() as f64 * LETTER_PX / 2.0 + 16.0).min(144.0);
    Some(Hint {
        text,
        key: element.get_attribute("data-hint-key").unwrap_or_default(),
        left_px: (rect.left() + rect.width() / 2.0).clamp(half_px, (width_px - half_px).max(half_px)),
        top_px: if below + 28.0 > height_px { rect.top() - 30.0 } else { below },
    })
}
