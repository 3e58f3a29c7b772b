//! Columns of the user's own: to make one, to change it and its labels, to keep it as a file.

use explorer_core::{format::integer, session::NameClash};
use leptos::{ev::KeyboardEvent, prelude::*};

use super::{
    Button, ButtonKind, Choice, Glyph, IconButton, Menu, MenuItem, Root, Select, Show,
    control::{FileButton, FileDrop, focus_soon},
    name_clash::NameClashQuestion,
    rename::NameField,
};
use crate::view::view;

/// What the user asks to be done with own columns as a whole.
#[derive(Clone, Debug)]
pub enum OwnColumnChange {
    /// A new column, by its name.
    Create(String),
    /// The columns of a CSV file.
    Load(web_sys::File),
    /// All as a CSV file.
    Save,
    /// What becomes of columns whose names are taken; `None` to leave them.
    Settle(Option<NameClash>),
}

/// What the user asks to be done with one of them. Labels go by their codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnCategoryChange {
    /// Its new name.
    Rename(String),
    /// It as a CSV file.
    Save,
    /// Its end.
    Delete,
    /// A label for the selection; that of cells without one takes theirs away.
    Give(u32),
    /// A label's new name.
    RenameLabel(u32, String),
    /// The cells of one label under another.
    Merge(u32, u32),
    /// A label's end.
    DeleteLabel(u32),
}

/// What a column of the user's own has beside what all have.
#[derive(Clone, Copy)]
pub struct OwnCategory {
    /// The names that a column cannot have.
    pub taken: Signal<Vec<String>>,
    /// Cells selected.
    pub n_selected: Signal<u64>,
    /// Called with what is to be done.
    pub on_change: Callback<OwnCategoryChange>,
}

/// The items that the menu of such a column has first.
#[component]
pub(super) fn OwnCategoryItems(column: String, own: OwnCategory, renaming: RwSignal<bool>) -> impl IntoView {
    let change = move |change: OwnCategoryChange| move || own.on_change.run(change.clone());
    view! {
        <MenuItem
            label="Rename"
            glyph=Glyph::Edit
            test_id=format!("own-rename-{column}")
            on_choose=move || renaming.set(true)
        />
        <MenuItem
            label="Save as CSV"
            glyph=Glyph::Download
            test_id=format!("own-save-{column}")
            on_choose=change(OwnCategoryChange::Save)
        />
        <MenuItem
            label="Delete"
            glyph=Glyph::Trash
            test_id=format!("own-delete-{column}")
            on_choose=change(OwnCategoryChange::Delete)
        />
    }
}

/// What is being done to a label in its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LabelTask {
    Rename,
    Merge,
}

/// The menu of a label of such a column, and of its cells without a label.
#[component]
pub(super) fn OwnLabelMenu(
    own: OwnCategory,
    code: Signal<Option<u32>>,
    label: Memo<String>,
    is_missing: Signal<bool>,
    task: RwSignal<Option<LabelTask>>,
) -> impl IntoView {
    let run = move |change: fn(u32) -> OwnCategoryChange| {
        if let Some(code) = code.get_untracked() {
            own.on_change.run(change(code));
        }
    };
    let give = Signal::derive(move || {
        let n_selected = integer(own.n_selected.get());
        if is_missing.get() {
            format!("Take the labels from the selection ({n_selected})")
        } else {
            format!("Label the selection with this ({n_selected})")
        }
    });
    view! {
        <Menu
            glyph=Glyph::More
            label=Signal::derive(move || format!("More about {}", label.get()))
            test_id="own-label-menu"
        >
            <MenuItem
                label=give
                glyph=Glyph::Label
                test_id="own-label-give"
                on_choose=move || run(OwnCategoryChange::Give)
            />
            <Show when=move || !is_missing.get()>
                <MenuItem
                    label="Rename"
                    glyph=Glyph::Edit
                    test_id="own-label-rename"
                    on_choose=move || task.set(Some(LabelTask::Rename))
                />
                <MenuItem
                    label="Merge into…"
                    glyph=Glyph::Compare
                    test_id="own-label-merge"
                    on_choose=move || task.set(Some(LabelTask::Merge))
                />
                <MenuItem
                    label="Delete"
                    glyph=Glyph::Trash
                    test_id="own-label-delete"
                    on_choose=move || run(OwnCategoryChange::DeleteLabel)
                />
            </Show>
        </Menu>
    }
}

