//! The datasets that are served now, by id and by name.

use std::{collections::HashMap, ops::Deref, sync::Arc};

use shared_fbs::dataset_id::name_of;

use super::entry::Entry;
use crate::catalog::Collection;

/// A dataset, and the collection that it is in.
#[derive(Clone)]
pub(super) struct Served {
    pub(super) entry: Arc<Entry>,
    pub(super) collection: Option<Arc<Collection>>,
}

/// All of them, each under an id of its own.
pub(super) struct ServedDatasets {
    all: Vec<Served>,
    by_id: HashMap<String, usize>,
    /// Of names that one public dataset alone has.
    by_name: HashMap<String, usize>,
}

impl Served {
    /// Whether its collection, if it has one, is not private.
    pub(super) fn is_public(&self) -> bool {
        !self.collection.as_ref().is_some_and(|collection| collection.is_private())
    }

    /// Why it is no longer served; `None` where it is.
    pub(super) fn withdrawal(&self) -> Option<&str> {
        self.collection.as_ref()?.withdrawal(&self.entry.place().name())
    }

    /// Whether lists have it.
    pub(super) fn is_listed(&self) -> bool {
        self.is_public() && self.withdrawal().is_none()
    }
}

impl ServedDatasets {
    /// These.
    pub(super) fn of(all: Vec<Served>) -> Self {
        let by_id = all.iter().enumerate().map(|(at, served)| (served.entry.id().to_owned(), at)).collect();
        let mut of_name: HashMap<&str, Vec<usize>> = HashMap::new();
        // Who knows the name alone of a private dataset, does not know its address.
        for (at, served) in all.iter().enumerate().filter(|(_, served)| served.is_public()) {
            of_name.entry(name_of(served.entry.id())).or_default().push(at);
        }
        let alone = |(name, places): (&str, Vec<usize>)| match places[..] {
            [at] => Some((name.to_owned(), at)),
            _ => None,
        };
        let by_name = of_name.into_iter().filter_map(alone).collect();
        Self { all, by_id, by_name }
    }

    /// The dataset of this id, or of this name where one public one alone has it.
    pub(super) fn find(&self, id: &str) -> Option<&Served> {
        self.by_id.get(id).or_else(|| self.by_name.get(id)).map(|&at| &self.all[at])
    }
}

impl Deref for ServedDatasets {
    type Target = [Served];

    fn deref(&self) -> &[Served] {
        &self.all
    }
}
