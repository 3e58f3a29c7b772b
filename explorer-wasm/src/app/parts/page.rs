//! What the page holds beside the state.

use explorer_core::state::Comparison;
use leptos::prelude::*;

use crate::ui::LegendModel;

/// What the page holds beside the state: what is open or has the focus.
#[derive(Clone, Copy)]
pub struct Page {
    /// Moves the focus to the search for genes.
    pub focus_search: RwSignal<u32>,
    /// What the form of a comparison asks; `None` before anything was chosen there.
    pub asked: RwSignal<Option<Comparison>>,
    /// Whether a cell set is being named.
    pub naming: RwSignal<bool>,
    /// Whether the selection is being labeled.
    pub labeling: RwSignal<bool>,
    /// The own column and the label that were given last; empty before.
    pub last_label: RwSignal<(String, String)>,
    /// What the dataset is called.
    pub title: Memo<String>,
    /// What the colors mean.
    pub legend: Signal<LegendModel>,
    /// Whether the bounds of a rectangle are being typed.
    pub typing_rectangle: RwSignal<bool>,
    /// Whether it is asked what to plot against what.
    pub plotting: RwSignal<bool>,
    /// Whether cells are being found by their ids.
    pub finding_cells: RwSignal<bool>,
    /// Whether it is asked which cells are to be saved.
    pub saving_cells: RwSignal<bool>,
    /// Whether the palette is open.
    pub palette: RwSignal<bool>,
    /// Whether it is asked how the picture is to be saved.
    pub saving: RwSignal<bool>,
    /// Whether it is asked what is on the card of a cell.
    pub choosing_card: RwSignal<bool>,
    /// Whether the tour is taken.
    pub touring: RwSignal<bool>,
    /// Whether the keys are listed.
    pub shortcuts: RwSignal<bool>,
}

impl Page {
    /// Whether each of the dialogs is open; the tour is none, since all else can be used beside it.
    pub fn dialogs(&self) -> [RwSignal<bool>; 9] {
        [
            self.labeling,
            self.typing_rectangle,
            self.plotting,
            self.finding_cells,
            self.saving_cells,
            self.palette,
            self.saving,
            self.choosing_card,
            self.shortcuts,
        ]
    }
}
