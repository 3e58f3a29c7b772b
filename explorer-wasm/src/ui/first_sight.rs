//! When something on the page is first seen.

use js_sys::Array;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry};

/// Calls back once, as soon as some of an element can be seen: not while it is scrolled out of view or in a drawer.
/// At once where the browser cannot tell.
pub(super) fn on_first_sight(element: &Element, callback: Callback<()>) {
    let observed = Closure::<dyn Fn(Array, IntersectionObserver)>::new(move |entries: Array, observer| {
        let is_seen = |entry| IntersectionObserverEntry::unchecked_from_js(entry).is_intersecting();
        if entries.iter().any(is_seen) {
            IntersectionObserver::disconnect(&observer);
            callback.run(());
        }
    });
    let Ok(observer) = IntersectionObserver::new(observed.as_ref().unchecked_ref()) else {
        callback.run(());
        return;
    };
    observer.observe(element);
    let kept = StoredValue::new_local(Some((observer, observed)));
    on_cleanup(move || {
        if let Some((observer, _)) = kept.try_update_value(Option::take).flatten() {
            observer.disconnect();
        }
    });
}
