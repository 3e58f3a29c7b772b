//! Text measured and written as the page's style has it, on a canvas of one's own.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlElement};

use crate::ui::style_of;

/// A canvas to write on.
pub(super) struct TextCanvas {
    pub element: HtmlCanvasElement,
    pub context: CanvasRenderingContext2d,
    family: String,
}

impl TextCanvas {
    /// A canvas of that many device pixels, which writes in the typeface of an element.
    pub fn new(like: &HtmlElement, width_dpx: u32, height_dpx: u32) -> Result<Self, JsValue> {
        let element: HtmlCanvasElement = gloo_utils::document().create_element("canvas")?.unchecked_into();
        element.set_width(width_dpx);
        element.set_height(height_dpx);
        let context = element.get_context("2d")?.ok_or(JsValue::NULL)?;
        let family = style_of(like).and_then(|style| style.get_property_value("font-family").ok());
        Ok(Self {
            element,
            context: context.unchecked_into(),
            family: family.unwrap_or_else(|| "sans-serif".to_owned()),
        })
    }

    /// Writes in this weight (400 is regular, 600 semibold) and size from now on.
    pub fn set_font(&self, weight: u32, size_px: f64) {
        self.context.set_font(&format!("{weight} {size_px}px {}", self.family));
    }

    /// The typefaces, as CSS has them.
    pub fn family(&self) -> &str {
        &self.family
    }

    /// How wide a text is, in CSS pixels.
    pub fn width(&self, text: &str) -> f64 {
        self.context.measure_text(text).map_or(0.0, |metrics| metrics.width())
    }
}
