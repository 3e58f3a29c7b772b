//! What menus, buttons, tooltips and keys offer, in one place.

use serde::{Deserialize, Serialize};

use crate::data::Orientation;

use super::{Action, AppState, Modifiers, PanelIdx, Platform, Shortcut, Side, Theme, Tool};

/// Something the user can ask for by a button, the palette or a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Close what lies uppermost.
    Close,
    /// Undo the last step.
    Undo,
    /// Take an undone step again.
    Redo,
    /// Fit the embedding.
    Fit,
    /// Zoom in.
    ZoomIn,
    /// Zoom out.
    ZoomOut,
    /// Choose panning.
    ToolPan,
    /// Choose the lasso.
    ToolLasso,
    /// Choose the rectangle.
    ToolRectangle,
    /// Choose turning.
    ToolOrbit,
    /// Look at an embedding of three dimensions from the front again.
    FrontView,
    /// Type the bounds of a rectangle.
    TypeRectangle,
    /// Find cells by their ids.
    FindCells,
    /// Invert the selection.
    InvertSelection,
    /// Clear all filters.
    ClearFilters,
    /// Subset to the selection.
    Subset,
    /// Leave the subset.
    Unsubset,
    /// Save the selection as a cell set.
    SaveCellSet,
    /// Label the selected cells in a column of the user's own.
    LabelSelection,
    /// Compare cell sets.
    CompareSets,
    /// Find the markers of every label.
    FindMarkers,
    /// Plot the listed genes by group.
    PlotGenes,
    /// Tell what the selected cells are.
    DescribeCells,
    /// Correlate all genes with what colors the cells.
    CorrelateGenes,
    /// Search for a gene.
    SearchGene,
    /// Save cells as a table.
    SaveCells,
    /// Open the palette.
    ShowPalette,
    /// Open or close the left sidebar.
    ToggleLeftSidebar,
    /// Open or close the right sidebar.
    ToggleRightSidebar,
    /// Write the labels over the picture, or no longer.
    ToggleLabels,
    /// Draw contours of their density over the cells, or no longer.
    ToggleDensity,
    /// Go through the themes.
    ToggleTheme,
    /// Choose the columns on the card of the cell under the pointer.
    ChooseCard,
    /// Save the picture.
    SavePicture,
    /// Open another panel.
    AddPanel,
    /// Close a panel.
    ClosePanel,
    /// Close all panels but one.
    KeepPanel,
    /// Go to the next panel.
    NextPanel,
    /// Ask for a scatter plot.
    ScatterPlot,
    /// Show every label in a panel of its own.
    SplitPanels,
    /// Let the cameras of panels move together, or no longer.
    LinkCameras,
    /// Copy the link to this view.
    CopyLink,
    /// Copy the HTML that shows the view in another page.
    CopyEmbed,
    /// List the shortcuts.
    ShowShortcuts,
    /// Take the tour.
    TakeTour,
    /// Open a file of the user's own.
    OpenFile,
}

impl Command {
    /// Every command, in the order a palette lists them.
    pub const ALL: [Self; 46] = [
        Self::Undo,
        Self::Redo,
        Self::Fit,
        Self::ZoomIn,
        Self::ZoomOut,
        Self::ToolPan,
        Self::ToolLasso,
        Self::ToolRectangle,
        Self::ToolOrbit,
        Self::FrontView,
        Self::TypeRectangle,
        Self::FindCells,
        Self::InvertSelection,
        Self::ClearFilters,
        Self::Subset,
        Self::Unsubset,
        Self::SaveCellSet,
        Self::LabelSelection,
        Self::CompareSets,
        Self::FindMarkers,
        Self::PlotGenes,
        Self::DescribeCells,
        Self::CorrelateGenes,
        Self::SearchGene,
        Self::ToggleLeftSidebar,
        Self::ToggleRightSidebar,
        Self::ToggleLabels,
        Self::AddPanel,
        Self::ClosePanel,
        Self::KeepPanel,
        Self::NextPanel,
        Self::ScatterPlot,
        Self::SplitPanels,
        Self::LinkCameras,
        Self::ToggleDensity,
        Self::ToggleTheme,
        Self::ChooseCard,
        Self::SavePicture,
        Self::CopyLink,
        Self::CopyEmbed,
        Self::SaveCells,
        Self::ShowPalette,
        Self::ShowShortcuts,
        Self::TakeTour,
        Self::OpenFile,
        Self::Close,
    ];

