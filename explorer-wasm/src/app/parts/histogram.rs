//! Histograms and the brushes over them.

use std::sync::Arc;

use explorer_core::state::{Action, DimensionKey, Range};
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
        HistogramAsk::SelectMissing => store.spawn(async move {
            if let Err(error) = store.select_missing(&key).await {
                store.tell(format!("The cells could not be selected: {error}"), Tone::Error);
            }
        }),
    }
}
