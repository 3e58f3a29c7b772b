//! The kernels in a browser: bytes in, lines out.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::kernels::{self, Input};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

/// Runs all kernels on an encoded [`Input`]; a line a kernel, as [`kernels::Measured::to_line`] writes it.
#[wasm_bindgen]
pub fn run(input: &[u8]) -> String {
    let Some(input) = Input::decode(input) else { return "the input is broken".to_owned() };
    match kernels::run(&input, &now) {
        Ok(measured) => measured.iter().map(kernels::Measured::to_line).collect::<Vec<_>>().join("\n"),
        Err(error) => error,
    }
}
