//! Tables saved as files of the user's.

use gloo_file::Blob;

use crate::store::Store;

/// Saves a table as a file of the user's.
pub fn save_csv(store: Store, name: &str, text: &str) {
    if let Some(host) = store.host() {
        host.save_file(name, &Blob::new_with_options(text, Some("text/csv;charset=utf-8")));
    }
}
