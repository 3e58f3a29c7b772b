//! The user's own columns in the left sidebar, and the dialog that labels the selection.

use explorer_core::{
    screen::free_name,
    state::{Action, Label, OwnColumn},
};
use leptos::prelude::*;
use shared_fbs::manifest::{Column, ColumnKind};

use super::category::{LabelOf, category};
use crate::{
    app::parts::{Page, save_csv, title},
    store::Store,
    ui::{Each, LabelDialog, OwnCategory, OwnCategoryChange, OwnColumnChange, OwnColumnNames, OwnColumnTools},
    view::view,
};

/// The user's own columns, and what makes one.
#[component]
pub fn OwnColumns(store: Store, page: Page, is_hidden: Callback<String, bool>) -> impl IntoView {
    let names = store.part(|state| {
        state.view.analysis.own_columns.iter().map(|column| column.name().to_owned()).collect::<Vec<_>>()
    });
    let taken = Signal::derive(move || {
        names.track();
        store
            .peek(|state| store.with_session(|session| session.taken_columns(&state.view.analysis)))
            .unwrap_or_default()
    });
    let offered = store.offered_columns();
    let column = move |name: String| {
        let entry = Column { name: name.clone(), kind: ColumnKind::Categorical, ..Column::default() };
        let own = |label_of: LabelOf| own_category(store, page, &name, taken, label_of);
        let panel = category(store, page, &entry, Some(&own)).into_any();
        view! { <div class="obs-column" hidden=move || is_hidden.run(name.clone())>{panel}</div> }
    };
    view! {
        <Each each=move || names.get() key=|name| name.clone() children=column />
        <OwnColumnTools
            taken
            suggested=Signal::derive(move || {
                let taken = taken.get();
                let name = "my labels".to_owned();
                if taken.contains(&name) { free_name(&name, &taken) } else { name }
            })
            n_columns=Signal::derive(move || names.with(Vec::len))
            clash=Signal::derive(move || offered.with(|offered| clash_text(offered)))
            on_change=Callback::new(move |change| follow(store, change))
        />
    }
}

/// What to ask about columns whose names are taken; empty where there are none.
fn clash_text(offered: &[OwnColumn]) -> String {
    let names: Vec<&str> = offered.iter().map(OwnColumn::name).collect();
    let have = if names.len() == 1 { "has a column" } else { "has columns" };
    if names.is_empty() {
        return String::new();
    }
    format!("What was opened {have} called {}, and you have others of the name.", names.join(", "))
}

fn follow(store: Store, change: OwnColumnChange) {
    match change {
        OwnColumnChange::Create(name) => {
            store.dispatch(Action::AddOwnColumns(vec![OwnColumn::new(name.clone(), [])]));
            if store.peek(|state| !state.view.layout.expanded.contains(&name)) {
                store.dispatch(Action::ToggleExpanded(name));
            }
        }
        OwnColumnChange::Load(file) => store.load_columns(file),
        OwnColumnChange::Save => save(store, None),
        OwnColumnChange::Settle(how) => store.settle_columns(how),
    }
}

/// Saves an own column, or all, as CSV.
fn save(store: Store, column: Option<String>) {
    let title = title(store).get_untracked();
    let name = match &column {
        Some(column) => format!("{title} {column}.csv"),
        None => format!("{title} labels.csv"),
    };
    store.columns_as_csv(column, move |text| save_csv(store, &name, &text));
}

fn own_category(store: Store, page: Page, name: &str, taken: Signal<Vec<String>>, label_of: LabelOf) -> OwnCategory {
    let numbers = store.numbers();
    let name = name.to_owned();
    let named = move |code: u32| match label_of.run(code) {
        Some(Label::Named(label)) => Some(label),
        Some(Label::Missing) | None => None,
    };
    let on_change = Callback::new(move |change| {
        let column = name.clone();
        match change {
            OwnCategoryChange::Rename(to) => store.dispatch(Action::RenameOwnColumn { from: column, to }),
            OwnCategoryChange::Save => save(store, Some(column)),
            OwnCategoryChange::Delete => store.delete_column(column),
            OwnCategoryChange::Give(code) => {
                let label = named(code);
                if let Some(label) = &label {
                    page.last_label.set((column.clone(), label.clone()));
                }
                store.label_selection(column, label);
            }
            OwnCategoryChange::RenameLabel(code, to) => {
                if let Some(from) = named(code) {
                    store.dispatch(Action::RenameOwnLabel { column, from, to });
                }
            }
            OwnCategoryChange::Merge(from, into) => {
                if let (Some(from), Some(into)) = (named(from), named(into)) {
                    store.dispatch(Action::MergeOwnLabels { column, from, into });
                }
            }
            OwnCategoryChange::DeleteLabel(code) => {
                if let Some(label) = named(code) {
                    store.dispatch(Action::RemoveOwnLabel { column, label });
                }
            }
        }
    });
    OwnCategory { taken, n_selected: Signal::derive(move || numbers.get().0), on_change }
}

/// The dialog that labels the selection.
#[component]
pub fn OwnLabelDialog(store: Store, page: Page) -> impl IntoView {
    let numbers = store.numbers();
    let columns = store.part(|state| {
        let names = |column: &OwnColumn| {
            (column.name().to_owned(), column.labels().iter().map(|label| label.name.clone()).collect::<Vec<_>>())
        };
        state.view.analysis.own_columns.iter().map(names).collect::<OwnColumnNames>()
    });
    let fixed =
        store.loaded(|session| session.manifest().columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>());
    view! {
        <LabelDialog
            open=page.labeling
            columns
            fixed=Signal::derive(move || fixed.get().unwrap_or_default())
            numbers=Signal::derive(move || (numbers.get().0, numbers.get().1))
            last=page.last_label
            on_label=Callback::new(move |(column, label): (String, String)| {
                page.last_label.set((column.clone(), label.clone()));
                store.label_selection(column, Some(label));
            })
        />
    }
}
