//! Keys pressed anywhere in the document.

use std::rc::Rc;

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;

use super::Host;

/// Calls for every key that is meant for the Explorer of this host, as long as the listener lives.
pub fn on_key(host: Rc<dyn Host>, heard: impl Fn(&KeyboardEvent) + 'static) -> EventListener {
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(&gloo_utils::window(), "keydown", options, move |event| {
        let press: &KeyboardEvent = event.unchecked_ref();
        if host.is_meant(press) {
            heard(press);
        }
    })
}
