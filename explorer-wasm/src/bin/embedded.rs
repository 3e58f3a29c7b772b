//! The entry of the Explorer in a frame of a page that speaks with it.

fn main() {
    console_error_panic_hook::set_once();
    explorer_wasm::app::start_embedded(explorer_wasm::parts!());
}
