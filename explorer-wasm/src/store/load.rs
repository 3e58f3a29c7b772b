//! Loading what the view needs: the picture first, from coarse to fine, then what stands beside it.

use std::ops::Range;

use explorer_core::{
    data::{CellIdx, Column, Embedding},
    state::{AppState, ColorBy, GeneKey, GeneMean, History, Hover, ViewSpec},
};
use futures_util::stream::{self, StreamExt};
use leptos::prelude::*;
use shared_fbs::manifest::ColumnKind;
use wasm_bindgen_futures::spawn_local;

use super::{GeneTable, Phase, Placing, Slot, Store, link, session::Session};
use crate::{
    fetch::{Dataset, FetchError, Fetcher, Limits, Priority, Source},
    platform,
    worker::Pool,
};

/// What the page may take; workers fetch for themselves.
const LIMITS: Limits = Limits { requests: 6, cache_bytes: 192 << 20 };

/// Tiles of positions that are asked for together.
const TILES_PER_STEP: usize = 8;

/// Values of continuous columns that are loaded unasked for their histograms: 256 MB of them.
const MOST_VALUES: usize = 64 << 20;

/// Steps asked for ahead of the one that is placed.
const STEPS_AHEAD: usize = 3;

impl Store {
    /// Opens the dataset, then loads what the state needs.
    pub fn open(self) {
        self.phase.set(Phase::Opening);
        let Some((address, root)) = self.inner.try_with_value(|inner| (inner.address.clone(), inner.root.clone()))
        else {
            return;
        };
        spawn_local(async move {
            let fetcher = Fetcher::new(Source::new(&address, &root), LIMITS);
            match Dataset::open(fetcher).await {
                Ok(dataset) => {
                    let main_label = dataset.manifest().main_label.clone();
                    let session = Session::new(dataset, Pool::new(address, root));
                    self.inner.try_with_value(|inner| inner.session.replace(Some(session)));
                    self.phase.set(Phase::Ready);
                    if let Some(column) = main_label
                        && !link::has_link()
                    {
                        self.begin_with_color(column);
                    }
                    self.settle();
                }
                Err(error) => self.phase.set(Phase::Failed(error)),
            }
        });
    }

    /// Colours the first view of a dataset by its main label: what everybody does first. It is where
    /// history begins, not a step in it.
    fn begin_with_color(self, column: String) {
        let mut state = self.peek(AppState::clone);
        if state.view.analysis.color == ColorBy::None {
            state.view.panels.expanded.insert(column.clone());
            state.view.analysis.color = ColorBy::Obs(column);
            self.history.set(History::new(state));
        }
    }

    /// Asks for what the view needs and is not yet there nor on its way.
    pub(super) fn load_needs(self, view: &ViewSpec) {
        let mut needs = view.needs();
        let tasks = self.with_session_mut(|session| {
            let show = session.start_showing(view.analysis.embedding.as_deref());
            let mut tasks = Tasks { show, ..Tasks::default() };
            needs.columns.extend(session.histograms_to_load());
            for embedding in needs.embeddings.into_iter().flatten() {
                if session.is_to_load_embedding(&embedding) {
                    session.loaded.embeddings.insert(embedding.clone(), Slot::Loading);
                    tasks.embeddings.push(embedding);
                }
            }
            for name in needs.columns {
                if !session.loaded.columns.contains_key(&name) {
                    session.loaded.columns.insert(name.clone(), Slot::Loading);
                    tasks.columns.push(name);
                }
            }
            let categorical: Vec<String> = session
                .dataset
                .manifest()
                .columns
                .iter()
                .filter(|column| column.kind == ColumnKind::Categorical && !column.hidden)
                .map(|column| column.name.clone())
                .collect();
            for name in categorical.into_iter().chain(tasks.columns.iter().cloned()) {
                let is_there = session.loaded.categories.contains_key(&name);
                let column = session.dataset.manifest().column(&name);
                if !is_there && column.is_some_and(|column| column.kind == ColumnKind::Categorical) {
                    session.loaded.categories.insert(name.clone(), Slot::Loading);
                    tasks.categories.push(name);
                }
            }
            let layers = [None, view.analysis.layer.clone()];
            for mean in needs.means {
                if !session.loaded.means.contains_key(&mean) {
                    session.loaded.means.insert(mean.clone(), Slot::Loading);
                    tasks.means.push(mean);
                }
            }
            for layer in needs.genes.iter().map(|key| key.layer.clone()).chain(layers) {
                if let Ok((layer, _)) = session.dataset.layer(layer.as_deref())
                    && !session.loaded.tables.contains_key(&layer)
                {
                    session.loaded.tables.insert(layer, Slot::Loading);
                    tasks.tables.push(layer);
                }
            }
            for key in needs.genes {
                // A gene can be found once its table is there; its arrival comes back here.
                if !session.loaded.genes.contains_key(&key) && session.gene_table(key.layer.as_deref()).is_some() {
                    session.loaded.genes.insert(key.clone(), Slot::Loading);
                    tasks.genes.push(key);
                }
            }
            (tasks, session.dataset.clone())
        });
        if let Some((tasks, dataset)) = tasks {
            self.run(tasks, &dataset);
        }
    }

