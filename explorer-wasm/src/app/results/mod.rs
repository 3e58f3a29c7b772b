//! What stands below the picture: the result that is open. A part of the program that is loaded when there is one first.

mod announcement;
mod answer;
mod comparison;
mod comparison_parts;
mod markers;
mod plot;

use explorer_core::state::Action;
use leptos::prelude::*;

use super::later::{Loading, later};
use crate::{store::Store, view::view};
use answer::AnswerPanel;
use comparison::ComparisonPanel;
use markers::MarkersPanel;
use plot::PlotPanel;

pub use announcement::Announcement;
pub use markers::find_markers;

/// All results: what makes the one that is open.
#[derive(Clone, Copy)]
pub struct Results(fn(Store) -> AnyView);

impl Results {
    /// All there are.
    pub const ALL: Self = Self(|store| view! { <AllResults store /> });
}

/// The result that is open.
pub fn results(store: Store, load: fn() -> Loading<Results>) -> AnyView {
    let needed = store.part(|state| state.view.layout.result.is_some());
    let give_up = move || store.dispatch(Action::ShowResult(None));
    later(store, load, needed.into(), give_up, move |all: Results| all.0(store))
}

#[component]
fn AllResults(store: Store) -> impl IntoView {
    view! {
        <ComparisonPanel store />
        <MarkersPanel store />
        <PlotPanel store />
        <AnswerPanel store />
    }
}