/// What stands in the place of a label's row while it is renamed or merged. `others` are the other labels with their
/// codes.
#[component]
pub(super) fn OwnLabelTask(
    own: OwnCategory,
    code: Signal<Option<u32>>,
    label: Memo<String>,
    others: Signal<Vec<(u32, String)>>,
    task: RwSignal<Option<LabelTask>>,
) -> impl IntoView {
    let rename = move || {
        let before = label.get_untracked();
        let taken = Signal::derive(move || others.with(|others| others.iter().map(|(_, name)| name.clone()).collect()));
        let done = move |name: Option<String>| {
            task.set(None);
            if let (Some(name), Some(code)) = (name.filter(|name| *name != label.get_untracked()), code.get_untracked())
            {
                own.on_change.run(OwnCategoryChange::RenameLabel(code, name));
            }
        };
        view! { <NameField value=before taken what="label" label="Name of the label" test_id="own-label-name" on_done=done /> }
    };
    let merge = move || {
        let nothing = move || Choice::new("", format!("Merge {} into…", label.get()));
        let choices = move || {
            let others = others.get().into_iter().map(|(code, name)| Choice::new(code.to_string(), name));
            std::iter::once(nothing()).chain(others).collect::<Vec<_>>()
        };
        let root = Root::of_component();
        focus_soon(root, "[data-testid=own-label-into]");
        view! {
            <span
                class="own-merge"
                on:keydown=move |event: KeyboardEvent| {
                    event.stop_propagation();
                    if event.key() == "Escape" {
                        task.set(None);
                    }
                }
            >
                <Select
                    choices=Signal::derive(choices)
                    value=Signal::derive(String::new)
                    label=Signal::derive(move || format!("Label that the cells of {} get", label.get()))
                    test_id="own-label-into"
                    on_choose=move |into: String| {
                        task.set(None);
                        if let (Ok(into), Some(code)) = (into.parse(), code.get_untracked()) {
                            own.on_change.run(OwnCategoryChange::Merge(code, into));
                        }
                    }
                />
                <IconButton glyph=Glyph::Close label="Cancel" test_id="own-label-cancel" on_press=move || task.set(None) />
            </span>
        }
    };
    move || match task.get() {
        Some(LabelTask::Rename) => Some(rename().into_any()),
        Some(LabelTask::Merge) => Some(merge().into_any()),
        None => None,
    }
}

/// A new column, a file of columns, all columns as a file; and what to do about columns whose names are taken.
#[component]
pub fn OwnColumnTools(
    /// The names that a column cannot have.
    #[prop(into)]
    taken: Signal<Vec<String>>,
    /// What a new one may be called.
    #[prop(into)]
    suggested: Signal<String>,
    /// How many there are.
    #[prop(into)]
    n_columns: Signal<usize>,
    /// What to ask about columns whose names are taken; mostly empty.
    #[prop(into)]
    clash: Signal<String>,
    /// Called with what is to be done.
    #[prop(into)]
    on_change: Callback<OwnColumnChange>,
) -> impl IntoView {
    let creating = RwSignal::new(false);
    let create = move |name: Option<String>| {
        creating.set(false);
        if let Some(name) = name {
            on_change.run(OwnColumnChange::Create(name));
        }
    };
    let button = move || {
        view! {
            <Button
                label="New column"
                test_id="own-create"
                kind=ButtonKind::Quiet
                glyph=Glyph::Plus
                on_press=move || creating.set(true)
            />
        }
    };
    view! {
        <FileDrop
            class="own-columns"
            test_id="own-columns"
            on_file=move |file| on_change.run(OwnColumnChange::Load(file))
        >
            <p class="note category-none" data-testid="own-empty" hidden=move || { n_columns.get() > 0 }>
                "Labels of your own: draw around cells with the lasso, then press A to label them."
            </p>
            <NameClashQuestion
                question=clash
                test_id="own-clash"
                on_answer=move |how| on_change.run(OwnColumnChange::Settle(how))
            />
            <div class="gene-set-tools">
                <Show when=move || creating.get() fallback=button>
                    <NameField
                        value=suggested.get_untracked()
                        taken
                        what="column"
                        label="Name of the column"
                        test_id="own-name"
                        on_done=create
                    />
                </Show>
                <FileButton
                    label="Load columns (CSV)"
                    test_id="own-import"
                    file_id="own-file"
                    on_file=move |file| on_change.run(OwnColumnChange::Load(file))
                />
                <IconButton
                    glyph=Glyph::Download
                    label="Save your columns (CSV)"
                    test_id="own-export"
                    disabled=move || n_columns.get() == 0
                    on_press=move || on_change.run(OwnColumnChange::Save)
                />
            </div>
        </FileDrop>
    }
}
