//! Which cells a question is about.

use leptos::prelude::*;

use super::{Choice, SelectField};
use crate::view::view;

/// Which cells count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhichCells {
    /// All in view.
    InView,
    /// The selected ones.
    Selected,
    /// Those that were in view, or selected, when it was asked.
    AsAsked,
}

impl WhichCells {
    fn name(self) -> &'static str {
        match self {
            Self::InView => "view",
            Self::Selected => "selection",
            Self::AsAsked => "asked",
        }
    }
}

/// A choice of the cells that count.
#[component]
pub fn CellsField(
    /// Which ones do.
    #[prop(into)]
    cells: Signal<WhichCells>,
    /// Whether some cells are selected.
    #[prop(into)]
    has_selection: Signal<bool>,
    /// Its `data-testid`.
    test_id: &'static str,
    /// Called with which cells are to count.
    #[prop(into)]
    on_cells: Callback<WhichCells>,
) -> impl IntoView {
    let choices = move || {
        let mut choices = vec![Choice::new(WhichCells::InView.name(), "in view")];
        if has_selection.get() {
            choices.push(Choice::new(WhichCells::Selected.name(), "selected"));
        }
        if cells.get() == WhichCells::AsAsked {
            choices.push(Choice::new(WhichCells::AsAsked.name(), "as asked"));
        }
        choices
    };
    view! {
        <SelectField
            name="Cells"
            choices=Signal::derive(choices)
            value=Signal::derive(move || cells.get().name().to_owned())
            label="Cells that count"
            test_id
            on_choose=move |name: String| {
                let all = [WhichCells::InView, WhichCells::Selected];
                all.into_iter().filter(|cells| cells.name() == name).for_each(|cells| on_cells.run(cells));
            }
        />
    }
}
