//! The entry of the page.

fn main() {
    console_error_panic_hook::set_once();
    explorer_wasm::app::start();
}
