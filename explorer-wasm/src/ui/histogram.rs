//! Bars: all cells behind, the selected ones in front.

use std::sync::Arc;

use crate::view::view;
use explorer_core::screen::{Bars, CountScale, HISTOGRAM_HEIGHT, bar_path};
use leptos::prelude::*;

/// The bars alone.
#[component]
pub fn Histogram(
    /// What to draw; `None` while it is on its way.
    #[prop(into)]
    bars: Signal<Option<Arc<Bars>>>,
    /// How counts become heights.
    #[prop(optional, into)]
    scale: Signal<CountScale>,
) -> impl IntoView {
    let width = move || bars.with(|bars| bars.as_ref().map_or(1, |bars| bars.total.len().max(1)));
    let path = move |counts: fn(&Bars) -> &[u32]| {
        bars.with(|bars| bars.as_ref().map(|bars| bar_path(counts(bars), bars.most(), scale.get())))
    };
    view! {
        <svg
            class="histogram"
            class:skeleton=move || bars.with(Option::is_none)
            viewBox=move || format!("0 0 {} {HISTOGRAM_HEIGHT}", width())
            preserveAspectRatio="none"
            aria-hidden="true"
        >
            <path class="histogram-total" d=move || path(|bars| &bars.total) />
            <path class="histogram-selected" d=move || path(|bars| &bars.selected) />
        </svg>
    }
}
