//! The button of a command: its icon, name, key and test id come from the command itself.

use explorer_core::state::{Command, Platform};
use leptos::prelude::*;

use super::{Glyph, IconButton};
use crate::view::view;

/// The icon button that asks for a command.
#[component]
pub fn CommandButton(
    /// What it asks for.
    command: Command,
    /// Whose keys its hint shows.
    platform: Platform,
    /// Its icon, where it is not the command's own.
    #[prop(optional, into)]
    glyph: Option<Signal<Glyph>>,
    /// For a button that stays down: whether it is.
    #[prop(optional, into)]
    pressed: Option<Signal<bool>>,
    /// Whether it cannot be pressed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Called with the command.
    #[prop(into)]
    on_command: Callback<Command>,
) -> impl IntoView {
    let glyph = glyph.unwrap_or_else(|| command_glyph(command).into());
    let press = move || on_command.run(command);
    let (label, test_id, key) = (command.label(), command_test_id(command), command_key(command, platform));
    match pressed {
        Some(pressed) => view! { <IconButton glyph label test_id key pressed disabled on_press=press /> }.into_any(),
        None => view! { <IconButton glyph label test_id key disabled on_press=press /> }.into_any(),
    }
}

/// The first key of a command as people read it.
pub(crate) fn command_key(command: Command, platform: Platform) -> String {
    command.shortcuts().first().map(|shortcut| shortcut.text(platform)).unwrap_or_default()
}

/// The `data-testid` of the button of a command.
pub(crate) fn command_test_id(command: Command) -> &'static str {
    match command {
        Command::Close => "close",
        Command::Undo => "undo",
        Command::Redo => "redo",
        Command::Fit => "fit",
        Command::ZoomIn => "zoom-in",
        Command::ZoomOut => "zoom-out",
        Command::ToolPan => "tool-pan",
        Command::ToolLasso => "tool-lasso",
        Command::ToolRectangle => "tool-rectangle",
        Command::ToolOrbit => "tool-orbit",
        Command::FrontView => "front-view",
        Command::TypeRectangle => "type-rectangle",
        Command::FindCells => "find-cells",
        Command::InvertSelection => "invert-selection",
        Command::ClearFilters => "clear-filters",
        Command::Subset => "subset",
        Command::Unsubset => "unsubset",
        Command::SaveCellSet => "save-set",
        Command::LabelSelection => "label-selection",
        Command::CompareSets => "compare-sets",
        Command::FindMarkers => "find-markers",
        Command::PlotGenes => "plot-genes",
        Command::DescribeCells => "describe-cells",
        Command::CorrelateGenes => "correlate-genes",
        Command::SearchGene => "search-gene",
        Command::ToggleLeftSidebar => "toggle-left",
        Command::ToggleRightSidebar => "toggle-right",
        Command::ToggleLabels => "toggle-labels",
        Command::AddPanel => "add-panel",
        Command::ClosePanel => "close-panel",
        Command::KeepPanel => "keep-panel",
        Command::NextPanel => "next-panel",
        Command::ScatterPlot => "scatter-plot",
        Command::SplitPanels => "split-panels",
        Command::LinkCameras => "link-cameras",
        Command::ToggleDensity => "toggle-density",
        Command::ToggleTheme => "theme-toggle",
        Command::ChooseCard => "choose-card",
        Command::SavePicture => "save-picture",
        Command::CopyLink => "copy-link",
        Command::CopyEmbed => "copy-embed",
        Command::SaveCells => "save-cells",
        Command::ShowPalette => "palette",
        Command::ShowShortcuts => "shortcuts",
        Command::TakeTour => "take-tour",
        Command::OpenFile => "open-file",
    }
}

/// The icon of a command.
pub(crate) fn command_glyph(command: Command) -> Glyph {
    match command {
        Command::Close | Command::ClosePanel => Glyph::Close,
        Command::Undo => Glyph::Undo,
        Command::Redo => Glyph::Redo,
        Command::Fit => Glyph::Fit,
        Command::ZoomIn | Command::SaveCellSet => Glyph::Plus,
        Command::ZoomOut => Glyph::Minus,
        Command::ToolPan => Glyph::Pan,
        Command::ToolLasso | Command::ToggleDensity => Glyph::Lasso,
        Command::ToolRectangle | Command::TypeRectangle => Glyph::Rectangle,
        Command::ToolOrbit => Glyph::Orbit,
        Command::FrontView => Glyph::Front,
        Command::InvertSelection => Glyph::Invert,
        Command::ClearFilters => Glyph::ClearFilters,
        Command::Subset => Glyph::Subset,
        Command::Unsubset => Glyph::Unsubset,
        Command::CompareSets => Glyph::Compare,
        Command::FindMarkers | Command::PlotGenes | Command::CorrelateGenes => Glyph::Genes,
        Command::FindCells | Command::SearchGene | Command::ShowPalette => Glyph::Search,
        Command::ToggleLeftSidebar => Glyph::PanelLeft,
        Command::ToggleRightSidebar => Glyph::PanelRight,
        Command::ToggleLabels | Command::ChooseCard => Glyph::Label,
        Command::LabelSelection => Glyph::Edit,
        Command::ToggleTheme => Glyph::System,
        Command::SavePicture | Command::SaveCells => Glyph::Download,
        Command::CopyLink | Command::LinkCameras => Glyph::Link,
        Command::AddPanel | Command::NextPanel | Command::ScatterPlot | Command::SplitPanels => Glyph::Panels,
        Command::KeepPanel => Glyph::SelectNew,
        Command::CopyEmbed => Glyph::Code,
        Command::DescribeCells | Command::ShowShortcuts | Command::TakeTour => Glyph::Help,
        Command::OpenFile => Glyph::Upload,
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_command_has_a_test_id_of_its_own() {
        let ids: BTreeSet<_> = Command::ALL.into_iter().map(command_test_id).collect();
        assert_eq!(ids.len(), Command::ALL.len());
    }
}
