//! The tour: a card that goes from control to control.

use explorer_core::{session::TourStep, state::Action};
use leptos::prelude::*;
use web_sys::Element;

use super::{Button, ButtonKind, Glyph, IconButton, Root, Show};
use crate::view::{effect, view};

/// Width of the card and the least room that it takes, in CSS pixels; the style sheet has the same width.
const CARD_PX: [f64; 2] = [300.0, 220.0];
const GAP_PX: f64 = 12.0;

/// Where a control is, in CSS pixels of the window: left, top, width, height.
type Place = [f64; 4];

/// The card, while the tour is taken.
#[component]
pub fn Tour(
    /// Whether it is taken.
    open: RwSignal<bool>,
    /// Its steps.
    #[prop(into)]
    steps: Signal<Vec<TourStep>>,
    /// Called with what shows a step on the dataset.
    #[prop(into)]
    on_try: Callback<Action>,
) -> impl IntoView {
    let at = RwSignal::new(0_usize);
    let place = RwSignal::new(None::<Place>);
    let root = StoredValue::new_local(Root::of_component());
    let step = Memo::new(move |_| steps.with(|steps| steps.get(at.get()).cloned()));
    let n_steps = move || steps.with(Vec::len);
    effect(move || {
        if !open.get() {
            at.set(0);
            return;
        }
        let find = |target: String| root.with_value(|root| place_of(root, &target));
        place.set(step.get().and_then(|step| find(step.target)));
    });
    let ring = move || {
        place.get().map(|[left, top, width, height]| {
            view! {
                <div
                    class="tour-ring"
                    style:left=px(left)
                    style:top=px(top)
                    style:width=px(width)
                    style:height=px(height)
                ></div>
            }
        })
    };
    let next = move || {
        if at.get_untracked() + 1 < steps.with_untracked(Vec::len) {
            at.update(|at| *at += 1);
        } else {
            open.set(false);
        }
    };
    let is_last = move || at.get() + 1 >= n_steps();
    let example = move || step.with(|step| step.as_ref()?.example.clone());
    let card = move || {
        view! {
            <section
                class="tour"
                class:tour-beside=move || place.with(Option::is_some)
                role="dialog"
                aria-label="Tour"
                data-testid="tour"
                style:left=move || place.get().map(|place| px(beside(place)[0]))
                style:top=move || place.get().map(|place| px(beside(place)[1]))
                on:keydown=move |event| {
                    if event.key() == "Escape" {
                        event.stop_propagation();
                        open.set(false);
                    }
                }
            >
                <div class="tour-head">
                    <h2>{move || step.with(|step| step.as_ref().map(|step| step.title))}</h2>
                    <span class="note" data-testid="tour-step">{move || format!("{} of {}", at.get() + 1, n_steps())}</span>
                    <IconButton glyph=Glyph::Close label="Leave the tour" test_id="tour-close" on_press=move || open.set(false) />
                </div>
                <p aria-live="polite">{move || step.with(|step| step.as_ref().map(|step| step.text.clone()))}</p>
                <div class="tour-foot">
                    <Show when=move || example().is_some()>
                        <Button
                            label="Show me"
                            test_id="tour-try"
                            kind=ButtonKind::Quiet
                            on_press=move || {
                                if let Some(action) = step.with_untracked(|step| step.as_ref()?.example.clone()) {
                                    on_try.run(action);
                                }
                            }
                        />
                    </Show>
                    <Button
                        label=Signal::derive(move || if is_last() { "Done" } else { "Next" }.to_owned())
                        test_id="tour-next"
                        kind=ButtonKind::Primary
                        on_press=next
                    />
                </div>
            </section>
        }
    };
    view! {
        <Show when=move || open.get()>
            {ring}
            {card()}
        </Show>
    }
}

/// What is answered to the offer of the tour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TourAnswer {
    /// It is taken.
    Take,
    /// It is not.
    Skip,
}

/// Offers the tour once, where a list begins.
#[component]
pub fn TourOffer(
    /// Called with what was answered.
    #[prop(into)]
    on_answer: Callback<TourAnswer>,
) -> impl IntoView {
    view! {
        <section class="tour-offer" aria-label="Tour" data-testid="tour-offer">
            <p>"New here? Five steps show the Explorer on this dataset."</p>
            <Button label="Take the tour" test_id="tour-take" kind=ButtonKind::Primary on_press=move || on_answer.run(TourAnswer::Take) />
            <Button label="No, thanks" test_id="tour-skip" kind=ButtonKind::Quiet on_press=move || on_answer.run(TourAnswer::Skip) />
        </section>
    }
}

/// Where a control is; `None` where it is not in sight, in a drawer that is closed, say.
fn place_of(root: &Element, target: &str) -> Option<Place> {
    let name = target.replace('\\', "\\\\").replace('"', "\\\"");
    let control = root.query_selector(&format!("[data-testid=\"{name}\"]")).ok()??;
    control.scroll_into_view_with_bool(false);
    let rect = control.get_bounding_client_rect();
    let width_px = window().inner_width().ok()?.as_f64()?;
    let is_seen = rect.width() > 0.0 && rect.right() > 0.0 && rect.left() < width_px;
    is_seen.then(|| [rect.left(), rect.top(), rect.width(), rect.height()])
}

/// Where the card stands next to a control, inside of the window: its left and top.
fn beside([left, top, width, _]: Place) -> [f64; 2] {
    let inner = |size: Result<wasm_bindgen::JsValue, _>| size.ok().and_then(|size| size.as_f64()).unwrap_or(0.0);
    let (window_width, window_height) = (inner(window().inner_width()), inner(window().inner_height()));
    let right = left + width + GAP_PX;
    let card_left = if right + CARD_PX[0] < window_width { right } else { left - GAP_PX - CARD_PX[0] };
    let card_top = top.min(window_height - CARD_PX[1]);
    [card_left, card_top].map(|side_px| side_px.max(GAP_PX))
}

fn px(length: f64) -> String {
    format!("{length}px")
}
