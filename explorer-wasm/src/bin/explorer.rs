//! The entry of the Explorer.

fn main() {
    console_error_panic_hook::set_once();
    explorer_wasm::app::start_explorer(explorer_wasm::parts!());
}
