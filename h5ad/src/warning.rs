//! What was mended while an AnnData file was read.

use std::collections::{BTreeMap, BTreeSet};
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
    notes: Mutex<Notes>,
}

#[derive(Debug, Default)]
struct Notes {
    plain: BTreeSet<Warning>,
    /// Place → the largest magnitude that a 32-bit float cannot hold exactly.
    too_large: BTreeMap<String, f64>,
}

impl Warnings {
    /// Notes that `place` was mended, as `message` says.
    pub(super) fn note(&self, place: impl Into<String>, message: impl Into<String>) {
        let warning = Warning { place: place.into(), message: message.into() };
        self.lock().plain.insert(warning);
    }

    /// Notes that `place` holds a number of this `magnitude`, which lost digits (or its finiteness) as a 32-bit float.
    pub(super) fn note_too_large(&self, place: &str, magnitude: f64) {
        let mut notes = self.lock();
        match notes.too_large.get_mut(place) {
            Some(known) => *known = known.max(magnitude),
            None => {
                notes.too_large.insert(place.to_owned(), magnitude);
            }
        }
    }

    /// All warnings so far, sorted by place.
    pub(super) fn list(&self) -> Vec<Warning> {
        let notes = self.lock();
        let too_large = notes.too_large.iter().map(|(place, magnitude)| Warning {
            place: place.clone(),
            message: if *magnitude > f64::from(f32::MAX) {
                format!(
                    "holds magnitudes up to {magnitude:e}, beyond the range of 32-bit floats ({:e}): the largest are \
                     read as infinite",
                    f32::MAX
                )
            } else {
                format!(
                    "holds magnitudes up to {magnitude}: whole numbers beyond 2^24 (16777216) are rounded to the \
                     nearest 32-bit float"
                )
            },
        });
        let mut all: Vec<_> = notes.plain.iter().cloned().chain(too_large).collect();
        all.sort();
        all
    }

    fn lock(&self) -> MutexGuard<'_, Notes> {
        // Every change to the notes is a single insertion, so a panic elsewhere leaves them whole.
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
