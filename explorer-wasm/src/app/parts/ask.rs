//! Questions that several parts of the page ask.

use explorer_core::state::{Action, CellQuery, MarkerOrder, Markers, ResultPanel, TestMode};

use crate::store::Store;

/// Compares the cells of a query with the rest of what is in view, as a set that is named after the filters.
pub fn compare_with_rest(store: Store, query: CellQuery) {
    let set = store.peek(|state| store.with_session(|session| session.set_of(query, &state.view.analysis)));
    if let Some(set) = set {
        store.dispatch(Action::CompareWithRest { set, mode: TestMode::Welch });
    }
}

/// Opens the markers of a column among the cells in view.
pub fn show_markers(store: Store, column: String, rank: MarkerOrder) {
    let universe = store.peek(|state| state.view.analysis.query.subset.clone());
    let markers = Markers { column, rank, universe };
    store.dispatch(Action::ShowResult(Some(ResultPanel::Markers(markers))));
}
