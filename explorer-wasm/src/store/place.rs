//! Positions: the embedding shown, from coarse to fine and what is in view first, and those that
//! outlines are drawn in.

use explorer_core::{
    data::Embedding,
    dataset::{frame, space},
    session::{PositionSample, Session, TileQueue, Visibility, Window},
    state::DataKey,
};
use futures_util::stream::{FuturesOrdered, StreamExt};
use leptos::prelude::*;

use super::{Placing, Store};
use crate::{
    fetch::{Dataset, FetchError},
    platform,
};

/// Steps asked for ahead of the one that is placed.
const STEPS_AHEAD: usize = 4;

impl Store {
    /// Notes what the picture shows of the embedding; it is loaded first.
    pub fn look_at(self, window: Option<Window>) {
        if let Some(inner) = self.inner() {
            inner.window.set(window);
        }
    }

    /// What the picture shows of the embedding, where that is not all of it.
    pub(super) fn window(self) -> Option<Window> {
        let is_part = self.peek(|state| state.view.panels.first().camera.is_some());
        self.inner().filter(|_| is_part)?.window.get()
    }

    /// Loads the embedding to be shown and hands it to the picture as it comes.
    pub(super) fn show_embedding(self, index: usize) {
        let shown = self.with_opened(|opened| (opened.dataset.clone(), opened.session.turn()));
        let Some((dataset, turn)) = shown else { return };
        self.spawn(async move {
            let Some(entry) = dataset.manifest().embeddings.get(index) else { return };
            let key = DataKey::Embedding(entry.key.clone());
            let nowhere = Embedding::nowhere(dataset.n_obs(), frame(entry), space(entry));
            let is_shown = move |session: &Session| session.turn() == turn;
            match self.place_embedding(&dataset, index, nowhere, is_shown).await {
                Ok(Some(embedding)) => self.arrive(key, Ok(embedding.into())),
                // Another embedding is shown by now, or this one anew.
                Ok(None) => {
                    self.with_opened_mut(|opened| opened.session.give_up(index));
                    // Another panel may show it.
                    self.settle();
                }
                Err(error) => {
                    self.with_opened_mut(|opened| opened.session.stop_showing());
                    self.arrive(key, Err(error));
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
        let mut queue = TileQueue::new(tiles);
        let mut sample = PositionSample::default();
        let mut under_way = FuturesOrdered::new();
        loop {
            while under_way.len() < STEPS_AHEAD
                && let Some(step) = queue.next(self.visibility(&sample, queue.has_sample()))
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
                    sample.add(cells, &points);
                }
                let mut is_first = false;
                let is_drawable = queue.placed(tile, self.visibility(&sample, queue.has_sample()));
                let is_shown = self.with_opened_mut(|opened| {
                    let is_shown = is_shown(&opened.session);
                    if is_shown {
                        is_first = opened.session.draw();
                        if is_first {
                            let space = embedding.depth.as_ref().map(|depth| depth.space);
                            opened.first_mut().forget_positions(space);
                        }
                        opened.first_mut().place(cells, &points);
                        opened.session.place(cells, &points);
                        if is_drawable {
                            opened.first_mut().level_is_drawable(&cells.ranks);
                        }
                        if opened.first().n_placed() == opened.first().n_points() {
                            opened.session.placed();
                        }
                    }
                    is_shown
                });
                if is_shown != Some(true) {
                    return Ok(None);
                }
                if is_first {
                    self.note_placing();
                }
                platform::breathe().await;
            }
            self.note_placing();
        }
        self.note_placing();
        Ok(Some(embedding))
    }

    /// What is known of the places of tiles, given the sample of cells that has come so far.
    fn visibility(self, sample: &PositionSample, is_whole: bool) -> Visibility<'_> {
        let is_part = self.peek(|state| state.view.panels.first().camera.is_some());
        match self.window() {
            Some(window) if is_whole => Visibility::Part(sample, window),
            _ if is_part && !is_whole => Visibility::Unknown,
            _ => Visibility::Whole,
        }
    }

    pub(super) fn note_placing(self) {
        let placing = self.with_opened(|opened| {
            let scene = opened.first();
            Placing { n_placed: scene.n_placed(), n_points: scene.n_points() }
        });
        if let Some(placing) = placing {
            self.placing.set(placing);
            self.painted.update(|count| *count += 1);
        }
    }
}
