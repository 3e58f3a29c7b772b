//! The entry of a worker.

fn main() {
    console_error_panic_hook::set_once();
    explorer_wasm::worker::start(None);
}
