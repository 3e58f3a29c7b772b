//! Positions: the embedding shown, from coarse to fine and what is in view first, and those that
//! outlines are drawn in.

use explorer_core::{
    data::Embedding,
    dataset::{frame, space},
    session::{PositionSample, TileQueue, Visibility, Window},
    state::DataKey,
};
use futures_util::stream::{FuturesOrdered, StreamExt};
use leptos::prelude::*;
use shared_fbs::manifest::Embedding as EmbeddingEntry;

use super::{
    Placing, Store,
    opened::{ArrivingTile, Opened},
};
use crate::{
    fetch::{Dataset, FetchError},
    platform,
};

/// Steps asked for ahead of the one that is placed.
const STEPS_AHEAD: usize = 4;

/// Which panels an embedding is loaded for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filled {
    /// The first, as long as this is its turn, and others that show the same.
    AsOfTurn(u32),
    /// Those after the first.
    Others,
}

/// What a tile was to the panel that it was loaded for.
enum Taken {
    /// The first of its embedding.
    First,
    /// Another one.
    Further,
}

impl Filled {
    /// Hands a tile to the panels; `None` once the first panel shows something else than it was loaded for.
    fn take(self, opened: &mut Opened, key: &str, tile: &ArrivingTile<'_>) -> Option<Taken> {
        opened.fill(key, tile);
        match self {
            Self::Others => Some(Taken::Further),
            Self::AsOfTurn(turn) if opened.session.turn() == turn => {
                Some(if opened.fill_first(tile) { Taken::First } else { Taken::Further })
            }
            Self::AsOfTurn(_) => None,
        }
    }
}

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

    /// Loads the embedding that the first panel is to show and hands it to the picture as it comes.
    pub(super) fn show_embedding(self, index: usize) {
        let turn = self.with_opened(|opened| opened.session.turn());
        if let Some(turn) = turn {
            self.fill_panels(index, Filled::AsOfTurn(turn));
        }
    }

    /// Loads an embedding and hands it to the pictures of the panels that show it, as it comes.
    pub(super) fn fill_panels(self, index: usize, filled: Filled) {
        let Some(dataset) = self.with_opened(|opened| opened.dataset.clone()) else { return };
        self.spawn(async move {
            let Some(entry) = dataset.manifest().embeddings.get(index) else { return };
            let key = DataKey::Embedding(entry.key.clone());
            match self.place_embedding(&dataset, index, entry, filled).await {
                Ok(Some(embedding)) => self.arrive(key, Ok(embedding.into())),
                // The first panel shows another embedding by now, or this one anew.
                Ok(None) => {
                    self.with_opened_mut(|opened| opened.session.give_up(index));
                    // Another panel may show it.
                    self.settle();
                }
                Err(error) => {
                    if matches!(filled, Filled::AsOfTurn(_)) {
                        self.with_opened_mut(|opened| opened.session.stop_showing());
                    }
                    self.arrive(key, Err(error));
                }
            }
        });
    }

    async fn place_embedding(
        self,
        dataset: &Dataset,
        index: usize,
        entry: &EmbeddingEntry,
        filled: Filled,
    ) -> Result<Option<Embedding>, FetchError> {
        let mut embedding = Embedding::nowhere(dataset.n_obs(), frame(entry), space(entry));
        let space = embedding.depth.as_ref().map(|depth| depth.space);
        let view = self.peek(|state| state.view.clone());
        self.with_opened_mut(|opened| opened.begin_filling(&view, &entry.key, space));
        let tiles = dataset.point_tiles();
        let mut queue = TileQueue::new(tiles);
        let mut sample = PositionSample::default();
        let mut under_way = FuturesOrdered::new();
        loop {
            while under_way.len() < STEPS_AHEAD
                && let Some(step) = queue.next(self.visibility(filled, &sample, queue.has_sample()))
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
                let is_drawable = queue.placed(tile, self.visibility(filled, &sample, queue.has_sample()));
                let drawable = is_drawable.then(|| cells.ranks.clone());
                let arriving = ArrivingTile { cells, points: &points, space, drawable };
                let shown = self.with_opened_mut(|opened| filled.take(opened, &entry.key, &arriving));
                match shown.flatten() {
                    None => return Ok(None),
                    Some(Taken::First) => self.note_placing(),
                    Some(Taken::Further) => {}
                }
                platform::breathe().await;
            }
            self.note_placing();
        }
        self.note_placing();
        Ok(Some(embedding))
    }

    /// What is known of the places of tiles, given the sample of cells that has come so far.
    fn visibility(self, filled: Filled, sample: &PositionSample, is_whole: bool) -> Visibility<'_> {
        if filled == Filled::Others {
            return Visibility::Whole;
        }
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
