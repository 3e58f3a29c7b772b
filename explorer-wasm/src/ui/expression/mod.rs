//! Gene expression over many datasets: what is asked, and dots for the answer.

mod answer;
mod compared;
mod filters;
mod grid;
mod legend;
mod screen;

use gloo_events::EventListener;
use leptos::prelude::*;

use crate::{owner::keep, platform};

pub use answer::ShownAnswer;
pub use screen::{ExpressionScreen, OrganismChoice};

/// Whether the system asks for what is light on dark.
pub fn dark_scheme() -> Signal<bool> {
    let is_dark = RwSignal::new(false);
    if let Ok(Some(system)) = platform::window().match_media("(prefers-color-scheme: dark)") {
        is_dark.set(system.matches());
        let of = system.clone();
        keep(EventListener::new(&system, "change", move |_| is_dark.set(of.matches())));
    }
    is_dark.into()
}
