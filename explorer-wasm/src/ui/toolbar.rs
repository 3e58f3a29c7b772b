//! What floats over the picture: the embedding, the tools, the view and the selection.

use explorer_core::state::{Command, Platform, Tool};
use leptos::prelude::*;

use super::{
    Choice, CommandButton, Segment, Segmented, Select,
    command_button::{command_glyph, command_test_id},
};

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
    /// The tool in hand.
    #[prop(into)]
    tool: Signal<Tool>,
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
        });
    };
    let no_subset = move || !can_subset.get();
    let no_give = move || !can_give.get();
    let no_unsubset = move || !can_unsubset.get();
    let no_clear = move || !can_clear.get();
    let no_labels = move || !can_label.get();
    let no_invert = move || !can_invert.get();
    view! {
        <div class="toolbar" role="toolbar" aria-label="Embedding">
            <div class="toolbar-embedding">
                <Select
                    choices=embeddings
                    value=embedding
                    label="Embedding"
                    test_id="embedding-select"
                    on_choose=on_embedding
                />
            </div>
            <div class="toolbar-group toolbar-tools">
                <Segmented segments=tools value=tool label="Tool" on_choose=choose_tool />
            </div>
            <div class="toolbar-group toolbar-selection">
                <CommandButton command=Command::InvertSelection platform disabled=no_invert on_command />
                <CommandButton command=Command::ClearFilters platform disabled=no_clear on_command />
                <CommandButton command=Command::LabelSelection platform disabled=no_give on_command />
                <span class="toolbar-rule"></span>
                <CommandButton command=Command::Subset platform disabled=no_subset on_command />
                <CommandButton command=Command::Unsubset platform disabled=no_unsubset on_command />
            </div>
            <div class="toolbar-group toolbar-view">
                <CommandButton
                    command=Command::ToggleLabels
                    platform
                    pressed=Signal::derive(move || labels.get() && can_label.get())
                    disabled=no_labels
                    on_command
                />
                {display.run()}
                <span class="toolbar-rule"></span>
                <CommandButton command=Command::ZoomOut platform on_command />
                <CommandButton command=Command::ZoomIn platform on_command />
                <CommandButton command=Command::Fit platform on_command />
            </div>
        </div>
    }
}
