//! What was mended while an AnnData file was read.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Something in the file that was mended or left out rather than refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Warning {
    /// HDF5 path of what it is about.
    pub place: String,
    /// What was found and what was done about it.
    pub message: String,
}

/// Collects warnings from all threads that read one file.
///
/// Noting the same thing twice changes nothing, so reading a slab again, or in other slabs, gives the same list.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    notes: Mutex<BTreeSet<Warning>>,
}

impl Warnings {
    /// Notes that `place` was mended, as `message` says.
    pub(super) fn note(&self, place: impl Into<String>, message: impl Into<String>) {
        let warning = Warning { place: place.into(), message: message.into() };
        self.lock().insert(warning);
    }

    /// All warnings so far, sorted by place.
    pub(super) fn list(&self) -> Vec<Warning> {
        self.lock().iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<Warning>> {
        // Every change to the notes is a single insertion, so a panic elsewhere leaves them whole.
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
