//! Which styles of points the GPU has yet to be told.

use std::{iter, ops::Range};

use explorer_render::StyleChange;

/// Points whose styles are written together: 1 kB.
const POINTS_PER_PAGE: u32 = 256;

/// Which styles the GPU has yet to be told, by pages.
#[derive(Debug)]
pub(super) struct StaleStyles {
    pages: Pages,
    /// The most that changed in them.
    pub change: StyleChange,
}

#[derive(Debug)]
enum Pages {
    /// Of each up to the last one, whether it is among them.
    Some(Vec<bool>),
    All,
}

impl Default for StaleStyles {
    fn default() -> Self {
        Self { pages: Pages::Some(Vec::new()), change: StyleChange::ColorsOnly }
    }
}

impl StaleStyles {
    pub fn all(change: StyleChange) -> Self {
        Self { pages: Pages::All, change }
    }

    pub fn is_empty(&self) -> bool {
        matches!(&self.pages, Pages::Some(pages) if pages.is_empty())
    }

    /// The style of a point has changed.
    pub fn note(&mut self, point: u32, change: StyleChange) {
        if let Pages::Some(pages) = &mut self.pages {
            let page = (point / POINTS_PER_PAGE) as usize;
            if page >= pages.len() {
                pages.resize(page + 1, false);
            }
            pages[page] = true;
        }
        self.add(change);
    }

    /// All styles have.
    pub fn note_all(&mut self, change: StyleChange) {
        self.pages = Pages::All;
        self.add(change);
    }

    fn add(&mut self, change: StyleChange) {
        if change == StyleChange::Order {
            self.change = change;
        }
    }

    /// The points to write, of so many.
    pub fn runs(&self, n_points: u32) -> Vec<Range<u32>> {
        match &self.pages {
            Pages::All => iter::once(0..n_points).collect(),
            Pages::Some(pages) => {
                let points = |page: u32| page * POINTS_PER_PAGE..((page + 1) * POINTS_PER_PAGE).min(n_points);
                let stale = (0..).zip(pages).filter(|(_, is_stale)| **is_stale);
                stale.map(|(page, _)| points(page)).collect()
            }
        }
    }
}
