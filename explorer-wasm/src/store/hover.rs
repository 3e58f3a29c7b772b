//! What the pointer is over: a cell's tooltip, and data that a press would ask for.

use explorer_core::{
    data::CellIdx,
    state::{DataKey, GeneKey, Hover},
};
use futures_util::future::{AbortHandle, Abortable};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

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
        spawn_local(async move {
            // Aborted when the pointer leaves.
            let _ = Abortable::new(task, registration).await;
        });
    }

    /// Looks up what the tooltip says of the cell under the pointer.
    pub(super) fn follow_hover(self) {
        let hovered = self.peek(|state| match &state.transient.hover {
            Some(Hover::Cell(cell)) => Some(*cell),
            Some(Hover::Label { .. }) | None => None,
        });
        let shown = self.tip.with_untracked(|tip| tip.as_ref().map(|(cell, _)| *cell));
        match hovered {
            None if shown.is_some() => self.tip.set(None),
            Some(cell) if shown != Some(cell) => {
                let Some(dataset) = self.with_opened(|opened| opened.dataset.clone()) else { return };
                spawn_local(async move {
                    let id = dataset.cell_id(cell).await;
                    let is_there = self.peek(|state| state.transient.hover == Some(Hover::Cell(cell)));
                    if is_there {
                        self.tip.set(Some((cell, tip_title(cell, id))));
                    }
                });
            }
            _ => {}
        }
    }
}

impl DataAccess {
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

/// What a tooltip calls a cell: its id, or, where that cannot be loaded, its number.
fn tip_title(cell: CellIdx, id: Result<Option<String>, FetchError>) -> String {
    id.ok().flatten().unwrap_or_else(|| format!("cell {}", cell.0))
}
