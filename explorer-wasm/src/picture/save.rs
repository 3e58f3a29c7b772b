//! The picture as a PNG file of the user's.

use leptos::prelude::document;
use wasm_bindgen::{Clamped, JsCast, JsValue, closure::Closure};
use web_sys::{Blob, CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use crate::platform;

/// Offers RGBA bytes, row by row from the top, as a PNG file of that name.
pub(super) fn save_png(name: String, width: u32, height: u32, rgba: &[u8]) -> Result<(), JsValue> {
    let canvas: HtmlCanvasElement = document().create_element("canvas")?.unchecked_into();
    canvas.set_width(width);
    canvas.set_height(height);
    let context = canvas.get_context("2d")?.ok_or(JsValue::NULL)?;
    let image = ImageData::new_with_u8_clamped_array_and_sh(Clamped(rgba), width, height)?;
    context.unchecked_into::<CanvasRenderingContext2d>().put_image_data(&image, 0.0, 0.0)?;
    let encoded = Closure::once_into_js(move |blob: Option<Blob>| {
        if let Some(blob) = blob {
            platform::download(&name, &blob);
        }
    });
    canvas.to_blob(encoded.unchecked_ref())
}
