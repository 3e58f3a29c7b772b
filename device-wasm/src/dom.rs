//! Elements of the document.

use gloo_events::EventListener;
use gloo_utils::document;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, Node};

/// An element with attributes and children.
pub fn element(tag: &str, attributes: &[(&str, &str)], children: &[&Node]) -> HtmlElement {
    let made = document().create_element(tag).expect("tags are words").unchecked_into::<HtmlElement>();
    for (name, value) in attributes {
        set(&made, name, value);
    }
    for child in children {
        append(&made, child);
    }
    made
}

/// An element that holds text alone.
pub fn text_element(tag: &str, attributes: &[(&str, &str)], text: &str) -> HtmlElement {
    let made = element(tag, attributes, &[]);
    made.set_text_content(Some(text));
    made
}

/// Sets an attribute.
pub fn set(element: &HtmlElement, name: &str, value: &str) {
    element.set_attribute(name, value).expect("names of attributes are words");
}

/// Puts a child behind the others.
pub fn append(parent: &Node, child: &Node) {
    parent.append_child(child).expect("no element is put into itself");
}

/// Puts these in place of an element's children.
pub fn replace_children(parent: &HtmlElement, children: &[HtmlElement]) {
    parent.set_text_content(None);
    for child in children {
        append(parent, child);
    }
}

/// A button. `kind` is one of the page's.
pub fn button(text: &str, test_id: &str, kind: &str, mut pressed: impl FnMut() + 'static) -> HtmlElement {
    let class = format!("button {kind}");
    let made = text_element("button", &[("type", "button"), ("class", &class), ("data-testid", test_id)], text);
    EventListener::new(&made, "click", move |_| pressed()).forget();
    made
}
