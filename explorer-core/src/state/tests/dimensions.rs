//! What changed between two queries.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::state::strategies::query;
use crate::state::*;

fn by_key(query: &CellQuery) -> BTreeMap<DimensionKey, DimensionFilter<'_>> {
    query.active_dimensions().into_iter().map(|found| (found.key, found.filter)).collect()
}

proptest! {
    #[test]
    fn dimensions_come_once_and_in_order(query in query()) {
        let keys: Vec<_> = query.active_dimensions().into_iter().map(|found| found.key).collect();
        prop_assert!(keys.is_sorted_by(|a, b| a < b));
        for found in query.active_dimensions() {
            prop_assert_eq!(query.filter(&found.key), Some(found.filter));
        }
    }

    #[test]
    fn applying_the_changes_leads_from_one_query_to_the_other(old in query(), new in query()) {
        let mut filters = by_key(&old);
        let changed = changed_dimensions(&old, &new);
        for key in &changed {
            match new.filter(key) {
                Some(filter) => filters.insert(key.clone(), filter),
                None => filters.remove(key),
            };
        }
        prop_assert_eq!(filters, by_key(&new));
        prop_assert_eq!(changed, changed_dimensions(&new, &old));
        prop_assert!(changed_dimensions(&old, &old.clone()).is_empty());
    }
}

#[test]
fn only_what_changed_is_told() {
    let mut old = CellQuery::default();
    let range = |max| ObsFilter::Range(Range::new(0.0, max).unwrap());
    old.filters.obs.insert("n_genes".to_owned(), range(1.0));
    old.filters.obs.insert("n_counts".to_owned(), range(1.0));
    let mut new = old.clone();
    new.filters.obs.insert("n_genes".to_owned(), range(2.0));
    let key = DimensionKey::Obs("n_genes".to_owned());
    assert_eq!(changed_dimensions(&old, &new), [key]);
}
