//! The user's own columns: labels for the selection, files of them, and how the browser keeps them between visits.

use explorer_core::{
    csv::text_of,
    embed::Storage,
    screen::free_name,
    session::{NameClash, Session, join_sets, labeled_text, sort_columns, taken_in_text},
    state::{Action, CellSet, ColorBy, OwnColumn, OwnColumnFile, ViewSpec, own_columns_from_csv, own_columns_to_csv},
};
use gloo_file::{File, futures::read_as_bytes};
use leptos::prelude::*;

use super::{
    Store, Tone,
    access::DataAccess,
    kept::{Keepable as _, Kept, Outcome},
};
use crate::{
    fetch::{Address, FetchError},
    host::KeepRefused,
};

impl Store {
    /// The cells that are selected get a label of an own column, or none.
    pub fn label_selection(self, column: String, label: Option<String>) {
        self.with_rows(move |store| {
            let cells = store.with_session(Session::selected_cells).flatten();
            let Some(cells) = cells.filter(|cells| !cells.rows().is_empty()) else {
                store.tell("No cell is selected that could be labeled.".to_owned(), Tone::Warning);
                return;
            };
            match label {
                Some(label) => {
                    let told = store
                        .peek(|state| labeled_text(&column, &label, &cells, state.view.analysis.own_column(&column)));
                    store.dispatch(Action::LabelCells { column, label, cells });
                    store.tell(told, Tone::Done);
                }
                None => store.dispatch(Action::UnlabelCells { column, cells }),
            }
        });
    }

    /// A column of the file becomes one of the user's own, under another name, so that its labels can be changed.
    pub fn copy_column(self, column: String) {
        let Some(access) = self.access() else { return };
        self.spawn(async move {
            if let Err(error) = access.column(&column).await {
                self.tell(format!("Column {column}: {error}"), Tone::Error);
                return;
            }
            self.with_rows(move |store| {
                let copy = store.peek(|state| {
                    store.with_session(|session| {
                        let name = free_name(&column, &session.taken_columns(&state.view.analysis));
                        session.copied_column(&column, &name)
                    })
                });
                let Some(copy) = copy.flatten() else { return };
                let name = copy.name().to_owned();
                store.dispatch(Action::AddOwnColumns(vec![copy]));
                if store.peek(|state| !state.view.layout.expanded.contains(&name)) {
                    store.dispatch(Action::ToggleExpanded(name.clone()));
                }
                store.dispatch(Action::SetColor(ColorBy::Obs(name.clone())));
                store.tell(format!("“{name}” is a copy of “{column}” that you can change."), Tone::Done);
            });
        });
    }

    /// Deletes an own column, and says what went with it.
    pub fn delete_column(self, name: String) {
        let sets = self.peek(|state| {
            let sets = state.view.analysis.sets_by(&name).map(|set| format!("“{}”", set.name));
            sets.collect::<Vec<_>>().join(", ")
        });
        let with = if sets.is_empty() { String::new() } else { format!(", with the cell sets {sets}") };
        let told = format!("The column “{name}” is deleted{with}. Undo brings it back.");
        self.dispatch(Action::RemoveOwnColumn(name));
        self.tell(told, Tone::Done);
    }

    /// Hands own columns as CSV to `save`: that of a name, or all.
    pub fn columns_as_csv(self, name: Option<String>, save: impl FnOnce(String) + 'static) {
        let Some(access) = self.access() else { return };
        self.spawn(async move {
            if let Some(ids) = self.ids(&access).await {
                let is_asked = |column: &&OwnColumn| name.as_ref().is_none_or(|name| column.name() == name);
                let columns = self
                    .peek(|state| state.view.analysis.own_columns.iter().filter(is_asked).cloned().collect::<Vec<_>>());
                save(own_columns_to_csv(&columns, &ids));
            }
        });
    }

    /// Takes in the columns of a CSV file, as one step; where names are taken, once the user says what is to become of
    /// them.
    pub fn load_columns(self, file: web_sys::File) {
        let Some(access) = self.access() else { return };
        let file = File::from(file);
        self.spawn(async move {
            let name = file.name();
            let Ok(bytes) = read_as_bytes(&file).await else {
                self.tell(format!("The browser could not read {name}."), Tone::Error);
                return;
            };
            let Some(ids) = self.ids(&access).await else { return };
            let read = text_of(bytes).map_err(|error| error.to_string());
            let read = read.and_then(|text| own_columns_from_csv(&text, &ids).map_err(|error| error.to_string()));
            match read {
                Ok(file) => self.take_in(&name, file),
                Err(error) => self.tell(format!("{name}: {error}"), Tone::Error),
            }
        });
    }

    fn take_in(self, name: &str, file: OwnColumnFile) {
        if let Some(left_out) = file.left_out() {
            self.tell(format!("{name}: {left_out}"), Tone::Warning);
        }
        let (free, asked) = self.peek(|state| sort_columns(&state.view.analysis.own_columns, file.columns));
        if !free.is_empty() {
            self.tell(format!("{name}: {}", taken_in_text(&free)), Tone::Done);
            self.dispatch(Action::AddOwnColumns(free));
        }
        self.offered.set(asked);
    }

    /// Columns whose names are taken by others, about which the user is asked.
    pub fn offered_columns(self) -> Signal<Vec<OwnColumn>> {
        self.offered.into()
    }

