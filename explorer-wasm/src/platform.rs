//! What the page and its workers both ask of the browser: requests, time, a pause.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
};

use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, HtmlAnchorElement, MessageChannel, RequestInit, Url, Window, WorkerGlobalScope};

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

/// How long a task of the page may run before it lets the browser handle input and paint.
const PAGE_TASK_MILLIS: f64 = 12.0;

/// How long a task of a worker may run before it lets a request to cancel be heard.
const WORKER_TASK_MILLIS: f64 = 40.0;

thread_local! {
    static TASK_BEGAN: Cell<f64> = const { Cell::new(0.0) };
    static NEXT_TASK: NextTask = NextTask::new();
}

/// Lets the browser handle what has happened meanwhile, when the present task has run for a while.
/// Awaiting a resolved promise does not: promises are resolved before anything else happens.
pub(crate) async fn breathe() {
    let now = now_millis();
    let ran = now - TASK_BEGAN.get();
    // A long gap means that another task has run since the last call.
    if ran > NEXT_TASK.with(|next| next.task_millis) {
        next_task().await;
    }
}

/// Goes on in another task, however short the present one was: for work that takes all of a task's time.
pub(crate) async fn next_task() {
    let promise = Promise::new(&mut |resolve, _reject| NEXT_TASK.with(|next| next.post(resolve)));
    // The promise is never rejected.
    let _ = JsFuture::from(promise).await;
    TASK_BEGAN.set(now_millis());
}

/// Goes on in a task of its own, by a message to oneself: a timer waits 4 ms where timers are nested.
struct NextTask {
    task_millis: f64,
    waiting: Rc<RefCell<VecDeque<Function>>>,
    channel: Option<MessageChannel>,
    /// What the channel calls; kept as long as it.
    _on_message: Closure<dyn Fn()>,
}

impl NextTask {
    fn new() -> Self {
        let is_page = js_sys::global().is_instance_of::<Window>();
        let waiting: Rc<RefCell<VecDeque<Function>>> = Rc::default();
        let heard = Rc::clone(&waiting);
        let on_message = Closure::<dyn Fn()>::new(move || {
            let next = heard.borrow_mut().pop_front();
            if let Some(next) = next {
                // It resolves a promise, which cannot fail.
                let _ = next.call0(&JsValue::NULL);
            }
        });
        let channel = MessageChannel::new().ok();
        if let Some(channel) = &channel {
            channel.port1().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        }
        let task_millis = if is_page { PAGE_TASK_MILLIS } else { WORKER_TASK_MILLIS };
        Self { task_millis, waiting, channel, _on_message: on_message }
    }

    fn post(&self, resolve: Function) {
        self.waiting.borrow_mut().push_back(resolve);
        let posted = self.channel.as_ref().is_some_and(|channel| channel.port2().post_message(&JsValue::NULL).is_ok());
        let next = if posted { None } else { self.waiting.borrow_mut().pop_back() };
        if let Some(next) = next {
            set_timeout(&next, 0);
        }
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
