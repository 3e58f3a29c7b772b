//! Counts of labels before it is known which cell has which.

use crate::{
    screen::ValueCount,
    state::{CellQuery, DimensionKey},
};

/// What is known of a column's counts before its codes are there: its tile says how many cells of
/// the dataset have each label, but not which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownCounts {
    /// How many are in view.
    pub totals: bool,
    /// How many are selected, all filters but the column's own applied.
    pub selected: bool,
}

impl KnownCounts {
    /// What is known under a query.
    pub fn without_codes(query: &CellQuery, column: &str) -> Self {
        let own = DimensionKey::Obs(column.to_owned());
        let totals = query.subset.is_empty();
        let selected = totals && query.filters.active_dimensions().iter().all(|dimension| dimension.key == own);
        Self { totals, selected }
    }

    /// The count of a label that so many cells of the dataset have.
    pub fn count(self, cells: u32) -> ValueCount {
        ValueCount { selected: self.selected.then_some(cells), total: self.totals.then_some(cells) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::state::{LabelFilter, ObsFilter};

    #[test]
    fn counts_that_hang_on_codes_wait_for_them() {
        let count = |query: &CellQuery| KnownCounts::without_codes(query, "louvain").count(7);
        let mut query = CellQuery::default();
        assert_eq!(count(&query), ValueCount { selected: Some(7), total: Some(7) });
        let none = ObsFilter::Labels(LabelFilter::Only(BTreeSet::new()));
        query.filters.obs.insert("louvain".to_owned(), none.clone());
        assert_eq!(count(&query), ValueCount { selected: Some(7), total: Some(7) }, "a filter of its own");
        query.filters.obs.insert("phase".to_owned(), none);
        assert_eq!(count(&query), ValueCount { selected: None, total: Some(7) });
        query.subset.push(std::mem::take(&mut query.filters));
        assert_eq!(count(&query), ValueCount { selected: None, total: None });
    }
}
