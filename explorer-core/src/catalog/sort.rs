//! The order of datasets.

use std::cmp::Ordering;

use crate::sorting::sort_by;

/// An order of datasets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub key: SortKey,
    /// From which end.
    pub direction: SortDirection,
}

/// What datasets are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// The title.
    Title,
    /// The day of publication.
    Published,
    /// Number of cells.
    Cells,
    /// Genes per cell.
    GenesPerCell,
}

/// From which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortDirection {
    /// Least first.
    Ascending,
    /// Largest first.
    Descending,
}

impl SortKey {
    /// All.
    pub const ALL: [Self; 4] = [Self::Title, Self::Published, Self::Cells, Self::GenesPerCell];

    /// Its name in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Published => "published",
            Self::Cells => "cells",
            Self::GenesPerCell => "genes",
        }
    }

    /// The direction that is of most use.
    pub fn first_direction(self) -> SortDirection {
        match self {
            Self::Title => SortDirection::Ascending,
            Self::Published | Self::Cells | Self::GenesPerCell => SortDirection::Descending,
        }
    }
}

impl Default for Sort {
    /// Newest first; datasets without a date follow by title.
    fn default() -> Self {
        Self { key: SortKey::Published, direction: SortDirection::Descending }
    }
}

impl Sort {
    /// The order after its heading was pressed: the key's own direction first, then the other.
    pub fn pressed(self, key: SortKey) -> Self {
        if self.key != key {
            return Self { key, direction: key.first_direction() };
        }
        let direction = match self.direction {
            SortDirection::Ascending => SortDirection::Descending,
            SortDirection::Descending => SortDirection::Ascending,
        };
        Self { key, direction }
    }

    /// Sorts datasets, given what each is sorted by. What is unknown comes last whatever the direction; equals by title.
    pub(super) fn sort(self, datasets: &mut Vec<u32>, keys: &[SortKeys]) {
        sort_by(datasets, |&a, &b| {
            let (a, b) = (&keys[a as usize], &keys[b as usize]);
            self.order(a, b).then(a.title_rank.cmp(&b.title_rank))
        });
    }

    fn order(self, a: &SortKeys, b: &SortKeys) -> Ordering {
        let number = |keys: &SortKeys| match self.key {
            SortKey::Title => Some(f64::from(keys.title_rank)),
            SortKey::Published => keys.published,
            SortKey::Cells => Some(f64::from(keys.n_obs)),
            SortKey::GenesPerCell => keys.genes_per_cell,
        };
        match (number(a), number(b)) {
            (Some(a), Some(b)) => match self.direction {
                SortDirection::Ascending => a.total_cmp(&b),
                SortDirection::Descending => b.total_cmp(&a),
            },
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        }
    }
}

/// What a dataset is sorted by.
#[derive(Clone, Copy, Debug)]
pub(super) struct SortKeys {
    /// Its place in the order of titles.
    pub title_rank: u32,
    pub published: Option<f64>,
    pub n_obs: u32,
    pub genes_per_cell: Option<f64>,
}
