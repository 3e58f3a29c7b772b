//! The dataset's poster, which the document has until the cells are drawn.

use leptos::prelude::*;
use web_sys::HtmlElement;

use crate::host::Host;

/// The poster that the document came with. Copies are handles of the same.
#[derive(Clone, Copy)]
pub struct Poster {
    element: StoredValue<Option<HtmlElement>, LocalStorage>,
    is_shown: RwSignal<bool>,
}

impl Poster {
    /// That of the host's document, if it shows one.
    pub fn of(host: Option<&dyn Host>) -> Self {
        let element = host.and_then(Host::poster);
        Self { is_shown: RwSignal::new(element.is_some()), element: StoredValue::new_local(element) }
    }

    /// Whether it is shown; followed.
    pub fn is_shown(self) -> bool {
        self.is_shown.get()
    }

    /// Puts it before the children of an element.
    pub fn move_to(self, parent: &HtmlElement) {
        self.element.with_value(|element| {
            if let Some(element) = element {
                // Only a node that cannot be a child is refused.
                let _ = parent.prepend_with_node_1(element);
            }
        });
    }

    /// Takes it away: the cells are drawn, or something else than it shows is asked for.
    pub fn remove(self) {
        if let Some(element) = self.element.try_update_value(Option::take).flatten() {
            element.remove();
            self.is_shown.set(false);
        }
    }
}
