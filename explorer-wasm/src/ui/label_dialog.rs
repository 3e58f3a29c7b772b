//! A label for the selected cells.

use std::sync::Arc;

use explorer_core::format::plural;
use leptos::{ev::KeyboardEvent, html, prelude::*};

use super::{
    Button, ButtonKind, Glyph,
    control::{Dialog, Wrong, unique_id},
};
use crate::view::{effect, view};

/// The user's own columns, by name, each with its labels.
pub type OwnColumnNames = Arc<[(String, Vec<String>)]>;

/// The dialog that asks for the label of the selected cells, and the column that it is of: each is one that there is, or
/// new.
#[component]
pub fn LabelDialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// The user's own columns.
    #[prop(into)]
    columns: Signal<OwnColumnNames>,
    /// Names of the dataset's columns, whose labels cannot be changed.
    #[prop(into)]
    fixed: Signal<Vec<String>>,
    /// Cells selected, and cells in view.
    #[prop(into)]
    numbers: Signal<(u64, u64)>,
    /// The column and the label that were given last; empty before.
    #[prop(into)]
    last: Signal<(String, String)>,
    /// Called with the column and the label.
    #[prop(into)]
    on_label: Callback<(String, String)>,
) -> impl IntoView {
    let (column, label) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    // What is offered stands there before the dialog opens, so that its text is selected when it takes the focus. The
    // dialog may be made because it is to be open.
    let is_offered = StoredValue::new(false);
    effect(move || {
        if !open.get() || !is_offered.get_value() {
            is_offered.set_value(true);
            let (last_column, last_label) = last.get();
            let first = columns.with(|columns| columns.first().map(|(name, _)| name.clone()));
            let is_there = columns.with(|columns| columns.iter().any(|(name, _)| *name == last_column));
            column.set(if is_there { last_column } else { first.unwrap_or_else(|| "my labels".to_owned()) });
            label.set(if is_there { last_label } else { String::new() });
        }
    });
    let wrong = Signal::derive(move || {
        column.with(|column| match column.trim() {
            "" => Some("A column needs a name.".to_owned()),
            name if fixed.with(|fixed| fixed.iter().any(|other| other == name)) => {
                Some(format!("“{name}” is a column of the file: choose another name, or copy it from its menu."))
            }
            _ => None,
        })
    });
    let can_label = Memo::new(move |_| {
        numbers.get().0 > 0 && wrong.with(Option::is_none) && label.with(|label| !label.trim().is_empty())
    });
    let give = move || {
        if can_label.get_untracked() {
            open.set(false);
            let text = |field: RwSignal<String>| field.with_untracked(|text| text.trim().to_owned());
            on_label.run((text(column), text(label)));
        }
    };
    let labels = move || {
        let of_column = |columns: &OwnColumnNames| {
            let name = column.get();
            let found = columns.iter().find(|(known, _)| *known == name.trim());
            found.map(|(_, labels)| labels.clone()).unwrap_or_default()
        };
        columns.with(of_column)
    };
    let names = move || columns.with(|columns| columns.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>());
    let all = Signal::derive(move || match numbers.get() {
        (0, _) => "No cell is selected.".to_owned(),
        (n_selected, n_visible) if n_selected == n_visible => {
            let n_cells = plural(n_selected as usize, "cell", "cells");
            format!(
                "Nothing narrows the selection: all {n_cells} in view get the label. To label some of them, close this and draw around them first."
            )
        }
        _ => String::new(),
    });
    let id = unique_id("wrong");
    view! {
        <Dialog
            open
            title="Label the selection"
            class="save"
            test_id="label-dialog"
            close_id="label-close"
            on_close=move || open.set(false)
        >
            <div class="save-body label-body">
                <p class="note" role="status" data-testid="label-all" hidden=move || all.with(String::is_empty)>
                    {all}
                </p>
                <TextChoice
                    name="Column"
                    value=column
                    choices=Signal::derive(names)
                    test_id="label-column"
                    focus=Focus::ByUser
                    on_enter=give
                />
                <Wrong id text=wrong />
                <TextChoice name="Label" value=label choices=Signal::derive(labels) test_id="label-name" focus=Focus::OnOpening on_enter=give />
                <Button
                    label=Signal::derive(move || {
                        format!("Label {}", plural(numbers.get().0 as usize, "cell", "cells"))
                    })
                    test_id="label-run"
                    kind=ButtonKind::Primary
                    glyph=Glyph::Label
                    disabled=Signal::derive(move || !can_label.get())
                    on_press=give
                />
            </div>
        </Dialog>
    }
}

/// When a field of the dialog gets the focus.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Focus {
    /// When the dialog opens.
    OnOpening,
    /// When the user goes there.
    ByUser,
}

/// A field for a text that is one of some, or another.
#[component]
pub(super) fn TextChoice(
    name: &'static str,
    value: RwSignal<String>,
    choices: Signal<Vec<String>>,
    test_id: &'static str,
    focus: Focus,
    #[prop(into)] on_enter: Callback<()>,
) -> impl IntoView {
    let (field, id) = (NodeRef::<html::Input>::new(), unique_id("choices"));
    view! {
        <label class="select-field">
            <span>{name}</span>
            <input
                class="field"
                type="text"
                autocomplete="off"
                spellcheck="false"
                maxlength="80"
                list=id.clone()
                data-testid=test_id
                data-first=(focus == Focus::OnOpening).then_some("")
                node_ref=field
                prop:value=move || value.get()
                on:focus=move |_| {
                    if let Some(field) = field.get_untracked() {
                        field.select();
                    }
                }
                on:input:target=move |event| value.set(event.target().value())
                on:keydown=move |event: KeyboardEvent| {
                    if event.key() == "Enter" {
                        event.prevent_default();
                        on_enter.run(());
                    }
                }
            />
        </label>
        <datalist id=id>
            {move || choices.get().into_iter().map(|choice| view! { <option value=choice></option> }).collect_view()}
        </datalist>
    }
}
