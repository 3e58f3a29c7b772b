//! The entry of a worker.

use explorer_wasm::worker::{self, Programs};

fn main() {
    console_error_panic_hook::set_once();
    worker::start(Programs::default());
}
