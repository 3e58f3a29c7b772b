//! The service worker (`www/sw.js`), which answers for datasets on this device.

use futures_channel::oneshot;
use gloo_events::EventListener;
use gloo_utils::window;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MessageChannel, MessageEvent, RegistrationOptions, ServiceWorkerContainer, ServiceWorkerRegistration};

use crate::{address, failure::Failure, js, remembered, storage};

const LACKING: &str = "This browser lets this page keep nothing on the device: it may be a private window, or the page’s \
                       address does not begin with https. Open it in a window that is not private, or use the command \
                       line, which shows the same:";

fn container() -> Option<ServiceWorkerContainer> {
    let navigator = window().navigator();
    js::has(&navigator, "serviceWorker").then(|| navigator.service_worker())
}

fn message(kind: &str, parts: &[(&str, JsValue)]) -> js_sys::Object {
    let message = js::object(parts);
    // Only frozen objects refuse.
    drop(js_sys::Reflect::set(&message, &"kind".into(), &kind.into()));
    message
}

/// Tells it something, if it has this page.
pub fn tell(kind: &str, parts: &[(&str, JsValue)]) {
    if let Some(worker) = container().and_then(|container| container.controller()) {
        // It refuses what cannot be copied, and nothing here is of that kind.
        drop(worker.post_message(&message(kind, parts)));
    }
}

/// Asks it something, and gives its answer.
pub async fn ask(kind: &str, parts: &[(&str, JsValue)]) -> Result<JsValue, JsValue> {
    let worker = container().and_then(|container| container.controller()).ok_or("no service worker has this page")?;
    let channel = MessageChannel::new()?;
    let (told, answer) = oneshot::channel();
    let hear = Closure::once_into_js(move |event: MessageEvent| {
        // Who asked may be gone.
        drop(told.send(event.data()));
    });
    channel.port1().set_onmessage(Some(hear.unchecked_ref()));
    worker.post_message_with_transferable(&message(kind, parts), &Array::of1(&channel.port2()))?;
    answer.await.map_err(|_| "the service worker ended".into())
}

/// Registers it, and resolves once it has this page.
///
/// # Errors
/// Where the browser lacks something that this takes.
pub async fn register() -> Result<ServiceWorkerRegistration, Failure> {
    let lacking = || Failure::Lacking(LACKING.to_owned());
    let has_locks = js::has(&window().navigator(), "locks");
    let container = container().filter(|_| has_locks && storage::is_there() && remembered::is_possible());
    let container = container.ok_or_else(lacking)?;
    let base = address::base();
    let options = RegistrationOptions::new();
    options.set_scope(&base);
    let registered = JsFuture::from(container.register_with_options(&format!("{base}sw.js"), &options)).await;
    let registered = match registered {
        Ok(registration) => registration,
        // Without a network the one that is there will do.
        Err(_) => JsFuture::from(container.get_registration_with_document_url(&base)).await?,
    };
    let registration: ServiceWorkerRegistration = registered.dyn_into().map_err(|_| lacking())?;
    JsFuture::from(container.ready()?).await?;
    if container.controller().is_none() {
        // A page that was reloaded past it.
        let (controlled, controls) = oneshot::channel();
        let listener = EventListener::once(&container, "controllerchange", move |_| {
            // Whoever waits for it is there.
            let _ = controlled.send(());
        });
        if let Some(active) = registration.active() {
            active.post_message(&message("claim", &[]))?;
        }
        let _ = controls.await;
        drop(listener);
    }
    JsFuture::from(storage::manager().get_directory()).await.map_err(|_| lacking())?;
    Ok(registration)
}

/// A new version of the page waits until no page of the old one is open: this one gives way before it begins.
pub fn give_way(registration: &ServiceWorkerRegistration) {
    let (Some(waiting), Some(container)) = (registration.waiting(), container()) else { return };
    EventListener::once(&container, "controllerchange", |_| {
        // A page can be loaded again wherever it was loaded.
        drop(window().location().reload());
    })
    .forget();
    drop(waiting.post_message(&message("take-over", &[])));
}
