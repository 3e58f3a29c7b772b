//! A bar that fills.

use crate::view::view;
use leptos::prelude::*;

/// How far a job is; without a known fraction it moves to and fro.
#[component]
pub fn Progress(
    /// From 0 to 1; `None` when unknown.
    #[prop(into)]
    fraction: Signal<Option<f64>>,
    /// What is under way, for assistive technology.
    #[prop(into)]
    label: Signal<String>,
) -> impl IntoView {
    let percent = move || fraction.get().map(|fraction| (fraction * 100.0).round().clamp(0.0, 100.0));
    view! {
        <div
            class="progress"
            class:unknown=move || fraction.get().is_none()
            role="progressbar"
            aria-label=move || label.get()
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=move || percent().map(|percent| percent.to_string())
        >
            <div
                class="progress-bar"
                style:transform=move || percent().map(|percent| format!("scaleX({})", percent / 100.0))
            />
        </div>
    }
}