    fn run(self, tasks: Tasks, dataset: &Dataset) {
        if let Some(index) = tasks.show {
            spawn_local(self.show_embedding(dataset.clone(), index));
        }
        for key in tasks.embeddings {
            spawn_local(self.load_embedding(dataset.clone(), key));
        }
        for name in tasks.categories {
            let dataset = dataset.clone();
            spawn_local(async move {
                let categories = dataset.categories(&name).await;
                self.arrive(&format!("Column {name}"), categories, |session, slot| {
                    drop(session.loaded.categories.insert(name, slot));
                });
            });
        }
        for name in tasks.columns {
            let dataset = dataset.clone();
            spawn_local(async move {
                let column: Result<Column, _> = dataset.column(&name, Priority::Soon).await;
                self.arrive(&format!("Column {name}"), column, |session, slot| {
                    drop(session.loaded.columns.insert(name, slot));
                });
            });
        }
        for layer in tasks.tables {
            let dataset = dataset.clone();
            spawn_local(async move {
                let table = dataset.genes(layer).await.map(GeneTable::new);
                self.arrive("The list of genes", table, |session, slot| {
                    drop(session.loaded.tables.insert(layer, slot));
                });
            });
        }
        for mean in tasks.means {
            self.load_mean(dataset.clone(), mean);
        }
        for key in tasks.genes {
            let dataset = dataset.clone();
            spawn_local(async move {
                let gene = self.gene(&dataset, &key).await;
                let gene = gene.map(|gene| gene.to_continuous());
                self.arrive(&format!("Gene {}", key.gene), gene, |session, slot| {
                    drop(session.loaded.genes.insert(key, slot));
                });
            });
        }
    }

    async fn gene(self, dataset: &Dataset, key: &GeneKey) -> Result<explorer_core::data::SparseVec, FetchError> {
        let (layer, _) = dataset.layer(key.layer.as_deref())?;
        let number = self
            .with_session(|session| session.gene_table(key.layer.as_deref()))
            .flatten()
            .and_then(|table| table.find(&key.gene));
        let number = number.ok_or_else(|| FetchError::Unknown { kind: "gene", name: key.gene.clone() })?;
        dataset.gene(layer, number, Priority::Now).await
    }

    /// Keeps what has arrived or failed, and goes on with what waited for it.
    pub(super) fn arrive<T>(self, what: &str, result: Result<T, FetchError>, keep: impl FnOnce(&mut Session, Slot<T>)) {
        match &result {
            Ok(_) | Err(FetchError::Cancelled) => {}
            Err(error @ FetchError::Unknown { .. }) => self.tell(error.to_string(), true, false),
            Err(error) => self.tell(format!("{what}: {error}"), true, true),
        }
        self.with_session_mut(|session| keep(session, result.into()));
        self.arrived.update(|count| *count += 1);
        self.settle();
    }

    /// Loads the embedding to be shown, coarse to fine, and hands it to the picture as it comes.
    async fn show_embedding(self, dataset: Dataset, index: usize) {
        let Some(entry) = dataset.manifest().embeddings.get(index) else { return };
        let key = entry.key.clone();
        let placed = self.place_embedding(&dataset, index, Embedding::nowhere(dataset.n_obs(), Dataset::frame(entry)));
        match placed.await {
            Ok(Some(embedding)) => {
                self.arrive("", Ok(embedding), |session, slot| drop(session.loaded.embeddings.insert(key, slot)));
            }
            // Another embedding is shown by now.
            Ok(None) => drop(self.with_session_mut(|session| session.loaded.embeddings.remove(&key))),
            Err(error) => {
                self.arrive::<Embedding>(&format!("Embedding {key}"), Err(error), |session, slot| {
                    session.shown = None;
                    drop(session.loaded.embeddings.insert(key, slot));
                });
            }
        }
    }

