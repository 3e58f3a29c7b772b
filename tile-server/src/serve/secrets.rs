//! The ids of private collections, which are in the addresses of their datasets, and must be in no log.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    sync::{PoisonError, RwLock},
};

use percent_encoding::percent_decode_str;

use crate::catalog::FoundDataset;

/// What stands for such an id.
const HIDDEN: &str = "[private]";

/// The ids of all private collections that were ever found.
#[derive(Debug, Default)]
pub(super) struct Secrets(RwLock<BTreeSet<String>>);

impl Secrets {
    /// Takes up the ids of collections that are private, and forgets those that were published.
    pub(super) fn follow(&self, found: &[FoundDataset]) {
        let mut secrets = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for collection in found.iter().filter_map(|dataset| dataset.collection.as_deref()) {
            if !collection.is_private() {
                secrets.remove(&collection.id);
            } else if !secrets.contains(&collection.id) {
                secrets.insert(collection.id.clone());
            }
        }
    }

    /// An id, or a text that may have one, for a log.
    pub(super) fn hidden<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let secrets = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let present = secrets.iter().filter(|secret| text.contains(secret.as_str()));
        present.fold(Cow::Borrowed(text), |text, secret| Cow::Owned(text.replace(secret.as_str(), HIDDEN)))
    }

    /// The path of an address, for a log.
    pub(super) fn hidden_in_path<'a>(&self, path: &'a str) -> Cow<'a, str> {
        let decoded = percent_decode_str(path).decode_utf8_lossy();
        match self.hidden(&decoded) {
            Cow::Owned(hidden) => Cow::Owned(hidden),
            Cow::Borrowed(_) => Cow::Borrowed(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{path::PathBuf, sync::Arc};

    use super::*;
    use crate::catalog::{Collection, Visibility};

    const SECRET: &str = "6f1d0c8e5b7a49321d0c8e5b7a4932f1";

    fn found(visibility: Visibility) -> [FoundDataset; 1] {
        let collection = Collection { id: SECRET.to_owned(), visibility: Some(visibility), ..Collection::default() };
        [FoundDataset { id: String::new(), place: PathBuf::new().into(), collection: Some(Arc::new(collection)) }]
    }

    #[test]
    fn a_private_id_is_hidden_however_it_is_written_until_it_is_published() {
        let secrets = Secrets::default();
        secrets.follow(&found(Visibility::Private));
        // The folder may come back.
        secrets.follow(&[]);
        for path in [format!("/d/a-{SECRET}"), format!("/d/a-{SECRET}").replace("6f", "%36%66")] {
            assert_eq!(secrets.hidden_in_path(&path), "/d/a-[private]");
        }
        assert_eq!(secrets.hidden_in_path("/d/a%20b"), "/d/a%20b");
        secrets.follow(&found(Visibility::Public));
        assert_eq!(secrets.hidden(SECRET), SECRET);
    }
}
