//! What lives as long as a part of the page does.

use leptos::prelude::StoredValue;

/// Keeps a value, a listener say, until the present owner is cleaned up; then drops it.
pub(crate) fn keep<T: 'static>(value: T) {
    StoredValue::new_local(value);
}
