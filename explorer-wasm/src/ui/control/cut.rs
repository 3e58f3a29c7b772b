//! Names that keep both ends where room is short.

use explorer_core::names::{cut_in_the_middle, visible};
use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlElement, Range};

use super::size::SizeObserver;
use crate::{
    ui::style_of,
    view::{effect, view},
};

/// A name from a file: cut in its middle where room is short, whole for whoever points at it, kept apart from the
/// writing around it, and told where there is nothing to see of it.
#[component]
pub fn Cut(
    /// The name.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    let shown = Memo::new(move |_| text.with(|text| visible(text).into_owned()));
    let part = move |part: fn((&str, &str)) -> String| shown.with(|shown| part(cut_in_the_middle(shown)));
    let (head, tail) = (NodeRef::<html::Span>::new(), NodeRef::<html::Span>::new());
    let close_gap = move || {
        let (Some(head), Some(tail)) = (head.get_untracked(), tail.get_untracked()) else { return };
        let slack = slack_px(&head).unwrap_or(0.0);
        // Fails only for what is no property.
        let _ = HtmlElement::style(&tail).set_property("inset-inline-start", &format!("-{slack}px"));
    };
    let observer = StoredValue::new_local(None::<SizeObserver>);
    effect(move || {
        let is_in_two = shown.with(|shown| !cut_in_the_middle(shown).1.is_empty());
        let watched = head.get().filter(|_| is_in_two);
        observer.set_value(watched.and_then(|head| SizeObserver::new(&head, close_gap)));
    });
    view! {
        <bdi class="cut" class:unseen=move || text.with(|text| shown.with(|shown| shown != text)) title=move || text.get()>
            <span class="ellipsis" node_ref=head>{move || part(|(head, _)| head.to_owned())}</span>
            <span class="cut-tail" node_ref=tail>{move || part(|(_, tail)| tail.to_owned())}</span>
        </bdi>
    }
}

/// How much of a head that is cut stays empty behind its ellipsis, in CSS pixels: the browser drops whole letters.
fn slack_px(head: &HtmlElement) -> Option<f64> {
    if head.scroll_width() <= head.client_width() {
        return None;
    }
    let text = head.child_nodes().item(0)?;
    let room_px = head.get_bounding_client_rect().width() - ellipsis_px(head)?;
    let range = Range::new().ok()?;
    range.set_start(&text, 0).ok()?;
    let width_px = |n_units: u32| range.set_end(&text, n_units).ok().map(|()| range.get_bounding_client_rect().width());
    // The widest beginning that has room: between what fits and what does not.
    let (mut fits, mut not) = (0, text.text_content()?.encode_utf16().count() as u32);
    let mut kept_px = 0.0;
    while not - fits > 1 {
        let middle = u32::midpoint(fits, not);
        match width_px(middle)? {
            width if width <= room_px => (fits, kept_px) = (middle, width),
            _ => not = middle,
        }
    }
    Some((room_px - kept_px).max(0.0))
}

/// A canvas that measures text.
fn text_canvas() -> Option<CanvasRenderingContext2d> {
    let canvas = document().create_element("canvas").ok()?.dyn_into::<HtmlCanvasElement>().ok()?;
    canvas.get_context("2d").ok()??.dyn_into().ok()
}

/// How wide an ellipsis is in an element's font.
fn ellipsis_px(element: &HtmlElement) -> Option<f64> {
    thread_local! {
        static MEASURE: Option<CanvasRenderingContext2d> = text_canvas();
    }
    let style = style_of(element)?;
    let [weight, size, family] = ["font-weight", "font-size", "font-family"].map(|name| style.get_property_value(name));
    let font = format!("{} {} {}", weight.ok()?, size.ok()?, family.ok()?);
    MEASURE.with(|measure| {
        let measure = measure.as_ref()?;
        measure.set_font(&font);
        Some(measure.measure_text("…").ok()?.width())
    })
}
