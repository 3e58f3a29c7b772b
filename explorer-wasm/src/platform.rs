//! What the page and its workers both ask of the browser: requests, time, a pause.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
};

use futures_channel::oneshot;
use gloo_events::EventListener;
use gloo_timers::future::TimeoutFuture;
use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageChannel, RequestInit, Window, WorkerGlobalScope};

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
pub(crate) async fn sleep(millis: u32) {
    TimeoutFuture::new(millis).await;
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
    let begun = NEXT_TASK.with(NextTask::post);
    if begun.await.is_err() {
        sleep(0).await;
    }
    TASK_BEGAN.set(now_millis());
}

/// Goes on in a task of its own, by a message to oneself: a timer waits 4 ms where timers are nested.
struct NextTask {
    task_millis: f64,
    waiting: Rc<RefCell<VecDeque<oneshot::Sender<()>>>>,
    channel: Option<(MessageChannel, EventListener)>,
}

impl NextTask {
    fn new() -> Self {
        let is_page = js_sys::global().is_instance_of::<Window>();
        let waiting: Rc<RefCell<VecDeque<oneshot::Sender<()>>>> = Rc::default();
        let heard = Rc::clone(&waiting);
        let channel = MessageChannel::new().ok().map(|channel| {
            let listener = EventListener::new(&channel.port1(), "message", move |_| {
                let next = heard.borrow_mut().pop_front();
                if let Some(next) = next {
                    // Who waited may have gone.
                    let _ = next.send(());
                }
            });
            channel.port1().start();
            (channel, listener)
        });
        let task_millis = if is_page { PAGE_TASK_MILLIS } else { WORKER_TASK_MILLIS };
        Self { task_millis, waiting, channel }
    }

    /// Ends in the next task; fails at once where there is no channel.
    fn post(&self) -> oneshot::Receiver<()> {
        let (sender, begun) = oneshot::channel();
        let post = |(channel, _): &(MessageChannel, _)| channel.port2().post_message(&JsValue::NULL).is_ok();
        if self.channel.as_ref().is_some_and(post) {
            self.waiting.borrow_mut().push_back(sender);
        }
        begun
    }
}

/// The page's window. Not to be called in a worker.
pub(crate) fn window() -> Window {
    gloo_utils::window()
}
