//! Text measured and written as the page's style has it, on a canvas of one's own.

use leptos::prelude::document;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use crate::platform;

/// A canvas to write on.
pub(super) struct TextCanvas {
    pub element: HtmlCanvasElement,
    pub context: CanvasRenderingContext2d,
    family: String,
}

impl TextCanvas {
    /// A canvas of that many device pixels, which writes in the page's typeface.
    pub fn new(width_dpx: u32, height_dpx: u32) -> Result<Self, JsValue> {
        let element: HtmlCanvasElement = document().create_element("canvas")?.unchecked_into();
        element.set_width(width_dpx);
        element.set_height(height_dpx);
        let context = element.get_context("2d")?.ok_or(JsValue::NULL)?;
        let family = document().body().and_then(|body| platform::window().get_computed_style(&body).ok().flatten());
        let family = family.and_then(|style| style.get_property_value("font-family").ok());
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

    /// How wide a text is, in CSS pixels.
    pub fn width(&self, text: &str) -> f64 {
        self.context.measure_text(text).map_or(0.0, |metrics| metrics.width())
    }
}

/// The text, cut with an ellipsis where it is wider than `most_px`.
pub(super) fn fitted(text: &str, most_px: f64, width: impl Fn(&str) -> f64) -> String {
    if width(text) <= most_px {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    loop {
        kept.pop();
        let cut = format!("{}…", kept.iter().collect::<String>().trim_end());
        if kept.is_empty() || width(&cut) <= most_px {
            return cut;
        }
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn what_is_too_wide_is_cut() {
        let width = |text: &str| text.chars().count() as f64;
        assert_eq!(fitted("CD4 T", 5.0, width), "CD4 T");
        assert_eq!(fitted("CD4 T cell", 5.0, width), "CD4…");
        assert_eq!(fitted("CD4", 0.5, width), "…");
    }
}
