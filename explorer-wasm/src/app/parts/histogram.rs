//! Histograms and the brushes over them.

use std::{collections::BTreeSet, sync::Arc};

use explorer_core::state::{Action, AppState, DimensionKey, Label, LabelFilter, ObsFilter, Range};
use leptos::prelude::*;

use crate::{
    store::{Store, Tone},
    ui::{Bars, BrushChange, BrushPhase, HistogramAsk},
};

/// The histogram of a column or gene.
pub fn bars(store: Store, key: DimensionKey) -> Signal<Option<Arc<Bars>>> {
    let bins = store.counted(move |session| session.histogram(&key));
    Memo::new(move |_| bins.get().flatten().map(|bins| Arc::new(bins.into()))).into()
}

/// Carries out a brush's change; its end closes the step in the history.
pub fn follow_brush(store: Store, change: BrushChange, action: impl FnOnce(Option<Range>) -> Action) {
    store.dispatch(action(change.range));
    if change.phase == BrushPhase::Done {
        store.dispatch(Action::EndDrag);
    }
}

/// Carries out what else a histogram asks for.
pub fn follow_ask(store: Store, key: DimensionKey, ask: HistogramAsk) {
    match ask {
        HistogramAsk::ToggleScale => store.toggle_value_scale(&key),
        HistogramAsk::SelectMissing => match key {
            DimensionKey::Obs(column) => toggle_missing(store, column),
            key @ (DimensionKey::Gene(_)
            | DimensionKey::Mean(_)
            | DimensionKey::Selection(_)
            | DimensionKey::Cells
            | DimensionKey::Subset(_)) => select_missing(store, key),
        },
    }
}

/// What a filter on a column of numbers is that passes the cells without a value.
fn only_missing() -> LabelFilter {
    LabelFilter::Only([Label::Missing].into())
}

/// Whether the cells without a value in a column are those that pass.
pub fn is_missing_selected(store: Store, column: String) -> Memo<bool> {
    store.part(move |state| {
        let filter = state.view.analysis.query.filters.obs.get(&column).and_then(ObsFilter::labels);
        filter.is_some_and(|filter| *filter == only_missing())
    })
}

fn toggle_missing(store: Store, column: String) {
    let filters = |state: &AppState| state.view.analysis.query.filters.obs.get(&column).cloned();
    let is_on = store.peek(filters) == Some(ObsFilter::Labels(only_missing()));
    let filter = if is_on { LabelFilter::Hide(BTreeSet::new()) } else { only_missing() };
    store.dispatch(Action::SetLabels { column, filter });
}

/// Genes have no filter by label: the cells become a set.
fn select_missing(store: Store, key: DimensionKey) {
    store.spawn(async move {
        if let Err(error) = store.select_missing(&key).await {
            store.tell(format!("The cells could not be selected: {error}"), Tone::Error);
        }
    });
}
