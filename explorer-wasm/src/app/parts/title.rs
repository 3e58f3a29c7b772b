//! What the dataset is called.

use leptos::prelude::*;

use crate::store::Store;

/// The dataset's title: its own, or the id until that is known.
pub fn title(store: Store) -> Memo<String> {
    let id = store.part(|state| state.view.dataset.clone().unwrap_or_default());
    let title = store.loaded(|session| session.manifest().title.clone());
    Memo::new(move |_| title.get().flatten().filter(|title| !title.is_empty()).unwrap_or_else(|| id.get()))
}
