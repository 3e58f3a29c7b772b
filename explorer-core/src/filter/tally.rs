//! Counts that follow a drag.

use super::counts::Groups;
use super::cross::{Change, CrossFilter, Flips};

/// The counts of one column, kept up to date as filters change.
///
/// While a brush is dragged few cells flip at a time; a tally visits those alone, and none at all
/// when the change is of its own filter. It always equals [`CrossFilter::count`].
#[derive(Clone, Debug)]
pub struct Tally<K> {
    except: Option<K>,
    counts: Vec<u32>,
    revision: u64,
}

impl<K: Clone + PartialEq> Tally<K> {
    /// Counts a column's groups over the cells that pass all filters but `except`.
    ///
    /// # Panics
    /// When the column is not of the filter's dataset.
    pub fn new(filter: &CrossFilter<K>, except: Option<K>, groups: Groups<'_>) -> Self {
        Self { counts: filter.count(except.as_ref(), groups), except, revision: filter.revision() }
    }

    /// Cells of each group, missing last.
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// Follows a change of the filter. `groups` must be those that the tally was made with.
    ///
    /// Changes that were passed over cost a full count, never a wrong one.
    pub fn update(&mut self, filter: &CrossFilter<K>, change: &Change<K>, groups: Groups<'_>) {
        let is_next = change.revision == self.revision + 1 && change.revision == filter.revision();
        if !is_next {
            if self.revision != filter.revision() {
                *self = Self::new(filter, self.except.take(), groups);
            }
            return;
        }
        self.revision = change.revision;
        match &change.flips {
            Flips::Cells { key, .. } | Flips::Many { key } if self.except.as_ref() == Some(key) => {}
            Flips::Cells { key, cells } => self.flip(filter, key, cells, groups),
            Flips::Many { .. } | Flips::Universe => {
                self.counts = filter.count(self.except.as_ref(), groups);
            }
        }
    }

    fn flip(&mut self, filter: &CrossFilter<K>, key: &K, cells: &[u32], groups: Groups<'_>) {
        let passing = filter.passing(self.except.as_ref());
        let fails = filter.fails(key);
        for &cell in cells {
            let cell = cell as usize;
            if passing.universe.is_some_and(|universe| universe[cell] == 0) {
                continue;
            }
            let others = passing.failing[cell] - passing.own.map_or(0, |own| own[cell]);
            let Some(count) = self.counts.get_mut(groups.get(cell)) else {
                continue;
            };
            // The cell's flag for `key` flipped, so it counts on one side of the change only, and
            // only when it fails nothing else.
            match fails.map_or(0, |fails| fails[cell]) {
                0 if others == 0 => *count += 1,
                1 if others == 1 => *count -= 1,
                _ => {}
            }
        }
    }
}
