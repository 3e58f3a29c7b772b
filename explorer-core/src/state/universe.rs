//! Sets within a universe: the cells of a subset, which are all that a comparison may take.

use super::{CellQuery, CellSource, Filters, LabelFilter, ObsFilter};

impl CellQuery {
    /// The subset that these levels of filters make.
    pub fn of_universe(universe: &[Filters]) -> Self {
        Self { subset: universe.to_vec(), filters: Filters::default() }
    }

    /// Those of its cells that are in a universe.
    #[must_use]
    pub fn within(self, universe: &[Filters]) -> Self {
        let own = self.subset.into_iter().filter(|level| !universe.contains(level));
        Self { subset: universe.iter().cloned().chain(own).collect(), filters: self.filters }
    }

    /// The filters of all levels, one for each column, ascending, where all are on labels and nothing else is asked.
    pub fn only_labels(&self) -> Option<Vec<(&str, LabelFilter)>> {
        let mut labels: Vec<(&str, LabelFilter)> = Vec::new();
        for Filters { obs, genes, means, selections, cells } in self.subset.iter().chain([&self.filters]) {
            if !genes.is_empty() || !means.is_empty() || !selections.is_empty() || cells.is_some() {
                return None;
            }
            for (column, filter) in obs {
                let ObsFilter::Labels(filter) = filter else { return None };
                match labels.binary_search_by_key(&column.as_str(), |(name, _)| name) {
                    Ok(at) => labels[at].1 = labels[at].1.and(filter),
                    Err(at) => labels.insert(at, (column, filter.clone())),
                }
            }
        }
        Some(labels)
    }

    /// The cells of a universe that are not in this set, as filters on labels; `None` where they are no such filters:
    /// the rest of one filter is its opposite, that of several is none.
    pub fn rest_of_labels(&self, universe: &[Filters]) -> Option<Self> {
        let everything = Self::of_universe(universe);
        let (own, all) = (self.only_labels()?, everything.only_labels()?);
        let of_all = |name: &str| all.iter().find(|(column, _)| *column == name).map(|(_, filter)| filter);
        let mut narrowed = own.iter().filter(|(column, filter)| of_all(column) != Some(filter));
        let (Some((column, filter)), None) = (narrowed.next(), narrowed.next()) else { return None };
        let opposite = match filter.clone() {
            LabelFilter::Hide(labels) => LabelFilter::Only(labels),
            LabelFilter::Only(labels) => LabelFilter::Hide(labels),
        };
        let column = (*column).to_owned();
        let mut rest = everything;
        rest.filters.obs.insert(column, ObsFilter::Labels(opposite));
        Some(rest)
    }
}

impl CellSource {
    /// Those of its cells that are in a universe, where that can be said without reading any: a list stays as it is.
    #[must_use]
    pub fn within(self, universe: &[Filters]) -> Self {
        match self {
            Self::Query(query) => Self::Query(query.within(universe)),
            cells @ Self::Cells(_) => cells,
        }
    }

    /// Its filters, where it is known by filters.
    pub fn query(&self) -> Option<&CellQuery> {
        match self {
            Self::Query(query) => Some(query),
            Self::Cells(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::state::Label;

    /// Two columns with three labels each, and a cell of every pair.
    const COLUMNS: [&str; 2] = ["donor", "type"];

    fn filter() -> impl Strategy<Value = LabelFilter> {
        (any::<bool>(), prop::collection::btree_set(0_u8..3, 0..3)).prop_map(|(hide, labels)| {
            let labels: BTreeSet<Label> = labels.into_iter().map(|label| Label::named(label.to_string())).collect();
            if hide { LabelFilter::Hide(labels) } else { LabelFilter::Only(labels) }
        })
    }

    fn filters() -> impl Strategy<Value = Filters> {
        prop::collection::btree_map(prop::sample::select(&COLUMNS[..]), filter(), 0..3).prop_map(|columns| Filters {
            obs: columns.into_iter().map(|(column, filter)| (column.to_owned(), ObsFilter::Labels(filter))).collect(),
            ..Filters::default()
        })
    }

    fn cells(query: &CellQuery) -> BTreeSet<[u8; 2]> {
        let passes = |cell: &[u8; 2], filters: &Filters| {
            COLUMNS.iter().zip(cell).all(|(column, label)| {
                let filter = filters.obs.get(*column).and_then(ObsFilter::labels);
                filter.is_none_or(|filter| filter.allows(&Label::named(label.to_string())))
            })
        };
        let all = (0..9).map(|cell| [cell / 3, cell % 3]);
        all.filter(|cell| query.subset.iter().chain([&query.filters]).all(|level| passes(cell, level))).collect()
    }

    proptest! {
        #[test]
        fn a_set_and_its_rest_make_up_the_universe(
            universe in prop::collection::vec(filters(), 0..3),
            own in (prop::collection::vec(filters(), 0..2), filters()),
        ) {
            let set = CellQuery { subset: own.0, filters: own.1 };
            let all = cells(&CellQuery::of_universe(&universe));
            let within = set.clone().within(&universe);
            let expected: BTreeSet<_> = cells(&set).intersection(&all).copied().collect();
            prop_assert_eq!(&cells(&within), &expected);
            // One filter a column says the same.
            let mut flat = CellQuery::default();
            for (column, filter) in within.only_labels().unwrap() {
                flat.filters.obs.insert(column.to_owned(), ObsFilter::Labels(filter));
            }
            prop_assert_eq!(&cells(&flat), &expected);
            if let Some(rest) = within.rest_of_labels(&universe) {
                let expected: BTreeSet<_> = all.difference(&expected).copied().collect();
                prop_assert_eq!(cells(&rest), expected);
            }
        }
    }
}
