//! The edge between a result and the picture above it.

use leptos::{html, prelude::*};

use super::control::{Grows, Splitter, watch_size};
use crate::view::view;

/// The least height of the panel, and of what is left of the picture, in CSS pixels.
const LEAST_PX: f64 = 160.0;

/// Pixels that an arrow key moves the edge by.
const STEP_PX: f64 = 24.0;

/// The upper edge of a result's panel, which shares the height with the picture.
#[component]
pub(super) fn ResultEdge(
    panel: NodeRef<html::Section>,
    /// The height that was asked for; `None` for the usual one.
    height_px: RwSignal<Option<f64>>,
) -> impl IntoView {
    let measured_px = RwSignal::new(LEAST_PX);
    let most_px = RwSignal::new(LEAST_PX);
    let measure = move || {
        if let Some(panel) = panel.get_untracked() {
            let room_px = panel.parent_element().map_or(LEAST_PX, |parent| f64::from(parent.client_height()));
            measured_px.set(f64::from(panel.offset_height()));
            most_px.set((room_px - LEAST_PX).max(LEAST_PX));
        }
    };
    watch_size(panel, measure);
    let resize = move |wanted_px: f64| {
        // The window may have changed since, and the panel not.
        measure();
        height_px.set(Some(wanted_px.min(most_px.get_untracked()).max(LEAST_PX)));
    };
    view! {
        <Splitter
            label="Height of the result"
            class="result-edge"
            test_id="result-edge"
            grows=Grows::Up
            step_px=STEP_PX
            least_px=LEAST_PX
            most_px
            size_px=measured_px
            on_size=resize
            on_usual=move |()| height_px.set(None)
        />
    }
}
