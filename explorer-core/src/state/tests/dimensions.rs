//! The dimensions of a query.

use proptest::prelude::*;

use crate::state::strategies::query;

proptest! {
    #[test]
    fn dimensions_come_once_and_in_order(query in query()) {
        let keys: Vec<_> = query.active_dimensions().into_iter().map(|found| found.key).collect();
        prop_assert!(keys.is_sorted_by(|a, b| a < b));
        for found in query.active_dimensions() {
            prop_assert_eq!(query.filter(&found.key), Some(found.filter));
        }
    }
}
