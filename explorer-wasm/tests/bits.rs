//! The browser computes the bits that native programs do.
#![cfg(target_arch = "wasm32")]

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

#[path = "../../explorer-core/tests/de/bits.rs"]
mod bits;

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn moments_and_statistics_are_the_native_ones() {
    assert_eq!(bits::checksums(), bits::EXPECTED);
}
