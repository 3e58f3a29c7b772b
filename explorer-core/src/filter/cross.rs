//! The cross-filter: many filters, each cell counted by all the others.

use std::ops::Range;

use thiserror::Error;

use super::counts::{self, Groups, Passing};
use super::mask::sum_of_bits;
use super::{Binned, CellMask, Predicate, PredicateError, Source};
use crate::data::{Categorical, CellIdx};
use crate::format::plural;

/// The most filters that can be active at once: a cell's failures are counted in a `u8`.
pub const MAX_DIMENSIONS: usize = 255;

/// Filters over one dataset, keyed by what the caller calls them.
///
/// Each cell carries the number of filters that it fails. A cell is selected when it fails none;
/// for a filter's own histogram it counts when it fails no *other*, which is one comparison of two
/// bytes. So a change of one filter costs one pass over bytes, however many filters there are.
#[derive(Clone, Debug)]
pub struct CrossFilter<K> {
    failing: Vec<u8>,
    universe: Option<CellMask>,
    dimensions: Vec<Dimension<K>>,
    revision: u64,
}

#[derive(Clone, Debug)]
struct Dimension<K> {
    key: K,
    /// 1 where the cell fails.
    fails: Vec<u8>,
}

/// What one change of a filter did, for [`Tally::update`](super::Tally::update).
#[derive(Clone, Debug)]
pub struct Change<K> {
    pub(super) revision: u64,
    pub(super) flips: Flips<K>,
}

#[derive(Clone, Debug)]
pub(super) enum Flips<K> {
    /// These cells, ascending, now pass this filter where they failed it, or the reverse.
    Cells { key: K, cells: Vec<u32> },
    /// So many cells that counting anew is quicker.
    Many { key: K },
    /// What is visible at all has changed.
    Universe,
}

/// The cells whose selection a change flipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flipped {
    /// These cells: runs in storage order, ascending, none touching the next.
    Runs(Vec<Range<u32>>),
    /// So many that all cells may as well be looked at.
    Many,
}

/// Why a filter could not be set.
#[derive(Debug, Error)]
pub enum CrossFilterError {
    /// The predicate does not suit its column.
    #[error(transparent)]
    Predicate(#[from] PredicateError),
    /// Column and filter are of different datasets.
    #[error("a filter over {} cannot be applied to {}", cells(*found), cells(*expected))]
    Length {
        /// Cells of the mask.
        found: usize,
        /// Cells of the dataset.
        expected: usize,
    },
    /// [`MAX_DIMENSIONS`] filters are active already.
    #[error("at most {MAX_DIMENSIONS} filters can be active at once")]
    TooMany,
}

fn cells(n: usize) -> String {
    plural(n, "cell", "cells")
}

impl<K: Clone + PartialEq> CrossFilter<K> {
    /// No filter over `n_obs` cells: all are selected.
    pub fn new(n_obs: usize) -> Self {
        Self { failing: vec![0; n_obs], universe: None, dimensions: Vec::new(), revision: 0 }
    }

    /// Number of cells, visible or not.
    pub fn n_obs(&self) -> usize {
        self.failing.len()
    }

    /// The keys of the active filters, in the order in which they were first set.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.dimensions.iter().map(|dimension| &dimension.key)
    }

    /// Sets or replaces the filter called `key`.
    ///
    /// # Errors
    /// [`CrossFilterError`]; the filters are then as they were.
    pub fn set(&mut self, key: K, predicate: &Predicate, source: Source<'_>) -> Result<Change<K>, CrossFilterError> {
        self.set_mask(key, predicate.mask(source)?)
    }

