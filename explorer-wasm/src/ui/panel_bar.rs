//! What stands over each of several panels, and what opens and closes them.

use explorer_core::state::{Command, Platform};
use leptos::prelude::*;

use super::{
    Button, Choice, Glyph, IconButton, Menu, MenuItem, Select, Show,
    command_button::{command_glyph, command_key, command_test_id},
};
use crate::view::view;

/// What a panel shows, and how it is closed.
#[component]
pub fn PanelBar(
    /// What it may show: embeddings, and the scatter plot that it shows.
    #[prop(into)]
    choices: Signal<Vec<Choice>>,
    /// What it shows.
    #[prop(into)]
    shown: Signal<String>,
    /// The label whose cells are in color, and how many these are; empty for all cells.
    #[prop(into)]
    only: Signal<String>,
    /// Called with what it is to show.
    #[prop(into)]
    on_choose: Callback<String>,
    /// Called when it is to be closed.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    view! {
        <div class="panel-bar">
            <Show
                when=move || only.with(String::is_empty)
                fallback=move || view! { <span class="panel-only ellipsis" data-testid="panel-only">{only}</span> }
            >
                <Select choices value=shown label="What the panel shows" test_id="panel-shows" on_choose />
            </Show>
            <IconButton glyph=Glyph::Close label="Close panel" test_id="panel-close" on_press=on_close />
        </div>
    }
}

/// The menu of panels.
#[component]
pub fn PanelsMenu(
    /// Whether labels color the cells.
    #[prop(into)]
    can_split: Signal<bool>,
    /// Whether there are several panels.
    #[prop(into)]
    has_several: Signal<bool>,
    /// Whether their cameras are linked.
    #[prop(into)]
    linked: Signal<bool>,
    /// Whose keys it shows.
    platform: Platform,
    /// Called with the command asked for.
    #[prop(into)]
    on_command: Callback<Command>,
) -> impl IntoView {
    let item = move |command: Command| {
        let name = move || match command {
            Command::LinkCameras if linked.get() => "Unlink cameras",
            _ => command.label(),
        };
        let label = Signal::derive(move || format!("{} ({})", name(), command_key(command, platform)));
        let (glyph, test_id) = (command_glyph(command), command_test_id(command));
        view! { <MenuItem label glyph test_id on_choose=move |()| on_command.run(command) /> }
    };
    view! {
        <Menu glyph=Glyph::Panels label="Panels" test_id="panels-menu">
            {item(Command::AddPanel)}
            {item(Command::ScatterPlot)}
            <Show when=move || can_split.get()>{item(Command::SplitPanels)}</Show>
            <Show when=move || has_several.get()>
                {item(Command::LinkCameras)}
                {item(Command::KeepPanel)}
            </Show>
        </Menu>
    }
}

/// Under panels that are split by labels: how many of the labels these are, and a button for more.
#[component]
pub fn SplitBar(
    /// "6 of 10 labels of louvain".
    #[prop(into)]
    text: Signal<String>,
    /// Called when more are asked for.
    #[prop(into)]
    on_more: Callback<()>,
) -> impl IntoView {
    view! {
        <div class="split-bar" role="status">
            <span class="note" data-testid="split-count">{text}</span>
            <Button label="Show more" test_id="split-more" on_press=on_more />
        </div>
    }
}
