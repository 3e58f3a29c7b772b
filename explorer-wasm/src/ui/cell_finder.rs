//! Cells by their ids.

use explorer_core::{format::plural, session::Unit};
use leptos::{ev::KeyboardEvent, html, prelude::*};
use web_sys::File;

use super::{Button, ButtonKind, Glyph, Show, control::Dialog};
use crate::view::view;

/// Unknown ids that are shown.
const MOST_UNKNOWN: usize = 200;

/// How a search for cells stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FindStatus {
    /// Nothing was asked for yet.
    #[default]
    Idle,
    /// It is under way.
    Running,
    /// It is done.
    Found {
        /// Cells with one of the ids.
        n_cells: usize,
        /// Ids that no cell has.
        unknown: Vec<String>,
    },
    /// It failed, and why.
    Failed(String),
}

/// The dialog that finds cells by their ids.
#[component]
pub fn CellFinder(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// What the rows of the dataset are called.
    #[prop(into)]
    unit: Signal<Unit>,
    /// The text that ids are read from.
    text: RwSignal<String>,
    /// How the search stands.
    #[prop(into)]
    status: Signal<FindStatus>,
    /// Called with a file of ids, to put its text into `text`.
    #[prop(into)]
    on_file: Callback<File>,
    /// Called with the list of those to find.
    #[prop(into)]
    on_find: Callback<String>,
    /// Called to make a set of the cells found and select it.
    #[prop(into)]
    on_select: Callback<()>,
    /// Called to show the first of the cells found.
    #[prop(into)]
    on_show: Callback<()>,
) -> impl IntoView {
    let file = NodeRef::<html::Input>::new();
    let take_file = move |_| {
        let Some(field) = file.get_untracked() else { return };
        if let Some(chosen) = field.files().and_then(|files| files.get(0)) {
            on_file.run(chosen);
        }
        field.set_value("");
    };
    let find = move || on_find.run(text.get_untracked());
    let key = move |event: KeyboardEvent| {
        // Enter is a line of the list.
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            find();
        }
    };
    let n_found = Memo::new(move |_| {
        status.with(|status| match status {
            FindStatus::Found { n_cells, .. } => *n_cells,
            FindStatus::Idle | FindStatus::Running | FindStatus::Failed(_) => 0,
        })
    });
    let told = move || match status.get() {
        FindStatus::Idle => String::new(),
        FindStatus::Running => format!("Searching the ids of all {}…", unit.get().many()),
        FindStatus::Failed(reason) => reason,
        FindStatus::Found { n_cells, unknown } if unknown.is_empty() => {
            format!("{} found.", unit.get().count(n_cells as u64))
        }
        FindStatus::Found { n_cells, unknown } => format!(
            "{} found; {} not in this dataset.",
            unit.get().count(n_cells as u64),
            plural(unknown.len(), "id is", "ids are"),
        ),
    };
    let unknown = move || {
        let FindStatus::Found { unknown, .. } = status.get() else { return None };
        let rest = unknown.len().saturating_sub(MOST_UNKNOWN);
        let mut shown = unknown[..unknown.len() - rest].join("\n");
        if rest > 0 {
            shown += &format!("\nand {rest} more");
        }
        (!unknown.is_empty())
            .then(|| view! { <pre class="finder-unknown" tabindex="0" data-testid="finder-unknown">{shown}</pre> })
    };
    view! {
        <Dialog
            open
            title=Signal::derive(move || format!("Find {}", unit.get().many()))
            class="finder"
            test_id="finder-dialog"
            close_id="finder-close"
            on_close=move || open.set(false)
        >
            <div class="save-body">
                <textarea
                    class="field"
                    rows="5"
                    spellcheck="false"
                    autocomplete="off"
                    data-first=""
                    placeholder="One id a line, or a list with commas between"
                    aria-label="Ids"
                    data-testid="finder-ids"
                    prop:value=move || text.get()
                    on:input:target=move |event| text.set(event.target().value())
                    on:keydown=key
                ></textarea>
                <div class="finder-buttons">
                    <Button
                        label="Find"
                        test_id="finder-run"
                        kind=ButtonKind::Primary
                        glyph=Glyph::Search
                        disabled=move || status.with(|status| *status == FindStatus::Running)
                            || text.with(|text| text.trim().is_empty())
                        on_press=find
                    />
                    <Button
                        label="Load a file"
                        test_id="finder-load"
                        glyph=Glyph::Upload
                        on_press=move || {
                            if let Some(file) = file.get_untracked() {
                                file.click();
                            }
                        }
                    />
                    <input
                        class="visually-hidden"
                        type="file"
                        accept=".txt,.csv,.tsv,text/plain,text/csv"
                        tabindex="-1"
                        aria-hidden="true"
                        data-testid="finder-file"
                        node_ref=file
                        on:change=take_file
                    />
                </div>
                <p class="note" role="status" data-testid="finder-status">{told}</p>
                {unknown}
                <Show when=move || n_found.get() != 0>
                    <div class="finder-buttons">
                        <Button
                            label=Signal::derive(move || format!("Select {} as a set", unit.get().count(n_found.get() as u64)))
                            test_id="finder-select"
                            glyph=Glyph::Check
                            on_press=on_select
                        />
                        <Button
                            label=Signal::derive(move || if n_found.get() == 1 { "Show it" } else { "Show the first" }.to_owned())
                            test_id="finder-show"
                            glyph=Glyph::Fit
                            on_press=on_show
                        />
                    </div>
                </Show>
            </div>
        </Dialog>
    }
}