    /// Sets or replaces the filter called `key` by the cells that pass it.
    ///
    /// # Errors
    /// [`CrossFilterError::Length`] or [`CrossFilterError::TooMany`]; the filters are then as they
    /// were.
    pub fn set_mask(&mut self, key: K, mut mask: CellMask) -> Result<Change<K>, CrossFilterError> {
        self.check_length(&mask)?;
        mask.invert();
        let fails = mask.into_bytes();
        let place = match self.place(&key) {
            Some(place) => place,
            None if self.dimensions.len() == MAX_DIMENSIONS => {
                return Err(CrossFilterError::TooMany);
            }
            None => {
                self.dimensions.push(Dimension { key: key.clone(), fails: vec![0; self.n_obs()] });
                self.dimensions.len() - 1
            }
        };
        let before = std::mem::replace(&mut self.dimensions[place].fails, fails);
        Ok(self.account(key, &before, place))
    }

    /// Removes the filter called `key`, if there is one.
    pub fn clear(&mut self, key: &K) -> Change<K> {
        let Some(place) = self.place(key) else {
            return self.change(Flips::Cells { key: key.clone(), cells: Vec::new() });
        };
        let nothing = vec![0; self.n_obs()];
        let before = std::mem::replace(&mut self.dimensions[place].fails, nothing);
        let change = self.account(key.clone(), &before, place);
        self.dimensions.remove(place);
        change
    }

    /// Restricts everything to the cells of a subset, or lifts the restriction. Cells outside are
    /// neither visible nor counted.
    ///
    /// # Errors
    /// [`CrossFilterError::Length`].
    pub fn set_universe(&mut self, universe: Option<CellMask>) -> Result<Change<K>, CrossFilterError> {
        if let Some(mask) = &universe {
            self.check_length(mask)?;
        }
        self.universe = universe;
        Ok(self.change(Flips::Universe))
    }

    /// The subset in force, `None` when all cells are visible.
    pub fn universe(&self) -> Option<&CellMask> {
        self.universe.as_ref()
    }

    /// The visible cells that pass all filters.
    pub fn selected(&self) -> CellMask {
        let mut flags = vec![0; self.n_obs()];
        self.passing(None).write(0, &mut flags);
        CellMask::from_zeros_and_ones(flags)
    }

    /// Whether a cell is visible and passes all filters.
    ///
    /// # Panics
    /// When the dataset has no such cell.
    pub fn is_selected(&self, cell: CellIdx) -> bool {
        self.failing[cell.0 as usize] == 0 && self.universe.as_ref().is_none_or(|universe| universe.contains(cell))
    }

    /// The cells whose selection the last change flipped; [`Flipped::Many`] for an earlier change.
    pub fn flipped(&self, change: &Change<K>) -> Flipped {
        let Flips::Cells { key, cells } = &change.flips else { return Flipped::Many };
        if change.revision != self.revision {
            return Flipped::Many;
        }
        let fails = self.fails(key);
        let mut runs: Vec<Range<u32>> = Vec::new();
        for &cell in cells {
            // The flag for `key` flipped, so the selection did where the cell fails nothing else.
            let at = cell as usize;
            let others = self.failing[at] - fails.map_or(0, |fails| fails[at]);
            let is_visible = self.universe.as_ref().is_none_or(|universe| universe.contains(CellIdx(cell)));
            if others > 0 || !is_visible {
                continue;
            }
            match runs.last_mut() {
                Some(run) if run.end == cell => run.end += 1,
                _ => runs.push(cell..cell + 1),
            }
        }
        Flipped::Runs(runs)
    }

    /// Number of visible cells that pass all filters.
    pub fn n_selected(&self) -> usize {
        let mut flags = [0; 4096];
        let mut start = 0;
        let mut total = 0;
        while start < self.n_obs() {
            let n = flags.len().min(self.n_obs() - start);
            self.passing(None).write(start, &mut flags[..n]);
            total += sum_of_bits(&flags[..n]);
            start += n;
        }
        total
    }

    /// Number of visible cells.
    pub fn n_visible(&self) -> usize {
        self.universe.as_ref().map_or(self.n_obs(), CellMask::count)
    }

