//! What layers and subsets are called.

use explorer_core::{session::Bounds, state::Filters};

use crate::store::Store;

/// The filters of a subset, in a few words.
pub fn levels_text(store: Store, levels: &[Filters], bounds: Bounds) -> String {
    store.with_session(|session| session.levels_text(levels, bounds)).unwrap_or_default()
}

/// The name of a layer that the state names; empty before the dataset is open.
pub fn layer_name(store: Store, key: Option<&str>) -> String {
    store.with_session(|session| session.layer_name(key)).unwrap_or_default()
}
