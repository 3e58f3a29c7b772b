//! What layers are called.

use crate::store::Store;

/// The name of a layer that the state names; empty before the dataset is open.
pub fn layer_name(store: Store, key: Option<&str>) -> String {
    store.with_session(|session| session.layer_name(key)).unwrap_or_default()
}
