//! What the pointer is over: a cell's tooltip, and data that a press would ask for.

use explorer_core::{
    data::{CellIdx, CellRow},
    session::{MISSING_LABEL, Session},
    state::{Action, DataKey, GeneKey, Hover},
};
use futures_util::future::{AbortHandle, Abortable};
use leptos::prelude::*;
use shared_fbs::manifest::ColumnKind;

use super::{Store, access::DataAccess};
use crate::{fetch::FetchError, platform};

/// How long the pointer rests on something before it is fetched: less than a press takes to follow,
/// more than a pointer on its way elsewhere stays.
const REST_MILLIS: u32 = 80;

/// Data that a press of what the pointer is over would ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pointed {
    /// A gene's expression.
    Gene(GeneKey),
    /// A column of `obs`.
    Column(String),
}

impl Store {
    /// The pointer is over something, or, with `None`, over nothing any more: what a press would ask
    /// for is fetched meanwhile, when there is nothing more urgent, as long as the pointer stays.
    pub fn point_at(self, pointed: Option<Pointed>) {
        let Some(inner) = self.inner() else { return };
        if let Some(before) = inner.prefetch.take() {
            before.abort();
        }
        let is_asked = |pointed: &Pointed| {
            let key = match pointed {
                Pointed::Gene(gene) => DataKey::Gene(gene.clone()),
                Pointed::Column(name) => DataKey::Column(name.clone()),
            };
            self.with_opened(|opened| opened.session.loaded().slot(&key).is_some())
        };
        let Some(pointed) = pointed.filter(|pointed| is_asked(pointed) == Some(false)) else { return };
        let Some(access) = self.access() else { return };
        let (handle, registration) = AbortHandle::new_pair();
        inner.prefetch.set(Some(handle));
        let task = async move {
            platform::sleep(REST_MILLIS).await;
            // What fails here is asked for again by the press, which tells.
            let _ = access.prefetch(&pointed).await;
        };
        self.spawn(async move {
            // Aborted when the pointer leaves.
            let _ = Abortable::new(task, registration).await;
        });
    }

    /// The pointer is over something of the picture, or, with `None`, over nothing.
    pub fn hover(self, hover: Option<Hover>) {
        if let Some(inner) = self.inner() {
            inner.pointed_cell.set(None);
        }
        if self.peek(|state| state.transient.hover != hover) {
            self.dispatch(Action::Hover(hover));
        }
    }

    /// The pointer is over a cell of the picture. The state names it by its row in the input, once that is read.
    pub fn hover_cell(self, cell: CellIdx) {
        let Some(inner) = self.inner() else { return };
        let is_known = inner.pointed_cell.get().is_some_and(|pointed| pointed.cell == cell);
        let Some(dataset) = self.with_opened(|opened| opened.dataset.clone()).filter(|_| !is_known) else { return };
        inner.pointed_cell.set(Some(PointedCell { cell, row: None }));
        self.spawn(async move {
            // A cell whose row cannot be read has no tooltip; the tile says why wherever else it is needed.
            let Ok(row) = dataset.row(cell).await else { return };
            if inner.pointed_cell.get().is_some_and(|pointed| pointed.cell == cell) {
                inner.pointed_cell.set(Some(PointedCell { cell, row: Some(row) }));
                self.dispatch(Action::Hover(Some(Hover::Cell(row))));
            }
        });
    }

    /// Looks up what the tooltip says of the cell under the pointer.
    pub(super) fn follow_hover(self) {
        let hovered = self.peek(|state| match &state.transient.hover {
            Some(Hover::Cell(row)) => Some(*row),
            Some(Hover::Label { .. }) | None => None,
        });
        let shown = self.tip.with_untracked(|tip| tip.as_ref().map(|tip| tip.row));
        match hovered {
            None if shown.is_some() => self.tip.set(None),
            Some(row) if shown != Some(row) => {
                let Some(access) = self.access() else { return };
                let card = self.peek(|state| state.transient.card.clone());
                let column = self.peek(|state| {
                    let rounded = |session: &Session| session.rounded_column(&state.view.analysis).map(str::to_owned);
                    self.with_session(rounded).flatten()
                });
                self.spawn(async move {
                    let Ok(tip) = access.tip_of(row, column, &card).await else { return };
                    let is_there = self.peek(|state| state.transient.hover == Some(Hover::Cell(row)));
                    if is_there {
                        self.tip.set(tip);
                    }
                });
            }
            _ => {}
        }
    }
}

/// A cell of the picture that the pointer is over.
#[derive(Clone, Copy)]
pub(super) struct PointedCell {
    cell: CellIdx,
    /// Its row, once that is read.
    row: Option<CellRow>,
}

/// What is known of the cell under the pointer.
#[derive(Clone, Debug, PartialEq)]
pub struct HoveredCell {
    /// Its row in the input.
    pub row: CellRow,
    /// Its place in storage order.
    pub cell: CellIdx,
    /// Its id, or, where that cannot be loaded, its row.
    pub title: String,
    /// Its number as in the file, of the column whose numbers are rounded in the page; with that column.
    pub exact: Option<(String, String)>,
    /// Columns on the card that the dataset has, and its values in them.
    pub card: Vec<(String, String)>,
}

impl DataAccess {
    /// What the tooltip says of the cell of a row, with its number in a column, and its values in those on the card; `None`
    /// where there is no such row.
    async fn tip_of(
        &self,
        row: CellRow,
        column: Option<String>,
        card: &[String],
    ) -> Result<Option<HoveredCell>, FetchError> {
        let pointed = self.inner.pointed_cell.get().filter(|pointed| pointed.row == Some(row));
        let cell = match pointed {
            Some(pointed) => Some(pointed.cell),
            None => self.rows().await?.cell_of(row),
        };
        let Some(cell) = cell else { return Ok(None) };
        let id = self.dataset.cell_id(cell).await.ok().flatten();
        let title = id.unwrap_or_else(|| format!("cell {}", row.0));
        let exact = match column {
            // What cannot be loaded is left out; that the column is broken is told where it is painted.
            Some(column) => self.number_text(&column, cell).await.map(|value| (column, value)),
            None => None,
        };
        let mut values = Vec::with_capacity(card.len());
        for name in card {
            // As above.
            if let Some(value) = self.value_on_card(name, cell).await {
                values.push((name.clone(), value));
            }
        }
        Ok(Some(HoveredCell { row, cell, title, exact, card: values }))
    }

    /// The value of a cell in a column; `None` where the dataset has no such column, or it cannot be loaded.
    async fn value_on_card(&self, name: &str, cell: CellIdx) -> Option<String> {
        let kind = self.read(|session| session.columns().get(name).map(|column| column.kind)).flatten()?;
        if kind == ColumnKind::Continuous {
            return self.number_text(name, cell).await;
        }
        self.column(name).await.ok()?;
        self.read(|session| session.label_of(name, cell)).flatten()
    }

    /// A number as it is in the file.
    async fn number_text(&self, column: &str, cell: CellIdx) -> Option<String> {
        let number = self.dataset.number(column, cell).await.ok()?;
        Some(number.map_or_else(|| MISSING_LABEL.to_owned(), |number| number.to_string()))
    }

    async fn prefetch(&self, pointed: &Pointed) -> Result<(), FetchError> {
        match pointed {
            Pointed::Gene(key) => {
                let (layer, gene) = self.find_gene(key).await?;
                self.dataset.prefetch_gene(layer, gene).await
            }
            Pointed::Column(name) => self.dataset.prefetch_column(name).await,
        }
    }
}
