//! Where the focus is, and where it goes when what has it goes away.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, FocusOptions, HtmlElement, MutationObserver, MutationObserverInit, MutationRecord};

use crate::{
    owner,
    ui::{Root, style_of},
};

/// What can take the focus that another lost. Not fields of text: the next key would write into one instead of asking for
/// a command.
const FOCUSABLE: &str = "button:not(:disabled), input:is([type=checkbox], [type=radio], [type=range]):not(:disabled), \
    select:not(:disabled), a[href], [tabindex='0']";

/// An element that has the focus, with all that it stands in, from the inside out; with each, which of the children of
/// its parent it was.
type Way = Vec<(Element, u32)>;

/// Moves the keyboard's focus to an element, if it can take it; says whether that has it now.
pub(crate) fn focus(element: Option<Element>) -> bool {
    let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) else { return false };
    let _ = element.focus();
    document().active_element().as_ref() == Some(&element)
}

/// The same without a scroll.
fn focus_in_place(element: Option<Element>) -> bool {
    let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) else { return false };
    let options = FocusOptions::new();
    options.set_prevent_scroll(true);
    let _ = element.focus_with_options(&options);
    document().active_element().as_ref() == Some(&element)
}

/// Takes the focus from what stands in an element.
pub(super) fn unfocus_within(element: &Element) {
    let active = document().active_element().filter(|active| element.contains(Some(active.as_ref())));
    if let Some(active) = active.and_then(|active| active.dyn_into::<HtmlElement>().ok()) {
        let _ = active.blur();
    }
}

/// Moves the focus to the first element within the root that a selector finds, once what changed has been shown.
#[expect(clippy::disallowed_methods, reason = "it writes to nothing of the page's")]
pub(crate) fn focus_soon(root: HtmlElement, selector: &'static str) {
    request_animation_frame(move || {
        focus(root.query_selector(selector).ok().flatten());
    });
}

/// Sees to it that the focus is never lost within the root: when the element that has it is taken away, hidden or
/// disabled, what stands in its place takes it, or what stands next to that.
pub(crate) fn keep_focus() {
    let root = Root::of_component();
    let way = StoredValue::new_local(Way::new());
    let top = root.clone();
    owner::keep(gloo_events::EventListener::new(&root, "focusin", move |event| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        way.set_value(target.map(|target| way_to(target, &top)).unwrap_or_default());
    }));
    let callback = Closure::<dyn FnMut(Vec<MutationRecord>)>::new(move |changes: Vec<MutationRecord>| {
        // To move the focus writes the way anew.
        if way.try_with_value(|way| is_lost(way, &changes)) == Some(true) {
            rescue(&way.get_value());
        }
    });
    let Ok(observer) = MutationObserver::new(callback.as_ref().unchecked_ref()) else { return };
    let watched = MutationObserverInit::new();
    watched.set_child_list(true);
    watched.set_subtree(true);
    let attributes = ["class", "disabled", "hidden"].map(JsValue::from_str);
    watched.set_attribute_filter(&attributes.into_iter().collect::<js_sys::Array>());
    // Refuses only what is watched for nothing.
    let _ = observer.observe_with_options(&root, &watched);
    let kept = StoredValue::new_local(Some((observer, callback)));
    on_cleanup(move || {
        if let Some((observer, _)) = kept.try_update_value(Option::take).flatten() {
            observer.disconnect();
        }
    });
}

fn way_to(target: Element, root: &HtmlElement) -> Way {
    let mut way = Way::new();
    let mut next = Some(target);
    while let Some(element) = next.filter(|element| element != root.unchecked_ref::<Element>()) {
        next = element.parent_element();
        let before = std::iter::successors(element.previous_element_sibling(), Element::previous_element_sibling);
        way.push((element.clone(), before.count() as u32));
    }
    way
}

/// Whether changes took away what had the focus last, and nothing else has it.
fn is_lost(way: &Way, changes: &[MutationRecord]) -> bool {
    let Some((last, _)) = way.first() else { return false };
    let active = document().active_element();
    if active.is_some_and(|active| &active != last && active.tag_name() != "BODY") {
        return false;
    }
    // To ask whether it is hidden makes the browser work out the styles of the page, so it is asked only after a change
    // of what it stands in.
    let concerns = |change: &MutationRecord| {
        change.type_() == "attributes" && change.target().is_some_and(|target| target.contains(Some(last)))
    };
    is_out(last) || (changes.iter().any(concerns) && is_hidden(last))
}

fn rescue(way: &Way) {
    for pair in way.windows(2) {
        let [(_, at), (parent, _)] = pair else { continue };
        if !parent.is_connected() || is_gone(parent) {
            continue;
        }
        let children = parent.children();
        let neighbors = (*at..children.length()).chain((0..(*at).min(children.length())).rev());
        let takes = |child: Element| match child.matches(FOCUSABLE) {
            Ok(true) => focus_in_place(Some(child)),
            _ => focus_in_place(child.query_selector(FOCUSABLE).ok().flatten()),
        };
        if neighbors.filter_map(|index| children.item(index)).any(takes) {
            return;
        }
    }
}

/// Whether an element cannot have the focus any more.
fn is_gone(element: &Element) -> bool {
    is_out(element) || is_hidden(element)
}

/// Whether an element is no longer in the document, or disabled.
fn is_out(element: &Element) -> bool {
    !element.is_connected() || element.matches(":disabled, [hidden] *").unwrap_or(false)
}

fn is_hidden(element: &Element) -> bool {
    let style = element.dyn_ref().and_then(style_of);
    style.and_then(|style| style.get_property_value("visibility").ok()).as_deref() == Some("hidden")
}
