//! The pictures of all panels.

use explorer_core::state::PanelIdx;
use leptos::prelude::*;

use super::{PictureHandle, Wanted};
use crate::store::Store;

/// The pictures of all panels. Copies are handles of the same.
#[derive(Clone, Copy)]
pub struct Pictures {
    /// The one that there always is: it has the poster, and fails or is suspended for all.
    pub first: PictureHandle,
    others: StoredValue<Vec<PictureHandle>>,
    /// The panel that the pointer was over last.
    pub pointed: RwSignal<PanelIdx>,
}

impl Pictures {
    /// The picture of the first panel.
    pub fn new(first: PictureHandle) -> Self {
        Self { first, others: StoredValue::default(), pointed: RwSignal::new(PanelIdx::FIRST) }
    }

    /// The picture of a panel, which is one of these as long as the owner lives.
    pub fn open(self, store: Store, panel: PanelIdx) -> PictureHandle {
        let Self { first, others, .. } = self;
        if panel == PanelIdx::FIRST {
            return first;
        }
        let own = PictureHandle::new(store, panel, first.highlight);
        let PictureHandle { poster, failure, suspended, .. } = first;
        let picture = PictureHandle { poster, failure, suspended, ..own };
        others.update_value(|others| others.push(picture));
        on_cleanup(move || {
            // The Explorer may be gone.
            let _ = others.try_update_value(|others| others.retain(|other| other.panel != panel));
        });
        picture
    }

    /// The pictures of all panels, in order.
    pub fn all(self) -> Vec<PictureHandle> {
        let mut all = vec![self.first];
        all.extend(self.others.get_value());
        all.sort_unstable_by_key(|picture| picture.panel);
        all
    }

    /// Draws the pictures of all panels as one file.
    pub fn take_all(self, wanted: Wanted) {
        let all = self.all();
        for (picture, wanted) in all.iter().zip(wanted.of_panels(all.len())) {
            picture.take(wanted);
        }
    }

    /// The picture of the panel that commands are about.
    pub fn focused(self, store: Store) -> PictureHandle {
        let panel = store.focused();
        let other = self.others.with_value(|others| others.iter().find(|other| other.panel == panel).copied());
        other.unwrap_or(self.first)
    }
}
