//! The view in the page's address: written when the state rests, read when the address changes.

use std::time::Duration;

use explorer_core::state::{
    Action, ViewSpec,
    link::{LONG_LINK_BYTES, ParsedLink},
};
use leptos::{ev, leptos_dom::helpers::TimeoutHandle, prelude::*};

use super::{Store, Tone};
use crate::platform;

/// How long the state rests before it is written: browsers allow few changes of the address a
/// second.
const REST: Duration = Duration::from_millis(200);

/// The view as it stands after `#`. The dataset is in the path (or the query) already.
pub fn link_text(view: &ViewSpec) -> String {
    ViewSpec { dataset: None, ..view.clone() }.to_link()
}

/// The view of the page's present address, for this dataset.
pub fn view_of_link(dataset: &str) -> ParsedLink {
    let mut parsed = ViewSpec::from_link(&present_hash());
    parsed.view.dataset = Some(dataset.to_owned());
    parsed
}

/// Whether the page's present address holds a view.
pub(super) fn has_link() -> bool {
    present_hash().len() > 1
}

/// What stands after `#` in the address, with it.
fn present_hash() -> String {
    platform::window().location().hash().unwrap_or_default()
}

impl Store {
    /// Keeps address and state in step from now on. Call within an owner that lives as long as the
    /// page does.
    pub fn follow_address(self, dataset: String) {
        let text = self.part(|state| link_text(&state.view));
        let pending = StoredValue::new(None::<TimeoutHandle>);
        // What the address held when the page last wrote or read it.
        let known = StoredValue::new(present_hash());
        Effect::new(move |before: Option<String>| {
            let text = text.get();
            if before.is_some_and(|before| before != text) {
                let written = text.clone();
                let write = move || {
                    // Somebody else has changed the address, and the page is about to hear of it: what it would
                    // write now would undo that.
                    if known.try_get_value().is_some_and(|known| known == present_hash()) {
                        self.write_address(&written);
                        known.set_value(present_hash());
                    }
                };
                if let Some(handle) = pending.get_value() {
                    handle.clear();
                }
                pending.set_value(set_timeout_with_handle(write, REST).ok());
            }
            text
        });
        let listener = window_event_listener(ev::hashchange, move |_| {
            known.set_value(present_hash());
            let ParsedLink { view, notices } = view_of_link(&dataset);
            // The page's own writing does not come back: `replaceState` raises no event.
            self.dispatch(Action::Restore(Box::new(view)));
            for notice in notices {
                self.tell(notice.to_string(), Tone::Warning);
            }
        });
        on_cleanup(move || listener.remove());
    }

    fn write_address(self, text: &str) {
        if text.len() > LONG_LINK_BYTES {
            let kilobytes = text.len() / 1000;
            let warning = format!("The link to this view is {kilobytes} kB long, which some programs cut off.");
            self.tell(warning, Tone::Warning);
        }
        let location = platform::window().location();
        let path = location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
        let address = if text.is_empty() { path } else { format!("{path}#{text}") };
        let history = platform::window().history();
        // A browser that refuses (too many changes, a page opened from a file) keeps the old address.
        let _ = history.map(|history| history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&address)));
    }
}
