//! What floats over the picture: the embedding, the tools, the view and the selection.

use explorer_core::state::{Command, Platform, SelectMode, Tool};
use leptos::prelude::*;

use super::{
    Choice, CommandButton, Glyph, Segment, Segmented, Select, Show,
    command_button::{command_glyph, command_test_id},
};
use crate::view::view;

/// The tools over the picture. All but the embedding are [`Command`]s.
#[component]
pub fn Toolbar(
    /// The embeddings: value, and a label such as "umap: 700 cells".
    #[prop(into)]
    embeddings: Signal<Vec<Choice>>,
    /// The one shown.
    #[prop(into)]
    embedding: Signal<String>,
    /// Called with the embedding asked for.
    #[prop(into)]
    on_embedding: Callback<String>,
    /// Whether there are several panels, each of which says what it shows.
    #[prop(into)]
    has_several: Signal<bool>,
    /// The menu of panels.
    #[prop(into)]
    panels: ViewFn,
    /// The tool in hand.
    #[prop(into)]
    tool: Signal<Tool>,
    /// Whether the embedding has three dimensions.
    #[prop(into)]
    is_solid: Signal<bool>,
    /// Whether it is seen from another side than the front.
    #[prop(into)]
    is_turned: Signal<bool>,
    /// What an outline does to the selection there is; `None` while there is none.
    #[prop(into)]
    select_mode: Signal<Option<SelectMode>>,
    /// Called with what an outline is to do.
    #[prop(into)]
    on_select_mode: Callback<SelectMode>,
    /// Whether the selection makes a subset: 0 < selected < visible.
    #[prop(into)]
    can_subset: Signal<bool>,
    /// Whether cells are selected that can be labeled.
    #[prop(into)]
    can_give: Signal<bool>,
    /// Whether a subset is in view.
    #[prop(into)]
    can_unsubset: Signal<bool>,
    /// Whether any filter or outline is set.
    #[prop(into)]
    can_clear: Signal<bool>,
    /// Whether an outline is drawn that can be inverted.
    #[prop(into)]
    can_invert: Signal<bool>,
    /// Whether the labels are written over the picture.
    #[prop(into)]
    labels: Signal<bool>,
    /// Whether there are labels to write: not unless cells are colored by some.
    #[prop(into)]
    can_label: Signal<bool>,
    /// The button of what else can be set about the picture.
    #[prop(into)]
    display: ViewFn,
    /// Whose keys the hints show.
    platform: Platform,
    /// Called with the command asked for.
    #[prop(into)]
    on_command: Callback<Command>,
) -> impl IntoView {
    let tools =
        [(Tool::Pan, Command::ToolPan), (Tool::Lasso, Command::ToolLasso), (Tool::Rectangle, Command::ToolRectangle)]
            .into_iter()
            .map(|(value, command)| Segment {
                value,
                label: command.label(),
                glyph: Some(command_glyph(command)),
                key: command.shortcuts()[0].key,
                test_id: command_test_id(command),
            })
            .collect();
    let choose_tool = move |tool| {
        on_command.run(match tool {
            Tool::Pan => Command::ToolPan,
            Tool::Lasso => Command::ToolLasso,
            Tool::Rectangle => Command::ToolRectangle,
            Tool::Orbit => Command::ToolOrbit,
        });
    };
    let has_selection = Memo::new(move |_| select_mode.with(Option::is_some));
    let no_subset = move || !can_subset.get();
    let no_give = move || !can_give.get();
    let no_unsubset = move || !can_unsubset.get();
    let no_clear = move || !can_clear.get();
    let no_labels = move || !can_label.get();
    let no_invert = move || !can_invert.get();
    let no_front = Signal::derive(move || !is_turned.get());
    view! {
        <div class="toolbar" class:toolbar-solid=is_solid role="toolbar" aria-label="Embedding">
            <Show when=move || !has_several.get()>
                <div class="toolbar-embedding">
                    <Select
                        choices=embeddings
                        value=embedding
                        label="Embedding"
                        test_id="embedding-select"
                        on_choose=on_embedding
                    />
                </div>
            </Show>
            <div class="toolbar-group toolbar-tools">
                <Segmented segments=tools value=tool label="Tool" on_choose=choose_tool />
                <Show when=move || is_solid.get()>
                    <CommandButton
                        command=Command::ToolOrbit
                        platform
                        pressed=Signal::derive(move || tool.get() == Tool::Orbit)
                        on_command
                    />
                </Show>
            </div>
            <div class="toolbar-group toolbar-selection">
                <CommandButton command=Command::InvertSelection platform disabled=no_invert on_command />
                <CommandButton command=Command::ClearFilters platform disabled=no_clear on_command />
                <CommandButton command=Command::LabelSelection platform disabled=no_give on_command />
                <span class="toolbar-rule"></span>
                <CommandButton command=Command::Subset platform disabled=no_subset on_command />
                <CommandButton command=Command::Unsubset platform disabled=no_unsubset on_command />
            </div>
            // Where nothing else makes way when it comes.
            <Show when=move || has_selection.get()>
                <div class="toolbar-group toolbar-tools toolbar-modes">
                    <Segmented
                        segments=select_modes()
                        value=Signal::derive(move || select_mode.get().unwrap_or_default())
                        label="What an outline does to the selection"
                        on_choose=on_select_mode
                    />
                </div>
            </Show>
            <div class="toolbar-group toolbar-view">
                <CommandButton
                    command=Command::ToggleLabels
                    platform
                    pressed=Signal::derive(move || labels.get() && can_label.get())
                    disabled=no_labels
                    on_command
                />
                {display.run()}
                {panels.run()}
                <Show when=move || is_solid.get()>
                    <CommandButton command=Command::FrontView platform disabled=no_front on_command />
                </Show>
                <span class="toolbar-rule"></span>
                <CommandButton command=Command::ZoomOut platform on_command />
                <CommandButton command=Command::ZoomIn platform on_command />
                <CommandButton command=Command::Fit platform on_command />
            </div>
        </div>
    }
}

/// What an outline can do to the selection there is, with the keys that do so for one outline.
fn select_modes() -> Vec<Segment<SelectMode>> {
    let mode = |value, label, glyph, key, test_id| Segment { value, label, glyph: Some(glyph), key, test_id };
    vec![
        mode(SelectMode::Replace, "Replace the selection", Glyph::SelectNew, "", "mode-replace"),
        mode(SelectMode::Add, "Add to the selection", Glyph::SelectAdd, "Shift", "mode-add"),
        mode(SelectMode::Subtract, "Take away from the selection", Glyph::SelectSubtract, "Alt", "mode-subtract"),
        mode(SelectMode::Intersect, "Keep what is inside", Glyph::SelectIntersect, "Shift+Alt", "mode-intersect"),
    ]
}
