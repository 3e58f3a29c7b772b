//! What components read: parts of the state, of the data and of the picture, as signals that change
//! when their part does.

use explorer_core::{
    data::CellIdx,
    state::{AppState, Comparison},
};
use leptos::prelude::*;
use shared_fbs::manifest::{Embedding, Manifest};

use super::{Colors, CompareStatus, Message, Phase, Placing, Session, Standing, Store};
use crate::bridge::Plane;

impl Store {
    /// A part of the state, as a signal that changes when the part does.
    pub fn part<T: PartialEq + Send + Sync + 'static>(
        self,
        part: impl Fn(&AppState) -> T + Send + Sync + 'static,
    ) -> Memo<T> {
        Memo::new(move |_| self.history.with(|history| part(history.present())))
    }

    /// Reads the state once.
    pub fn peek<T>(self, read: impl FnOnce(&AppState) -> T) -> T {
        self.history.with_untracked(|history| read(history.present()))
    }

    /// Whether there are steps to undo, and to redo.
    pub fn can_undo_redo(self) -> Memo<(bool, bool)> {
        Memo::new(move |_| self.history.with(|history| (history.can_undo(), history.can_redo())))
    }

    /// How the dataset stands.
    pub fn phase(self) -> Signal<Phase> {
        self.phase.into()
    }

    /// How far the picture is.
    pub fn placing(self) -> Signal<Placing> {
        self.placing.into()
    }

    /// Counts changes of what the picture shows.
    pub fn painted(self) -> Signal<u32> {
        self.painted.into()
    }

    /// What to tell the user.
    pub fn messages(self) -> Signal<Vec<Message>> {
        self.messages.into()
    }

    /// How the comparison that is open stands.
    pub fn comparing(self) -> Signal<CompareStatus> {
        self.comparing.into()
    }

    /// The cell under the pointer and its id.
    pub fn tip(self) -> Signal<Option<(CellIdx, String)>> {
        self.tip.into()
    }

    /// A value of what is loaded, computed anew whenever data arrive. `None` before the dataset is
    /// open.
    pub fn loaded<T: PartialEq + Send + Sync + 'static>(
        self,
        read: impl Fn(&Session) -> T + Send + Sync + 'static,
    ) -> Memo<Option<T>> {
        Memo::new(move |_| {
            self.arrived.track();
            self.phase.track();
            self.with_session(&read)
        })
    }

    /// The same within a memo of the caller's.
    pub fn read_loaded<T>(self, read: impl FnOnce(&Session) -> T) -> Option<T> {
        self.arrived.track();
        self.phase.track();
        self.with_session(read)
    }

    /// Reads the manifest once.
    pub fn with_manifest<T>(self, read: impl FnOnce(&Manifest) -> T) -> Option<T> {
        self.with_session(|session| read(session.dataset.manifest()))
    }

    /// The key of the embedding that is shown.
    pub fn embedding_key(self) -> Option<String> {
        let key = self.peek(|state| state.view.analysis.embedding.clone());
        let read = |(_, found): (usize, &Embedding)| found.key.clone();
        self.with_session(|session| session.dataset.embedding_to_show(key.as_deref()).map(read)).flatten()
    }

    /// How the state names a layer: not at all when it is the default.
    pub fn layer_key(self, name: &str) -> Option<String> {
        let is_default =
            self.with_session(|session| session.dataset.layer(None).is_ok_and(|(_, layer)| layer.name == name));
        (is_default != Some(true)).then(|| name.to_owned())
    }

    /// The name of a layer that the state names; empty before the dataset is open.
    pub fn layer_name(self, key: Option<&str>) -> String {
        match key {
            Some(name) => name.to_owned(),
            None => self
                .with_session(|session| session.dataset.layer(None).map(|(_, layer)| layer.name.clone()))
                .and_then(Result::ok)
                .unwrap_or_default(),
        }
    }

    /// Whether the layer that genes are listed in has a gene.
    pub fn has_gene(self, name: &str) -> bool {
        let layer = self.peek(|state| state.view.analysis.layer.clone());
        let table = self.with_session(|session| session.gene_table(layer.as_deref())).flatten();
        table.is_some_and(|table| table.find(name).is_some())
    }

    /// The code of a label.
    pub fn label_code(self, column: &str, label: &str) -> Option<u32> {
        let code = self.with_session(|session| {
            let categories = session.categories(column)?;
            categories.labels.iter().position(|known| known == label)
        });
        u32::try_from(code??).ok()
    }

    /// What a cell's value is in what colours the cells.
    pub fn value_of(self, cell: CellIdx) -> Option<String> {
        self.peek(|state| self.with_session(|session| session.value_of(&state.view.analysis, cell)).flatten())
    }

    /// A value of the filter, computed anew whenever what is selected changes or data arrive.
    /// `None` before the dataset is open.
    pub fn counted<T: PartialEq + Send + Sync + 'static>(
        self,
        read: impl Fn(&mut Session) -> T + Send + Sync + 'static,
    ) -> Memo<Option<T>> {
        Memo::new(move |_| {
            self.filtered.track();
            self.arrived.track();
            self.phase.track();
            self.with_session_mut(&read)
        })
    }

    /// How cells are coloured.
    pub fn colors(self) -> Memo<Colors> {
        Memo::new(move |_| {
            self.painted.track();
            self.with_session(|session| session.colors().clone()).unwrap_or_default()
        })
    }

    /// Whether the colours are those that were asked for.
    pub fn color_standing(self) -> Memo<Standing> {
        Memo::new(move |_| {
            self.painted.track();
            self.with_session(|session| session.painter.standing()).unwrap_or_default()
        })
    }

    /// Cells selected, in view, and in all.
    pub fn numbers(self) -> Memo<(u64, u64, u64)> {
        let numbers = self.counted(|session| session.numbers());
        Memo::new(move |_| numbers.get().unwrap_or_default())
    }

    /// The embedding shown, as the camera needs to know it.
    pub fn plane(self) -> Memo<Option<Plane>> {
        let key = self.part(|state| state.view.analysis.embedding.clone());
        Memo::new(move |_| {
            self.phase.track();
            let key = key.get();
            let read = |(_, found): (usize, &Embedding)| Plane::new(found);
            self.with_session(|session| session.dataset.embedding_to_show(key.as_deref()).map(read)).flatten()
        })
    }

    /// The comparison that is open.
    pub fn shown_comparison(self) -> Memo<Option<Comparison>> {
        self.part(|state| state.view.panels.comparison.clone())
    }
}
