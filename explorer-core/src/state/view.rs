//! The state: what a link holds, and what only the moment does.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::data::CellRow;

use super::{
    CellQuery, CellSet, ColorBy, ColorOptions, Comparison, Dimension, GeneMean, GeneSet, Inquiry, Label, Layout,
    Markers, Modifiers, OwnColumn, Panel, PanelIdx, Panels, Plot, Range, ResultPanel, SelectMode, Side,
};

/// Everything the page shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AppState {
    /// What a link restores.
    pub view: ViewSpec,
    /// What it does not.
    pub transient: Transient,
}

impl AppState {
    /// Every filter and subset level in force, with its dimension.
    pub fn active_dimensions(&self) -> Vec<Dimension<'_>> {
        self.view.analysis.query.active_dimensions()
    }

    /// The panel that commands are about.
    pub fn focused(&self) -> PanelIdx {
        self.view.panels.nearest(self.transient.panel)
    }

    /// What the panel that commands are about shows.
    pub fn focused_panel(&self) -> &Panel {
        self.view.panels.get(self.focused()).unwrap_or(self.view.panels.first())
    }

    /// What an outline does where no key is held that says so: what was chosen, once there is a selection that it could be
    /// done to.
    pub fn select_mode(&self) -> SelectMode {
        let has_selection = !self.view.analysis.query.filters.selections.is_empty();
        if has_selection { self.transient.select_mode } else { SelectMode::Replace }
    }
}

/// The view: all that a link holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ViewSpec {
    /// The dataset's id, or `None` before one is chosen.
    pub dataset: Option<String>,
    /// What was chosen about the data, the same for every panel.
    pub analysis: Analysis,
    /// The views of the cells.
    pub panels: Panels,
    /// What dragging on a panel does.
    pub tool: Tool,
    /// What is open around the panels.
    pub layout: Layout,
}

impl ViewSpec {
    /// The comparison whose result is open.
    pub fn shown_comparison(&self) -> Option<&Comparison> {
        self.layout.result.as_ref()?.comparison()
    }

    /// The markers that are open.
    pub fn shown_markers(&self) -> Option<&Markers> {
        self.layout.result.as_ref()?.markers()
    }

    /// The plot that is open.
    pub fn shown_plot(&self) -> Option<&Plot> {
        self.layout.result.as_ref()?.plot()
    }

    /// The question about some cells that is open.
    pub fn shown_inquiry(&self) -> Option<&Inquiry> {
        self.layout.result.as_ref()?.inquiry()
    }

    /// Whether a result can be shown: of a comparison, whether it is in the list.
    pub(super) fn can_show(&self, result: &ResultPanel) -> bool {
        match result {
            ResultPanel::Comparison(comparison) => self.analysis.comparisons.contains(comparison),
            ResultPanel::Markers(_) | ResultPanel::Plot(_) | ResultPanel::Inquiry(_) => true,
        }
    }
}

/// What was chosen about the data. Undo and redo restore this and what the panels show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Analysis {
    /// What cells are colored by.
    pub color: ColorBy,
    /// How values become colors.
    pub color_options: ColorOptions,
    /// The layer new questions about genes ask, by its place in the file, or `None` for the dataset's default.
    pub layer: Option<String>,
    /// Columns of numbers that are shown as labels.
    pub as_labels: BTreeSet<String>,
    /// Which cells are selected, of which subset.
    pub query: CellQuery,
    /// Genes listed one by one, by id, each once.
    pub genes: Vec<String>,
    /// Gene sets; names are unique.
    pub gene_sets: Vec<GeneSet>,
    /// Cell sets; names are unique.
    pub cell_sets: Vec<CellSet>,
    /// Comparisons asked for, oldest first, each once; the sets they name exist.
    pub comparisons: Vec<Comparison>,
    /// Columns of the user's own; names are unique, and not empty.
    pub own_columns: Vec<OwnColumn>,
}

impl Analysis {
    /// The cell set of that name.
    pub fn cell_set(&self, name: &str) -> Option<&CellSet> {
        self.cell_sets.iter().find(|set| set.name == name)
    }

    /// The gene set of that name.
    pub fn gene_set(&self, name: &str) -> Option<&GeneSet> {
        self.gene_sets.iter().find(|set| set.name == name)
    }

    /// The own column of that name.
    pub fn own_column(&self, name: &str) -> Option<&OwnColumn> {
        self.own_columns.iter().find(|column| column.name() == name)
    }

    pub(super) fn own_column_mut(&mut self, name: &str) -> Option<&mut OwnColumn> {
        self.own_columns.iter_mut().find(|column| column.name() == name)
    }

    /// The mean that colors the cells, where that of a gene set does which has genes.
    pub fn color_mean(&self) -> Option<GeneMean> {
        match &self.color {
            ColorBy::GeneSet { set, layer, value } => Some(self.gene_set(set)?.mean(layer.clone())?.as_value(*value)),
            ColorBy::None | ColorBy::Obs(_) | ColorBy::Gene(_) | ColorBy::TwoGenes { .. } => None,
        }
    }

    /// Colors the cells by nothing.
    pub(crate) fn uncolor(&mut self) {
        self.color = ColorBy::None;
        self.color_options.range = Range::ALL;
        self.color_options.log = false;
    }

    /// Whether the sets that a comparison names exist and differ.
    pub(super) fn can_compare(&self, comparison: &Comparison) -> bool {
        comparison.is_between(|set| self.cell_set(set).is_some())
    }
}

/// What dragging on a panel does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tool {
    /// Moves the view.
    Pan,
    /// Draws an outline.
    #[default]
    Lasso,
    /// Draws a rectangle.
    Rectangle,
    /// Turns an embedding of three dimensions; moves another one.
    Orbit,
}

/// What only the moment holds: neither link nor history knows of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transient {
    /// What the pointer is over.
    pub hover: Option<Hover>,
    /// The sidebar that is open as a drawer, on a narrow screen.
    pub drawer: Option<Side>,
    /// What an outline does to the selection there is, where no key is held that says so.
    pub select_mode: SelectMode,
    /// The panel that commands are about, as [`AppState::focused`] tells it.
    pub panel: PanelIdx,
    /// Columns on the card of the cell under the pointer, in the order that they were chosen in.
    pub card: Vec<String>,
    /// Whether keys without Ctrl or ⌘ ask for commands.
    pub letter_keys: LetterKeys,
}

/// Whether keys of one character, without Ctrl or ⌘, ask for commands: who speaks to the computer asks for some by
/// accident.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterKeys {
    /// They do.
    #[default]
    On,
    /// They do not.
    Off,
}

impl LetterKeys {
    /// Whether a key press (`KeyboardEvent.key` and modifiers) may ask for a command.
    pub fn allow(self, key: &str, modifiers: Modifiers) -> bool {
        match self {
            Self::On => true,
            Self::Off => modifiers.ctrl || modifiers.meta || key.chars().nth(1).is_some(),
        }
    }
}

/// What the pointer is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hover {
    /// A cell of the embedding.
    Cell(CellRow),
    /// A label of a column, whose cells are to be highlighted.
    Label {
        /// The column.
        column: String,
        /// The label.
        label: Label,
    },
}
