//! A drawing of the page as a file of its own: with the look that the page's style sheet gives it.

use gloo_utils::document;
use wasm_bindgen::JsCast;
use web_sys::{Element, XmlSerializer};

use super::style_of;

const NAMESPACE: &str = "http://www.w3.org/2000/svg";

/// What a style sheet may say of a part of a drawing.
const PROPERTIES: [&str; 12] = [
    "fill",
    "fill-opacity",
    "stroke",
    "stroke-width",
    "stroke-dasharray",
    "stroke-linecap",
    "stroke-linejoin",
    "paint-order",
    "font-family",
    "font-size",
    "font-weight",
    "text-anchor",
];

/// An `<svg>` of the page as the text of a file, on the background of `behind`; `None` where the browser cannot say how it
/// looks.
pub(crate) fn standalone(svg: &Element, behind: &Element) -> Option<String> {
    let copy: Element = svg.clone_node_with_deep(true).ok()?.dyn_into().ok()?;
    dress(svg, &copy)?;
    let size = svg.get_bounding_client_rect();
    let (width, height) = (size.width().round(), size.height().round());
    let attributes = [
        ("xmlns", NAMESPACE.to_owned()),
        ("width", width.to_string()),
        ("height", height.to_string()),
        ("viewBox", format!("0 0 {width} {height}")),
    ];
    for (name, value) in attributes {
        copy.set_attribute(name, &value).ok()?;
    }
    let ground = document().create_element_ns(Some(NAMESPACE), "rect").ok()?;
    let color = style_of(behind)?.get_property_value("background-color").ok()?;
    for (name, value) in [("width", "100%"), ("height", "100%"), ("fill", &color)] {
        ground.set_attribute(name, value).ok()?;
    }
    copy.prepend_with_node_1(&ground).ok()?;
    XmlSerializer::new().ok()?.serialize_to_string(&copy).ok()
}

/// Gives a copy and all that is in it the look of what it is a copy of.
fn dress(shown: &Element, copy: &Element) -> Option<()> {
    let style = style_of(shown)?;
    for name in PROPERTIES {
        let value = style.get_property_value(name).ok()?;
        if !value.is_empty() {
            copy.set_attribute(name, &value).ok()?;
        }
    }
    for name in ["class", "data-testid", "style"] {
        copy.remove_attribute(name).ok()?;
    }
    let (shown, copies) = (shown.children(), copy.children());
    (0..shown.length()).try_for_each(|at| dress(&shown.item(at)?, &copies.item(at)?))
}