    async fn place_embedding(
        self,
        dataset: &Dataset,
        index: usize,
        mut embedding: Embedding,
    ) -> Result<Option<Embedding>, FetchError> {
        let tiles = dataset.point_tiles();
        let steps = steps(tiles.iter().map(|tile| tile.level));
        let fetched = steps.into_iter().map(|step| async move { (step.clone(), dataset.points(index, step).await) });
        let mut fetched = stream::iter(fetched).buffered(STEPS_AHEAD);
        while let Some((step, points)) = fetched.next().await {
            for (tile, points) in step.clone().zip(points?) {
                let cells = &tiles[tile];
                embedding.place(cells, &points).map_err(|error| {
                    let pack = shared_fbs::TileKey { pack: "points".into(), index: tile as u32 };
                    FetchError::damaged(pack, &error)
                })?;
                let is_shown = self.with_session_mut(|session| {
                    let is_shown = session.shown == Some(index);
                    if is_shown {
                        session.scene.place(cells, &points);
                        let is_last = tiles.get(tile + 1).is_none_or(|next| next.level != cells.level);
                        if is_last {
                            session.scene.level_is_whole(&cells.ranks);
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

    fn note_placing(self) {
        let placing = self
            .with_session(|session| Placing { n_placed: session.scene.n_placed(), n_points: session.scene.n_points() });
        if let Some(placing) = placing {
            self.placing.set(placing);
            self.painted.update(|count| *count += 1);
        }
    }

    /// Loads an embedding that is not shown, but has outlines drawn in it.
    async fn load_embedding(self, dataset: Dataset, key: String) {
        let embedding = read_embedding(&dataset, &key).await;
        self.arrive(&format!("Embedding {key}"), embedding, |session, slot| {
            drop(session.loaded.embeddings.insert(key, slot));
        });
    }

    /// Looks up what the tooltip says of the cell under the pointer.
    pub(super) fn follow_hover(self) {
        let hovered = self.peek(|state| match &state.transient.hover {
            Some(Hover::Cell(cell)) => Some(*cell),
            _ => None,
        });
        let shown = self.tip.with_untracked(|tip| tip.as_ref().map(|(cell, _)| *cell));
        match hovered {
            None if shown.is_some() => self.tip.set(None),
            Some(cell) if shown != Some(cell) => {
                let Some(dataset) = self.with_session(|session| session.dataset.clone()) else { return };
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

/// What a tooltip calls a cell: its id, or, where that is not to be had, its number.
fn tip_title(cell: CellIdx, id: Result<Option<String>, FetchError>) -> String {
    id.ok().flatten().unwrap_or_else(|| format!("cell {}", cell.0))
}

/// What is to be loaded.
#[derive(Default)]
struct Tasks {
    show: Option<usize>,
    embeddings: Vec<String>,
    categories: Vec<String>,
    columns: Vec<String>,
    tables: Vec<usize>,
    genes: Vec<GeneKey>,
    means: Vec<GeneMean>,
}

impl Session {
    /// Turns the scene to an embedding; its index when its tiles are to be loaded.
    fn start_showing(&mut self, key: Option<&str>) -> Option<usize> {
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
                self.shown = Some(index);
                self.needs_paint = true;
                return None;
            }
            _ => {}
        }
        self.shown = Some(index);
        self.scene.forget_positions();
        self.loaded.embeddings.insert(key, Slot::Loading);
        Some(index)
    }

    /// Continuous columns for the histograms beside the picture, once the picture is whole; as many
    /// as fit into memory.
    fn histograms_to_load(&self) -> Vec<String> {
        let is_whole = self.scene.n_placed() == self.scene.n_points() || self.dataset.embedding(None).is_none();
        if !is_whole {
            return Vec::new();
        }
        let columns = self.dataset.manifest().columns.iter();
        columns
            .filter(|column| column.kind == ColumnKind::Continuous && !column.hidden)
            .take(MOST_VALUES / self.loaded.n_obs.max(1))
            .map(|column| column.name.clone())
            .collect()
    }

    /// Whether an embedding was not asked for yet. One that the dataset does not have is asked for
    /// too: that is how the user is told.
    fn is_to_load_embedding(&self, key: &str) -> bool {
        !self.loaded.embeddings.contains_key(key)
    }
}

/// Runs of tiles to ask for together: few at a time, and never of two levels.
fn steps(levels: impl Iterator<Item = usize>) -> Vec<Range<usize>> {
    let mut steps: Vec<(usize, Range<usize>)> = Vec::new();
    for (tile, level) in levels.enumerate() {
        match steps.last_mut() {
            Some((last, step)) if *last == level && step.len() < TILES_PER_STEP => step.end = tile + 1,
            _ => steps.push((level, tile..tile + 1)),
        }
    }
    steps.into_iter().map(|(_, step)| step).collect()
}

/// An embedding, all cells of it.
pub(super) async fn read_embedding(dataset: &Dataset, key: &str) -> Result<Embedding, FetchError> {
    let unknown = || FetchError::Unknown { kind: "embedding", name: key.to_owned() };
    let (index, entry) = dataset.embedding(Some(key)).ok_or_else(unknown)?;
    let mut embedding = Embedding::nowhere(dataset.n_obs(), Dataset::frame(entry));
    for step in steps(dataset.point_tiles().iter().map(|tile| tile.level)) {
        let points = dataset.points(index, step.clone()).await?;
        for (tile, points) in step.zip(points) {
            let placed = embedding.place(&dataset.point_tiles()[tile], &points);
            placed.map_err(|error| {
                let key = shared_fbs::TileKey { pack: "points".into(), index: tile as u32 };
                FetchError::damaged(key, &error)
            })?;
            platform::breathe().await;
        }
    }
    Ok(embedding)
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn steps_cover_all_tiles_and_never_span_levels() {
        let levels: Vec<usize> = [vec![0], vec![1; 3], vec![2; 20]].concat();
        let steps = steps(levels.iter().copied());
        assert_eq!(steps.iter().cloned().flatten().collect::<Vec<_>>(), (0..24).collect::<Vec<_>>());
        for step in steps {
            assert!(step.len() <= TILES_PER_STEP);
            assert!(levels[step.clone()].iter().all(|level| *level == levels[step.start]));
        }
    }
}
