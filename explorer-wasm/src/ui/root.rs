//! The element that the page's styles hang on.

use leptos::prelude::*;
use web_sys::{CssStyleDeclaration, Element, HtmlElement};

/// The root element of the Explorer that a component stands in.
#[derive(Clone, Copy)]
pub struct Root(StoredValue<HtmlElement, LocalStorage>);

impl Root {
    /// Makes an element the root of what the present owner shows.
    pub fn provide(element: HtmlElement) {
        provide_context(Self(StoredValue::new_local(element)));
    }

    /// The root of the component that asks: the document's body outside of an Explorer.
    pub fn of_component() -> HtmlElement {
        use_context::<Self>().map_or_else(gloo_utils::body, |root| root.0.get_value())
    }
}

/// The style that an element has now.
pub(crate) fn style_of(element: &Element) -> Option<CssStyleDeclaration> {
    gloo_utils::window().get_computed_style(element).ok()?
}
