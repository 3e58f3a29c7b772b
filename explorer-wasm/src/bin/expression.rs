//! The entry of Gene Expression over a corpus.

fn main() {
    console_error_panic_hook::set_once();
    explorer_wasm::app::start_expression();
}
