//! What tabs agree on: none builds what another is building, and none deletes what another shows.

use futures_channel::oneshot;
use futures_util::future::{Either, select};
use js_sys::{Function, Object, Promise};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;

use crate::js::{object, request_lock};

/// A lock, until this is dropped or the document ends.
pub struct Held {
    release: Function,
}

impl Drop for Held {
    fn drop(&mut self) {
        // To resolve a promise throws nothing.
        drop(self.release.call0(&JsValue::UNDEFINED));
    }
}

/// The lock of who builds a dataset.
pub fn of_build(key: &str) -> String {
    format!("tessera-build-{key}")
}

/// The lock of who shows a dataset.
pub fn of_view(key: &str) -> String {
    format!("tessera-view-{key}")
}

/// The lock, once nobody else has it; `None`, here as below, where the browser refuses it.
pub async fn wait_for(name: &str) -> Option<Held> {
    acquire(name, &Object::new()).await
}

/// The lock, if nobody else has it.
pub async fn try_hold(name: &str) -> Option<Held> {
    acquire(name, &object(&[("ifAvailable", true.into())])).await
}

/// The lock, which others may share, as long as the document lives.
pub async fn share(name: &str) {
    std::mem::forget(acquire(name, &object(&[("mode", "shared".into())])).await);
}

async fn acquire(name: &str, options: &Object) -> Option<Held> {
    let (held, holds) = oneshot::channel();
    let run = Closure::once_into_js(move |lock: JsValue| {
        if lock.is_null() {
            // Who asked may be gone.
            drop(held.send(None));
            return Promise::resolve(&JsValue::UNDEFINED);
        }
        let mut held = Some(held);
        Promise::new(&mut |release, _| {
            if let Some(held) = held.take() {
                // Who asked may be gone; then the lock is released.
                drop(held.send(Some(Held { release })));
            }
        })
    });
    let requested = request_lock(name, options, run.unchecked_ref()).ok()?;
    // The request is over where the browser refuses it, and then nothing has run.
    match select(holds, JsFuture::from(requested)).await {
        Either::Left((held, _)) => held.ok().flatten(),
        Either::Right(_) => None,
    }
}
