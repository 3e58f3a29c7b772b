//! The outlines over the picture: those that select, in the embedding's coordinates so that they
//! follow pan and zoom, and the one that is being drawn. Of an embedding of three dimensions, those drawn from this side.

use explorer_core::{
    data::CellIdx,
    screen::closed_path,
    state::{PanelIdx, SelectionStep},
};
use leptos::prelude::*;

use crate::{bridge::View, store::Store, view::view};

/// The outlines, drawn over the canvas.
#[component]
pub(super) fn Outline(
    store: Store,
    panel: PanelIdx,
    view: Memo<Option<View>>,
    draft: RwSignal<Vec<[f64; 2]>>,
    found: RwSignal<Option<CellIdx>>,
) -> impl IntoView {
    // Outlines drawn in another embedding, or around the cells of another label, do not show in this panel.
    let steps = store.part(|state| state.view.analysis.query.filters.selections.clone());
    let only = store.part(move |state| state.view.panels.get(panel).and_then(|panel| panel.only.clone()));
    let (painted, placing) = (store.painted(), store.placing());
    let paths = Memo::new(move |_| {
        let Some(view) = view.get() else { return Vec::new() };
        painted.track();
        placing.track();
        let Some(shown) = store.projection(panel) else { return Vec::new() };
        let only = only.get();
        steps.with(|selections| {
            let steps =
                selections.iter().flat_map(|(key, selection)| selection.steps().iter().map(move |step| (key, step)));
            steps
                .filter_map(|(key, step)| match step {
                    SelectionStep::Add(polygon) => Some(("outline", key, polygon)),
                    SelectionStep::Subtract(polygon) => Some(("outline outline-subtract", key, polygon)),
                    SelectionStep::Intersect(polygon) => Some(("outline outline-intersect", key, polygon)),
                    SelectionStep::Invert => None,
                })
                .filter(|(_, key, polygon)| polygon.embedding().unwrap_or(key) == shown)
                .filter(|(_, _, polygon)| polygon.orientation() == view.orientation())
                .filter(|(_, _, polygon)| only.is_none() || polygon.only().is_none_or(|of| Some(of) == only.as_ref()))
                .map(|(class, _, polygon)| (class, closed_path(polygon.points().map(|point| view.px(point)))))
                .collect()
        })
    });
    let place_of = move |cell: CellIdx| {
        let view = view.get()?;
        placing.track();
        store.with_scene(panel, |scene| scene.px_of(cell, &view)).flatten()
    };
    // The cell under the pointer, to be found in all panels.
    let tip = store.tip();
    let ring = move || place_of(found.get()?);
    let hovered = move || place_of(tip.with(|tip| tip.as_ref().map(|tip| tip.cell))?);
    view! {
        <svg class="picture-outlines" aria-hidden="true" data-testid="outlines">
            {move || paths.get().into_iter().map(|(class, d)| view! { <path class=class d=d /> }).collect_view()}
            {move || ring().map(|[x, y]| view! { <circle class="cell-ring" data-testid="cell-ring" cx=x cy=y r="9" /> })}
            {move || hovered().map(|[x, y]| view! { <circle class="cell-hovered" data-testid="hover-ring" cx=x cy=y r="7" /> })}
            <path class="outline outline-draft" d=move || draft.with(|draft| closed_path(draft.iter().copied())) />
        </svg>
    }
}
