//! Being told when an element's size changes.

use crate::view::effect;
use leptos::{html, prelude::*};
use wasm_bindgen::{JsCast, prelude::Closure};

/// Calls `changed` when the element is there, and whenever its size changes, until the owner is
/// cleaned up.
pub(crate) fn watch_size<E>(element: NodeRef<E>, changed: impl Fn() + Clone + 'static)
where
    E: html::ElementType,
    E::Output: JsCast + Clone + 'static,
{
    let observer = StoredValue::new_local(None::<SizeObserver>);
    effect(move || {
        if let Some(element) = element.get() {
            observer.set_value(SizeObserver::new(element.unchecked_ref(), changed.clone()));
        }
    });
}

/// A `ResizeObserver` that stops when dropped.
pub(super) struct SizeObserver {
    observer: web_sys::ResizeObserver,
    _callback: Closure<dyn FnMut()>,
}

impl SizeObserver {
    /// `None` where the browser cannot observe sizes.
    pub(super) fn new(element: &web_sys::Element, changed: impl Fn() + 'static) -> Option<Self> {
        let callback = Closure::<dyn FnMut()>::new(changed);
        let observer = web_sys::ResizeObserver::new(callback.as_ref().unchecked_ref()).ok()?;
        observer.observe(element);
        Some(Self { observer, _callback: callback })
    }
}

impl Drop for SizeObserver {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}
