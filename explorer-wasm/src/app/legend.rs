//! What the colors mean: for the legend, for the label under the pointer, for a cell.

use std::sync::Arc;

use explorer_core::{
    session::ColorStatus,
    state::{Action, Hover},
};
use leptos::prelude::*;

use crate::{
    picture::PictureHandle,
    store::Store,
    ui::{CellTip, LegendAsk},
};

/// The color index of the label that the pointer is over, where that column colors the cells.
pub(super) fn highlight(store: Store) -> Signal<Option<u8>> {
    let hover = store.part(|state| state.transient.hover.clone());
    let colors = store.colors();
    Memo::new(move |_| colors.with(|colors| hover.with(|hover| colors.highlighted(hover.as_ref())))).into()
}

/// Whether what is to color the cells is on its way.
pub(super) fn legend_is_loading(store: Store) -> Signal<bool> {
    let status = store.color_status();
    Signal::derive(move || matches!(status.get(), ColorStatus::Loading | ColorStatus::Partial))
}

/// Which entries of the legend pass the filters.
pub(super) fn passing_entries(store: Store) -> Signal<Arc<[bool]>> {
    let filters = store.part(|state| state.view.analysis.query.filters.clone());
    let colors = store.colors();
    Memo::new(move |_| colors.with(|colors| filters.with(|filters| colors.passing_entries(filters).into()))).into()
}

/// Carries out what is asked of an entry of the legend.
pub(super) fn ask_of_legend(store: Store, ask: LegendAsk) {
    let colors = store.with_session(|session| session.colors().clone()).unwrap_or_default();
    let label = |at| colors.label_of_entry(at).map(|(column, label)| (column.to_owned(), label));
    match ask {
        LegendAsk::Only(at) => {
            let action = store.peek(|state| colors.only_entry(at, &state.view.analysis.query.filters));
            action.into_iter().for_each(|action| store.dispatch(action));
        }
        LegendAsk::Toggle(at) => {
            if let Some((column, label)) = label(at) {
                store.dispatch(Action::ToggleLabel { column, label });
            }
        }
        LegendAsk::Point(at) => {
            store.hover(at.and_then(label).map(|(column, label)| Hover::Label { column, label }));
        }
    }
}

/// Why the legend is not of what was asked for.
pub(super) fn legend_note(store: Store) -> Signal<String> {
    let status = store.color_status();
    let asked = store.color_name();
    Signal::derive(move || match status.get() {
        ColorStatus::Failed => format!("{} could not be loaded.", asked.get()),
        ColorStatus::Shown | ColorStatus::Partial | ColorStatus::Loading => String::new(),
    })
}

/// What the tooltip tells of the cell under the pointer.
pub(super) fn tip(store: Store, handle: PictureHandle) -> Option<CellTip> {
    let hovered = store.tip().get()?;
    let view = handle.view.get()?;
    let place = store
        .with_scene(handle.panel, |scene| Some((scene.px_of(hovered.cell, &view)?, scene.color_of(hovered.cell)?)));
    let ([left_px, top_px], color) = place.flatten()?;
    let value = store.value_of(&hovered).map(|value| (store.peek_color_name(), value));
    let on_card = hovered.card.into_iter().filter(|(column, _)| value.as_ref().is_none_or(|(by, _)| by != column));
    let on_card: Vec<_> = on_card.collect();
    Some(CellTip {
        left_px,
        top_px,
        picture_width_px: view.size_px()[0],
        id: hovered.title,
        color: Some(color),
        values: value.into_iter().chain(on_card).collect(),
    })
}
