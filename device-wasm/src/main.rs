//! Opens files of the user's own: has a worker build their datasets, and lists those of before.
//!
//! A file never leaves the device. Its dataset goes to the browser's storage for this page, where the service worker
//! (`www/sw.js`) reads it for whatever asks for `device/{key}/{name}/…`: so the Explorer opens it as it opens any other.
//! The key is made of the file's length, its two ends and when it was changed, so that what was saved anew is read anew; a
//! link can say what file to open.

mod address;
mod build;
mod builder_worker;
mod choose;
mod dom;
mod estimate;
mod failure;
mod js;
mod locks;
mod needs;
mod question;
mod ready;
mod remembered;
mod screen;
mod service_worker;
mod shelf;
mod source;
mod storage;

use std::future;

use js_sys::Array;
use wasm_bindgen::{JsCast, prelude::wasm_bindgen};

use choose::Picked;

fn main() {
    console_error_panic_hook::set_once();
}

/// `builder` is the address of the first script of the worker that builds.
#[wasm_bindgen]
pub fn begin(builder: String) {
    builder_worker::set_script(builder);
}

/// Opens what was dropped in this window: of each a file, and a handle that leads to it where the browser gives one.
#[wasm_bindgen]
pub async fn open(dropped: Vec<Array>) {
    let handle = |pair: &Array| pair.get(1).dyn_into().ok().map(Picked::Handle);
    let file = |pair: &Array| pair.get(0).dyn_into().ok().map(Picked::File);
    choose::open_one_of(dropped.iter().filter_map(|pair| handle(pair).or_else(|| file(pair))).collect()).await;
}

/// Asks for a file and opens it.
#[wasm_bindgen]
pub async fn choose() {
    choose::choose(String::new()).await;
}

/// Opens the file at an address, by ranges: of this host, or of one that the document allows. What follows is another
/// document, or a message; it never resolves.
#[wasm_bindgen(js_name = openRemote)]
pub async fn open_remote(text: String) {
    choose::open_remote(&text).await;
    future::pending::<()>().await;
}

/// Resolves once the dataset that the address names is there, as far as it is to be looked at; never where it cannot be.
#[wasm_bindgen]
pub async fn ready() {
    if !ready::ready().await {
        future::pending::<()>().await;
    }
}

/// Shows what is on this device beside the list of datasets, and the button that opens a file.
#[wasm_bindgen]
pub async fn shelf() {
    shelf::show().await;
}