    /// Visible cells of each category, missing last, that pass all filters but `except`.
    ///
    /// # Panics
    /// When the column is not of this dataset, as do all counts.
    pub fn counts(&self, except: Option<&K>, column: &Categorical) -> Vec<u32> {
        self.count(except, column.into())
    }

    /// Visible cells of each bin that pass all filters but `except`; missing values in none.
    pub fn histogram(&self, except: Option<&K>, binned: &Binned) -> Vec<u32> {
        let mut counts = self.count(except, binned.into());
        counts.pop();
        counts
    }

    /// Visible cells of each group, missing last, that pass all filters but `except`.
    pub fn count(&self, except: Option<&K>, groups: Groups<'_>) -> Vec<u32> {
        counts::count(groups, self.passing(except))
    }

    /// Visible cells of each group, missing last, whatever the filters.
    pub fn totals(&self, groups: Groups<'_>) -> Vec<u32> {
        let passing = Passing {
            failing: &vec![0; self.n_obs()],
            own: None,
            universe: self.universe.as_ref().map(CellMask::as_bytes),
        };
        counts::count(groups, passing)
    }

    /// Calls `take` with every visible cell, by its place, that passes all filters but `except`.
    pub fn for_each_passing(&self, except: Option<&K>, mut take: impl FnMut(usize)) {
        let passing = self.passing(except);
        let mut flags = [0; 4096];
        for start in (0..self.n_obs()).step_by(flags.len()) {
            let n = flags.len().min(self.n_obs() - start);
            passing.write(start, &mut flags[..n]);
            (start..).zip(&flags[..n]).filter(|(_, flag)| **flag != 0).for_each(|(cell, _)| take(cell));
        }
    }

    pub(super) fn passing(&self, except: Option<&K>) -> Passing<'_> {
        Passing {
            failing: &self.failing,
            own: except.and_then(|key| self.fails(key)),
            universe: self.universe.as_ref().map(CellMask::as_bytes),
        }
    }

    /// 1 where the cell fails the filter called `key`; `None` when there is none.
    pub(super) fn fails(&self, key: &K) -> Option<&[u8]> {
        self.place(key).map(|place| self.dimensions[place].fails.as_slice())
    }

    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    fn place(&self, key: &K) -> Option<usize> {
        self.dimensions.iter().position(|dimension| dimension.key == *key)
    }

    fn check_length(&self, mask: &CellMask) -> Result<(), CrossFilterError> {
        if mask.len() == self.n_obs() {
            return Ok(());
        }
        Err(CrossFilterError::Length { found: mask.len(), expected: self.n_obs() })
    }

    /// Brings the failure counts from a dimension's former flags to its present ones.
    fn account(&mut self, key: K, before: &[u8], place: usize) -> Change<K> {
        let after = &self.dimensions[place].fails;
        for ((failing, &before), &after) in self.failing.iter_mut().zip(before).zip(after) {
            // The former failure is part of the count, so neither step leaves the range of a u8.
            *failing = *failing - before + after;
        }
        let flips = match flipped(before, after) {
            Some(cells) => Flips::Cells { key, cells },
            None => Flips::Many { key },
        };
        self.change(flips)
    }

    fn change(&mut self, flips: Flips<K>) -> Change<K> {
        self.revision += 1;
        Change { revision: self.revision, flips }
    }
}

/// The cells whose flags differ, or `None` when they are more than one in eight.
fn flipped(before: &[u8], after: &[u8]) -> Option<Vec<u32>> {
    const WORD: usize = size_of::<u64>();
    let limit = before.len() / 8;
    let mut cells = Vec::new();
    for (word, (before, after)) in before.chunks(WORD).zip(after.chunks(WORD)).enumerate() {
        if before == after {
            continue;
        }
        for (offset, (before, after)) in before.iter().zip(after).enumerate() {
            if before != after {
                cells.push((word * WORD + offset) as u32);
            }
        }
        if cells.len() > limit {
            return None;
        }
    }
    Some(cells)
}
