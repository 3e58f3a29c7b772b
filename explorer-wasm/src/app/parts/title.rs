//! What the dataset is called.

use leptos::prelude::*;
use shared_fbs::dataset_id::name_of;

use crate::store::Store;

/// The dataset's title: its own, or the name that its id has until that is known.
pub fn title(store: Store) -> Memo<String> {
    let id = store.part(|state| state.view.dataset.clone().unwrap_or_default());
    let title = store.loaded(|session| session.manifest().title.clone());
    Memo::new(move |_| {
        title.get().flatten().filter(|title| !title.is_empty()).unwrap_or_else(|| name_of(&id.get()).to_owned())
    })
}