    /// What becomes of them; `None` leaves them.
    pub fn settle_columns(self, how: Option<NameClash>) {
        let new = std::mem::take(&mut *self.offered.write());
        let Some(how) = how else { return };
        let columns = self.peek(|state| {
            let analysis = &state.view.analysis;
            self.with_session(|session| how.settle_columns(&analysis.own_columns, new, session.taken_columns(analysis)))
        });
        let columns = columns.unwrap_or_default();
        self.tell(taken_in_text(&columns), Tone::Done);
        self.dispatch(Action::AddOwnColumns(columns));
    }

    /// A view that is to be restored has the own columns that there are; its own others come to them, and about those
    /// whose names are taken the user is asked. So it has the cell sets, where the browser keeps these.
    pub(super) fn join_kept(self, view: &mut ViewSpec) {
        let (columns, sets) = self.peek(|state| {
            let is_here = view.dataset.is_none() || state.view.dataset == view.dataset;
            let analysis = &state.view.analysis;
            if is_here { (analysis.own_columns.clone(), analysis.cell_sets.clone()) } else { <_>::default() }
        });
        if self.inner().is_some_and(|inner| inner.kept_sets.borrow().is_on()) {
            join_sets(view, sets);
        }
        let asked = join(columns, &mut view.analysis.own_columns);
        if !asked.is_empty() {
            self.offered.set(asked);
        }
    }

    /// Takes the columns and cell sets that the browser has kept of the dataset that has been opened. This is no step.
    pub(super) fn take_kept(self) {
        let (Some(inner), Some(content)) = (self.inner(), self.content_id()) else { return };
        let is_local = self.settings.with_untracked(|settings| settings.storage == Storage::Local);
        if !is_local || matches!(inner.address, Address::Host) {
            return;
        }
        let (columns, n_columns) = Kept::<OwnColumn>::read(&*inner.host, &content);
        let (sets, n_sets) = Kept::<CellSet>::read(&*inner.host, &content);
        for (kind, n_unreadable) in [(OwnColumn::KIND, n_columns), (CellSet::KIND, n_sets)] {
            if n_unreadable > 0 {
                self.tell(format!("A {kind} that the browser has kept cannot be read here."), Tone::Warning);
            }
        }
        let mut view = self.peek(|state| state.view.clone());
        let asked = join(columns.items().to_vec(), &mut view.analysis.own_columns);
        join_sets(&mut view, sets.items().to_vec());
        inner.kept_columns.replace(columns);
        inner.kept_sets.replace(sets);
        self.offered.set(asked);
        self.history.update(|history| history.amend(view));
    }

    /// Lets the browser keep the own columns and the cell sets as they are now.
    pub(super) fn keep(self, view: &ViewSpec) {
        let Some(inner) = self.inner() else { return };
        let columns = inner.kept_columns.borrow_mut().keep(&*inner.host, &view.analysis.own_columns);
        self.tell_kept(OwnColumn::KIND, "save your columns as CSV before you leave this page", &columns);
        let sets = inner.kept_sets.borrow_mut().keep(&*inner.host, &view.analysis.cell_sets);
        self.tell_kept(CellSet::KIND, "save the cells of those that matter before you leave this page", &sets);
    }

    fn tell_kept(self, kind: &str, way_out: &str, outcome: &Outcome) {
        let why = match outcome.refused {
            None => None,
            Some(KeepRefused::NoStorage) => Some(format!("The browser keeps nothing of this page, so no {kind}")),
            Some(KeepRefused::NoRoom) => Some(format!("The browser has no room to keep each {kind} of yours")),
        };
        if let Some(why) = why {
            self.tell(format!("{why}: {way_out}."), Tone::Warning);
        }
        for (name, free) in &outcome.spared {
            let told = format!(
                "Another window has changed the {kind} “{name}”, too: what it made of it is “{free}” when the page is \
                 opened anew."
            );
            self.tell(told, Tone::Warning);
        }
    }

    /// Does something once the rows of the cells are there.
    fn with_rows(self, act: impl FnOnce(Self) + 'static) {
        let Some(access) = self.access() else { return };
        self.spawn(async move {
            match access.rows().await {
                Ok(_) => act(self),
                Err(error) => self.tell(format!("The rows of the cells: {error}"), Tone::Error),
            }
        });
    }

    /// The ids of the cells in the order of the input's rows; `None` where there are none, which is told.
    async fn ids(self, access: &DataAccess) -> Option<Vec<String>> {
        match access.ids_by_row().await {
            Ok(Some(ids)) => Some(ids),
            Ok(None) => {
                self.tell("The dataset has no ids of cells, by which a file could name them.".to_owned(), Tone::Error);
                None
            }
            Err(error) => {
                self.tell(format!("The ids of the cells: {error}"), Tone::Error);
                None
            }
        }
    }
}

impl DataAccess {
    /// The ids of the cells in the order of the input's rows; `None` where the dataset has none.
    async fn ids_by_row(&self) -> Result<Option<Vec<String>>, FetchError> {
        let rows = self.rows().await?;
        let ids = self.dataset.cell_ids().await?;
        Ok((!ids.is_empty()).then(|| rows.by_row(ids.into_iter().map(Option::unwrap_or_default))))
    }
}

/// Puts the columns that there are before others; returns those of the others whose names are taken.
fn join(present: Vec<OwnColumn>, others: &mut Vec<OwnColumn>) -> Vec<OwnColumn> {
    let (free, asked) = sort_columns(&present, std::mem::take(others));
    let is_new = |column: &OwnColumn| !present.contains(column);
    let new: Vec<OwnColumn> = free.into_iter().filter(is_new).collect();
    *others = present.into_iter().chain(new).collect();
    asked
}
