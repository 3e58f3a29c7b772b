//! What a closed dialog or menu holds: built when it is opened first. Most visits open few of them, and all of them
//! together are a third of the page's elements.

use leptos::{
    children::Children,
    prelude::*,
    tachys::view::{Mountable, any_view::AnyViewState},
};
use web_sys::Element;

/// Children that are yet to be built, or that stand where they were put.
#[derive(Clone, Copy)]
pub(super) struct Late {
    owner: StoredValue<Option<Owner>>,
    children: StoredValue<Option<Children>, LocalStorage>,
    built: StoredValue<Option<AnyViewState>, LocalStorage>,
}

impl Late {
    /// Children of the component that asks.
    pub(super) fn new(children: Children) -> Self {
        Self {
            owner: StoredValue::new(Owner::current()),
            children: StoredValue::new_local(Some(children)),
            built: StoredValue::new_local(None),
        }
    }

    /// Builds them as the last of an element, unless that has been done.
    pub(super) fn build_in(self, parent: &Element) {
        let Some(children) = self.children.try_update_value(Option::take).flatten() else { return };
        let Some(owner) = self.owner.get_value() else { return };
        let mut built = owner.with(|| untrack(|| children().build()));
        built.mount(parent, None);
        self.built.set_value(Some(built));
    }
}
