//! Positions: the embedding shown, from coarse to fine and what is in view first, and those that
//! outlines are drawn in.

use explorer_core::data::Embedding;
use futures_util::stream::{FuturesOrdered, StreamExt};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{
    Placing, Slot, Store,
    session::Session,
    sight::{Queue, Sight, Sketch},
};
use crate::{
    bridge::Window,
    fetch::{Dataset, FetchError},
    platform,
};

/// Steps asked for ahead of the one that is placed.
const STEPS_AHEAD: usize = 4;

impl Store {
    /// Notes what the picture shows of the embedding; it is loaded first.
    pub fn look_at(self, window: Option<Window>) {
        self.inner.try_with_value(|inner| inner.window.set(window));
    }

    /// What the picture shows of the embedding, where that is not all of it.
    pub(super) fn window(self) -> Option<Window> {
        let is_part = self.peek(|state| state.view.camera.is_some());
        is_part.then(|| self.inner.try_with_value(|inner| inner.window.get()).flatten()).flatten()
    }

    /// Loads the embedding to be shown and hands it to the picture as it comes.
    pub(super) fn show_embedding(self, dataset: Dataset, index: usize) {
        spawn_local(async move {
            let Some(entry) = dataset.manifest().embeddings.get(index) else { return };
            let key = entry.key.clone();
            let nowhere = Embedding::nowhere(dataset.n_obs(), Dataset::frame(entry));
            let turn = self.with_session(|session| session.turn).unwrap_or_default();
            let is_shown = move |session: &Session| session.turn == turn;
            match self.place_embedding(&dataset, index, nowhere, is_shown).await {
                Ok(Some(embedding)) => {
                    self.arrive("", Ok(embedding), |session, slot| drop(session.loaded.embeddings.insert(key, slot)));
                }
                // Another embedding is shown by now, or this one anew.
                Ok(None) => {
                    self.with_session_mut(|session| {
                        if session.shown != Some(index) {
                            session.loaded.embeddings.remove(&key);
                        }
                    });
                }
                Err(error) => {
                    self.arrive::<Embedding>(&format!("Embedding {key}"), Err(error), |session, slot| {
                        session.shown = None;
                        drop(session.loaded.embeddings.insert(key, slot));
                    });
                }
            }
        });
    }

    async fn place_embedding(
        self,
        dataset: &Dataset,
        index: usize,
        mut embedding: Embedding,
        is_shown: impl Fn(&Session) -> bool,
    ) -> Result<Option<Embedding>, FetchError> {
        let tiles = dataset.point_tiles();
        let mut queue = Queue::new(tiles);
        let mut sketch = Sketch::default();
        let mut under_way = FuturesOrdered::new();
        loop {
            while under_way.len() < STEPS_AHEAD
                && let Some(step) = queue.next(self.sight(&sketch, queue.has_sample()))
            {
                under_way.push_back(async move {
                    let points = dataset.points(index, &step).await;
                    (step, points)
                });
            }
            let Some((step, points)) = under_way.next().await else { break };
            for (tile, points) in step.into_iter().zip(points?) {
                let cells = &tiles[tile];
                dataset.place(&mut embedding, index, tile, &points)?;
                if cells.level == 0 {
                    sketch.add(cells, &points);
                }
                let is_drawable = queue.placed(tile, self.sight(&sketch, queue.has_sample()));
                let is_shown = self.with_session_mut(|session| {
                    let is_shown = is_shown(session);
                    if is_shown {
                        session.scene.place(cells, &points);
                        if cells.level == 0 {
                            session.sketch.add(cells, &points);
                        }
                        if is_drawable {
                            session.scene.level_is_drawable(&cells.ranks);
                        }
                    }
                    is_shown
                });
                if is_shown != Some(true) {
                    return Ok(None);
                }
                platform::breathe().await;
            }
            self.note_placing();
        }
        self.note_placing();
        Ok(Some(embedding))
    }

    /// What is known of the places of tiles, given the sample of cells that has come so far.
    fn sight(self, sketch: &Sketch, is_whole: bool) -> Sight<'_> {
        let is_part = self.peek(|state| state.view.camera.is_some());
        match self.window() {
            Some(window) if is_whole => Sight::Part(sketch, window),
            _ if is_part && !is_whole => Sight::Blind,
            _ => Sight::Whole,
        }
    }

    fn note_placing(self) {
        let placing = self
            .with_session(|session| Placing { n_placed: session.scene.n_placed(), n_points: session.scene.n_points() });
        if let Some(placing) = placing {
            self.placing.set(placing);
            self.painted.update(|count| *count += 1);
        }
    }

    /// Loads an embedding that is not shown, but has outlines drawn in it.
    pub(super) fn load_embedding(self, dataset: Dataset, key: String) {
        spawn_local(async move {
            let embedding = read_embedding(&dataset, &key).await;
            self.arrive(&format!("Embedding {key}"), embedding, |session, slot| {
                drop(session.loaded.embeddings.insert(key, slot));
            });
        });
    }
}

impl Session {
    /// Turns the scene to an embedding; its index when its tiles are to be loaded.
    pub(super) fn start_showing(&mut self, key: Option<&str>) -> Option<usize> {
        let (index, entry) = self.dataset.embedding_to_show(key)?;
        if self.shown == Some(index) {
            return None;
        }
        let key = entry.key.clone();
        match self.loaded.embeddings.get(&key) {
            Some(Slot::Failed(_)) => return None,
            Some(Slot::Ready(embedding)) => {
                self.scene.forget_positions();
                self.scene.place_all(embedding);
                self.sketch = Sketch::of(embedding, self.dataset.point_tiles());
                self.shown = Some(index);
                self.turn += 1;
                self.needs_paint = true;
                return None;
            }
            _ => {}
        }
        self.shown = Some(index);
        self.turn += 1;
        self.sketch = Sketch::default();
        self.scene.forget_positions();
        self.loaded.embeddings.insert(key, Slot::Loading);
        Some(index)
    }

    /// Whether the picture has all of its embedding, or there is none.
    pub(super) fn is_placed(&self) -> bool {
        self.scene.n_placed() == self.scene.n_points() || self.dataset.embedding(None).is_none()
    }
}

/// An embedding, all cells of it.
pub(super) async fn read_embedding(dataset: &Dataset, key: &str) -> Result<Embedding, FetchError> {
    let unknown = || FetchError::Unknown { kind: "embedding", name: key.to_owned() };
    let (index, _) = dataset.embedding(Some(key)).ok_or_else(unknown)?;
    dataset.positions(index).await
}
