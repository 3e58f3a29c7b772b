//! What the page and its workers both ask of the browser: requests, time, a pause.

use std::cell::Cell;

use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, HtmlAnchorElement, RequestInit, Url, Window, WorkerGlobalScope};

/// Starts a request from wherever this runs.
pub(crate) fn fetch(url: &str, init: &RequestInit) -> Promise {
    let fetched = match js_sys::global().dyn_into::<Window>() {
        Ok(window) => window.fetch_with_str_and_init(url, init),
        Err(global) => global.unchecked_into::<WorkerGlobalScope>().fetch_with_str_and_init(url, init),
    };
    fetched.unchecked_into()
}

/// Milliseconds since the page or worker began.
pub(crate) fn now_millis() -> f64 {
    let global = js_sys::global();
    let performance = match global.dyn_into::<Window>() {
        Ok(window) => window.performance(),
        Err(global) => global.unchecked_into::<WorkerGlobalScope>().performance(),
    };
    performance.map_or_else(js_sys::Date::now, |performance| performance.now())
}

/// Waits.
pub(crate) async fn sleep(millis: i32) {
    let promise = Promise::new(&mut |resolve, _reject| set_timeout(&resolve, millis));
    // The promise is never rejected.
    let _ = JsFuture::from(promise).await;
}

fn set_timeout(callback: &Function, millis: i32) {
    let started = match js_sys::global().dyn_into::<Window>() {
        Ok(window) => window.set_timeout_with_callback_and_timeout_and_arguments_0(callback, millis),
        Err(global) => global
            .unchecked_into::<WorkerGlobalScope>()
            .set_timeout_with_callback_and_timeout_and_arguments_0(callback, millis),
    };
    if started.is_err() {
        // No timer: go on at once rather than never.
        let _ = callback.call0(&JsValue::NULL);
    }
}

/// How long a task may run before it lets the browser handle input and paint.
const TASK_MILLIS: f64 = 12.0;

thread_local! {
    static TASK_BEGAN: Cell<f64> = const { Cell::new(0.0) };
}

/// Lets the browser handle input and paint, when the present task has run for a while. Awaiting a
/// resolved promise does not: promises are resolved before anything else happens.
pub(crate) async fn breathe() {
    let now = now_millis();
    let ran = now - TASK_BEGAN.get();
    // A long gap means that another task has run since the last call.
    if ran > TASK_MILLIS {
        sleep(0).await;
        TASK_BEGAN.set(now_millis());
    }
}

/// The page's window. Not to be called in a worker.
pub(crate) fn window() -> Window {
    web_sys::window().expect("the page runs in a window")
}

/// Offers content as a file of the user's.
pub(crate) fn download(name: &str, content: &Blob) {
    let Ok(url) = Url::create_object_url_with_blob(content) else { return };
    let link = window().document().and_then(|document| document.create_element("a").ok());
    if let Some(link) = link {
        let link: HtmlAnchorElement = link.unchecked_into();
        link.set_href(&url);
        link.set_download(name);
        link.click();
    }
    // The browser has taken the content by now; this frees the page's hold on it.
    let _ = Url::revoke_object_url(&url);
}