    /// Its name on a button or in the palette.
    pub fn label(self) -> &'static str {
        self.texts().0
    }

    /// What it does, in a sentence.
    pub fn description(self) -> &'static str {
        self.texts().1
    }

    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Close => ("Close", "Close what lies uppermost: a list, a drawer, a result."),
            Self::Undo => ("Undo", "Take back the last change."),
            Self::Redo => ("Redo", "Make the change again that was taken back."),
            Self::Fit => ("Fit", "Show all cells in view: the whole embedding, or the subset."),
            Self::ZoomIn => ("Zoom in", "Look at the embedding more closely."),
            Self::ZoomOut => ("Zoom out", "Look at the embedding from farther away."),
            Self::ToolPan => ("Pan", "Drag to move the embedding."),
            Self::ToolLasso => (
                "Lasso",
                "Draw around cells to select them; Shift adds to the selection, Alt takes away, both keep what is \
                     inside.",
            ),
            Self::ToolRectangle => (
                "Rectangle",
                "Drag a rectangle over cells, or click two corners, to select them; Shift adds to the selection, Alt \
                 takes away, both keep what is inside.",
            ),
            Self::ToolOrbit => (
                "Turn",
                "Drag to turn an embedding of three dimensions; with any tool, drag with the right button or with Ctrl held.",
            ),
            Self::FrontView => ("Front view", "Look at an embedding of three dimensions from the front again."),
            Self::TypeRectangle => ("Type bounds", "Type the bounds of a rectangle to select the cells inside."),
            Self::FindCells => (
                "Find cells",
                "Find cells by their ids, one or a pasted list: to see where they are or to select them.",
            ),
            Self::InvertSelection => (
                "Invert selection",
                "Select the cells outside what was drawn instead of those inside, in whatever panel it was drawn.",
            ),
            Self::ClearFilters => {
                ("Clear filters", "Remove every filter and selection, so that all cells are selected.")
            }
            Self::Subset => ("Subset", "Keep only the selected cells in view, until the subset is left."),
            Self::Unsubset => ("Leave subset", "Show again the cells that were there before the last subset."),
            Self::SaveCellSet => ("Save cell set", "Give the selected cells a name."),
            Self::LabelSelection => ("Label selection", "Give the selected cells a label in a column of your own."),
            Self::CompareSets => {
                ("Compare cell sets", "Find the genes that differ between a cell set and another or the rest.")
            }
            Self::FindMarkers => {
                ("Markers", "Find the genes that tell each label of the category in color from all other cells.")
            }
            Self::PlotGenes => (
                "Plot by group",
                "Plot the listed genes by the groups of a category: dots, matrix, violins, composition.",
            ),
            Self::DescribeCells => (
                "What is this selection?",
                "Tell what the selected cells are: their labels, their markers, and the labels that they are most like.",
            ),
            Self::CorrelateGenes => (
                "Correlated genes",
                "Find the genes whose values go with the gene or the numbers that color the cells.",
            ),
            Self::SearchGene => ("Find a gene", "Search for genes by symbol or id."),
            Self::ToggleLeftSidebar => ("Metadata sidebar", "Open or close the sidebar of categories and values."),
            Self::ToggleRightSidebar => ("Genes sidebar", "Open or close the sidebar of genes, sets and comparisons."),
            Self::ToggleLabels => ("Labels", "Write the labels that color the cells over the picture, or no longer."),
            Self::AddPanel => ("Add panel", "Open another panel next to the others, with an embedding of its own."),
            Self::ClosePanel => ("Close panel", "Close the panel that was used last."),
            Self::KeepPanel => ("One panel", "Close all panels but the one that was used last."),
            Self::NextPanel => ("Next panel", "Go to the next panel."),
            Self::ScatterPlot => ("Scatter plot", "Plot two genes or columns of numbers against each other."),
            Self::SplitPanels => ("Split by label", "Show every label of the category in color in a panel of its own."),
            Self::LinkCameras => ("Link cameras", "Let panels that show the same move together, or no longer."),
            Self::ToggleDensity => (
                "Density",
                "Draw contours around 25, 50, 75 and 95% of the selected cells in sight, where they lie most densely.",
            ),
            Self::ToggleTheme => ("Theme", "Go from the system's theme to light to dark."),
            Self::ChooseCard => ("Hover card", "Choose the columns that are told of the cell under the pointer."),
            Self::SavePicture => ("Save picture", "Save the embedding with its legend as an image."),
            Self::SaveCells => {
                ("Save cells", "Save cells as a table: their ids, columns, genes, and whether they are selected.")
            }
            Self::ShowPalette => {
                ("Command palette", "Search for commands, genes, columns, labels and cell sets in one place.")
            }
            Self::CopyLink => ("Copy link", "Copy a link that restores this view."),
            Self::CopyEmbed => ("Embed", "Copy the HTML that shows this view in a page of yours."),
            Self::OpenFile => ("Open a file", "Explore an AnnData file of your own. It stays on this device."),
            Self::TakeTour => ("Tour", "Go through five steps that show the Explorer on this dataset."),
            Self::ShowShortcuts => ("Keyboard shortcuts", "List the keys."),
        }
    }

    /// The keys that ask for it, the one to show first.
    pub fn shortcuts(self) -> &'static [Shortcut] {
        const fn key(key: &'static str) -> Shortcut {
            Shortcut::key(key)
        }
        match self {
            Self::Close => const { &[key("Escape")] },
            Self::Undo => const { &[key("z").primary()] },
            Self::Redo => const { &[key("z").primary().shift(), key("y").primary()] },
            Self::Fit => const { &[key("f"), key("0"), key("Home")] },
            Self::ZoomIn => const { &[key("+"), key("=")] },
            Self::ZoomOut => const { &[key("-"), key("_")] },
            Self::ToolPan => const { &[key("p")] },
            Self::ToolLasso => const { &[key("l")] },
            Self::ToolRectangle => const { &[key("r")] },
            Self::ToolOrbit => const { &[key("o")] },
            Self::FrontView => const { &[key("o").shift()] },
            Self::TypeRectangle => const { &[key("r").shift()] },
            Self::FindCells => const { &[key("c")] },
            Self::InvertSelection => const { &[key("i")] },
            Self::ClearFilters => const { &[key("x")] },
            Self::Subset => const { &[key("s")] },
            Self::Unsubset => const { &[key("s").shift()] },
            Self::SaveCellSet => const { &[key("n")] },
            Self::LabelSelection => const { &[key("a")] },
            Self::CompareSets => const { &[key("d")] },
            Self::FindMarkers => const { &[key("m")] },
            Self::PlotGenes => const { &[key("j")] },
            Self::DescribeCells => const { &[key("d").shift()] },
            Self::CorrelateGenes => const { &[key("g").shift()] },
            Self::SearchGene => const { &[key("g"), key("/")] },
            Self::ToggleLeftSidebar => const { &[key("[")] },
            Self::ToggleRightSidebar => const { &[key("]")] },
            Self::ToggleLabels => const { &[key("b")] },
            Self::AddPanel => const { &[key("w")] },
            Self::ClosePanel => const { &[key("w").shift()] },
            Self::KeepPanel => const { &[key("1")] },
            Self::NextPanel => const { &[key(".")] },
            Self::ScatterPlot => const { &[key("q")] },
            Self::SplitPanels => const { &[key("u")] },
            Self::LinkCameras => const { &[key("k")] },
            Self::ToggleDensity => const { &[key("v")] },
            Self::ToggleTheme => const { &[key("t")] },
            Self::ChooseCard => const { &[key("h")] },
            Self::SavePicture => const { &[key("p").shift()] },
            Self::SaveCells => const { &[key("e")] },
            Self::ShowPalette => const { &[key("k").primary()] },
            Self::CopyLink => const { &[key("c").shift()] },
            Self::CopyEmbed => const { &[key("e").shift()] },
            Self::ShowShortcuts => const { &[key("?")] },
            Self::TakeTour => const { &[key("h").shift()] },
            Self::OpenFile => const { &[key("o").primary()] },
        }
    }

    /// The tooltip of its button: `Undo (Ctrl+Z): Take back the last change.`
    pub fn tooltip(self, platform: Platform) -> String {
        let shortcut = self.shortcuts()[0].text(platform);
        format!("{} ({shortcut}): {}", self.label(), self.description())
    }

    /// The command that a key press (`KeyboardEvent.key` and modifiers) asks for.
    ///
    /// Not to be asked while the user types into a field, which has its own keys.
    pub fn from_key(key: &str, modifiers: Modifiers, platform: Platform) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|command| command.shortcuts().iter().any(|shortcut| shortcut.matches(key, modifiers, platform)))
    }

    /// The action that carries it out, where the state alone tells which. `None` is left to the
    /// page: it opens a dialog, needs the data, or needs the size of the picture.
    pub fn action(self, state: &AppState) -> Option<Action> {
        match self {
            Self::Close if state.transient.drawer.is_some() => Some(Action::SetDrawer(None)),
            Self::Close => state.view.layout.result.is_some().then_some(Action::ShowResult(None)),
            Self::Undo => Some(Action::Undo),
            Self::Redo => Some(Action::Redo),
            Self::Fit => Some(Action::SetCamera { panel: state.focused(), camera: None }),
            Self::ToolPan => Some(Action::SetTool(Tool::Pan)),
            Self::ToolLasso => Some(Action::SetTool(Tool::Lasso)),
            Self::ToolRectangle => Some(Action::SetTool(Tool::Rectangle)),
            Self::ToolOrbit => Some(Action::SetTool(Tool::Orbit)),
            Self::FrontView => Some(Action::SetOrientation { panel: state.focused(), orientation: Orientation::FRONT }),
            Self::ClearFilters => Some(Action::ClearFilters),
            Self::Subset => Some(Action::Subset),
            Self::Unsubset => Some(Action::Unsubset),
            Self::ToggleLeftSidebar => Some(Action::ToggleSidebar(Side::Left)),
            Self::ToggleRightSidebar => Some(Action::ToggleSidebar(Side::Right)),
            Self::ToggleLabels => Some(Action::ToggleLabels),
            Self::ClosePanel => Some(Action::ClosePanel(state.focused())),
            Self::KeepPanel => Some(Action::KeepPanel(state.focused())),
            Self::NextPanel => {
                let next = (state.focused().0 + 1) % state.view.panels.count() as u32;
                Some(Action::FocusPanel(PanelIdx(next)))
            }
            Self::InvertSelection => Some(Action::InvertSelection {}),
            Self::LinkCameras => Some(Action::ToggleLinked),
            Self::ToggleDensity => Some(Action::ToggleDensity),
            Self::ToggleTheme => Some(Action::SetTheme(match state.view.layout.theme {
                Theme::System => Theme::Light,
                Theme::Light => Theme::Dark,
                Theme::Dark => Theme::System,
            })),
            Self::ZoomIn
            | Self::ZoomOut
            | Self::TypeRectangle
            | Self::FindCells
            | Self::SaveCellSet
            | Self::LabelSelection
            | Self::CompareSets
            | Self::FindMarkers
            | Self::PlotGenes
            | Self::DescribeCells
            | Self::CorrelateGenes
            | Self::SearchGene
            | Self::SaveCells
            | Self::ShowPalette
            | Self::AddPanel
            | Self::ScatterPlot
            | Self::SplitPanels
            | Self::ChooseCard
            | Self::SavePicture
            | Self::CopyLink
            | Self::CopyEmbed
            | Self::ShowShortcuts
            | Self::TakeTour
            | Self::OpenFile => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::state::{MarkerOrder, Markers, ResultPanel, reduce};

    const NONE: Modifiers = Modifiers { ctrl: false, meta: false, alt: false, shift: false };
    const CTRL: Modifiers = Modifiers { ctrl: true, ..NONE };
    const META: Modifiers = Modifiers { meta: true, ..NONE };
    const SHIFT: Modifiers = Modifiers { shift: true, ..NONE };
    const ALT: Modifiers = Modifiers { alt: true, ..NONE };

    #[test]
    fn keys_ask_for_commands() {
        use Platform::{Mac, Other};
        let ctrl_shift = Modifiers { shift: true, ..CTRL };
        let meta_shift = Modifiers { shift: true, ..META };
        let alt_gr = Modifiers { alt: true, ..CTRL };
        let cases = [
            ("z", CTRL, Other, Some(Command::Undo)),
            ("Z", ctrl_shift, Other, Some(Command::Redo)),
            ("y", CTRL, Other, Some(Command::Redo)),
            ("z", META, Mac, Some(Command::Undo)),
            ("Z", CTRL, Other, Some(Command::Undo)), // caps lock
            ("z", meta_shift, Mac, Some(Command::Redo)),
            ("z", CTRL, Mac, None),
            ("z", META, Other, None),
            ("z", NONE, Other, None),
            ("l", NONE, Other, Some(Command::ToolLasso)),
            ("l", CTRL, Other, None), // the browser's address bar
            ("l", ALT, Other, None),
            ("S", SHIFT, Other, Some(Command::Unsubset)),
            ("s", CTRL, Other, None),
            ("?", SHIFT, Other, Some(Command::ShowShortcuts)),
            ("+", SHIFT, Other, Some(Command::ZoomIn)),
            ("=", NONE, Other, Some(Command::ZoomIn)),
            ("+", CTRL, Other, None), // the browser's own zoom
            ("-", META, Mac, None),
            ("[", alt_gr, Other, Some(Command::ToggleLeftSidebar)), // German keyboard
            ("[", ALT, Mac, Some(Command::ToggleLeftSidebar)),
            ("Enter", NONE, Other, None),
            ("", NONE, Other, None),
        ];
        for (key, modifiers, platform, expected) in cases {
            let found = Command::from_key(key, modifiers, platform);
            assert_eq!(found, expected, "{key} {modifiers:?} {platform:?}");
        }
    }

    #[test]
    fn every_command_is_listed_once_and_reached_by_its_keys() {
        assert_eq!(Command::ALL.iter().collect::<HashSet<_>>().len(), Command::ALL.len());
        let labels: HashSet<_> = Command::ALL.iter().map(|command| command.label()).collect();
        assert_eq!(labels.len(), Command::ALL.len());
        for platform in [Platform::Mac, Platform::Other] {
            for command in Command::ALL {
                assert!(!command.shortcuts().is_empty());
                assert!(command.description().ends_with('.'));
                for shortcut in command.shortcuts() {
                    let modifiers = Modifiers {
                        ctrl: shortcut.primary && platform == Platform::Other,
                        meta: shortcut.primary && platform == Platform::Mac,
                        shift: shortcut.shift,
                        alt: false,
                    };
                    let found = Command::from_key(shortcut.key, modifiers, platform);
                    assert_eq!(found, Some(command));
                }
            }
        }
    }

    #[test]
    fn shortcuts_are_written_as_the_platform_does() {
        let [redo, ..] = Command::Redo.shortcuts() else { panic!("redo has a key") };
        assert_eq!(redo.text(Platform::Mac), "⇧⌘Z");
        assert_eq!(redo.text(Platform::Other), "Ctrl+Shift+Z");
        assert_eq!(Command::Undo.tooltip(Platform::Other), "Undo (Ctrl+Z): Take back the last change.");
    }

    #[test]
    fn escape_closes_one_layer_at_a_time() {
        let markers = Markers { column: "louvain".to_owned(), rank: MarkerOrder::Score, universe: Vec::new() };
        let open = [Action::ShowResult(Some(ResultPanel::Markers(markers))), Action::SetDrawer(Some(Side::Left))];
        let mut state = open.into_iter().fold(AppState::default(), reduce);
        let escape = || Command::from_key("Escape", NONE, Platform::Other).unwrap();
        let layers = |state: &AppState| (state.transient.drawer.is_some(), state.view.layout.result.is_some());
        for left in [(false, true), (false, false)] {
            state = reduce(state.clone(), escape().action(&state).unwrap());
            assert_eq!(layers(&state), left);
        }
        assert_eq!(escape().action(&state), None);
    }

    #[test]
    fn the_theme_goes_round() {
        let mut state = AppState::default();
        for expected in [Theme::Light, Theme::Dark, Theme::System] {
            let action = Command::ToggleTheme.action(&state).unwrap();
            state = reduce(state, action);
            assert_eq!(state.view.layout.theme, expected);
        }
    }
}
