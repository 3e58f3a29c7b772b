//! The entry of the list of datasets.

fn main() {
    console_error_panic_hook::set_once();
    explorer_wasm::app::start_catalog();
}
