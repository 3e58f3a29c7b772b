//! Loading what the view needs: the picture, then what stands beside it.

use explorer_core::{
    data::Column,
    state::{AppState, ColorBy, DimensionKey, GeneKey, GeneMean, History, ViewSpec},
};
use leptos::prelude::*;
use shared_fbs::manifest::ColumnKind;
use wasm_bindgen_futures::spawn_local;

use super::{GeneTable, Phase, Slot, Store, Tone, link, session::Session};
use crate::{
    fetch::{Dataset, FetchError, Fetcher, Limits, Priority, Source},
    platform,
    worker::Pool,
};

/// What the page may take; workers fetch for themselves.
const LIMITS: Limits = Limits { requests: 6, cache_bytes: 192 << 20 };

/// Values of continuous columns that are loaded for histograms in sight: 256 MB of them.
const MOST_VALUES: usize = 64 << 20;

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
            match fetcher.open().await {
                Ok(dataset) => {
                    let main_label = dataset.manifest().main_label.clone();
                    let session = Session::new(dataset, Pool::new(address, root));
                    self.inner.try_with_value(|inner| inner.session.replace(Some(session)));
                    if let Some(column) = main_label
                        && !link::has_link()
                    {
                        self.begin_with_color(column);
                    }
                    self.settle();
                    // What that asks for is on its way while the page is built.
                    platform::next_task().await;
                    self.phase.set(Phase::Ready);
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

    /// The histogram of a column is in sight: counts its values, when nothing is more urgent.
    pub fn show_histogram(self, column: String) {
        let is_new = self.with_session_mut(|session| session.histograms.insert(column));
        if is_new == Some(true) {
            self.settle();
        }
    }

    /// Asks for what the view needs and is not yet there nor on its way, and lets go of what it does
    /// not need any more.
    pub(super) fn load_needs(self, view: &ViewSpec) {
        let mut needs = view.needs();
        let tasks = self.with_session_mut(|session| {
            let show = session.start_showing(view.analysis.embedding.as_deref());
            let mut tasks = Tasks { show, ..Tasks::default() };
            session.loaded.drop_unused(&mut session.keeper, &needs, &mut session.engine);
            needs.columns.extend(session.histograms_to_load());
            for embedding in needs.embeddings.into_iter().flatten() {
                // One that the dataset does not have is asked for too: that is how the user is told.
                if !session.loaded.embeddings.contains_key(&embedding) {
                    session.loaded.embeddings.insert(embedding.clone(), Slot::Loading);
                    tasks.embeddings.push(embedding);
                }
            }
            for name in needs.columns {
                if !session.loaded.columns.contains_key(&name) {
                    session.loaded.columns.insert(name.clone(), Slot::Loading);
                    // The colours of the picture come with it.
                    let is_color = matches!(&view.analysis.color, ColorBy::Obs(color) if *color == name);
                    tasks.columns.push((name, if is_color { Priority::Now } else { Priority::Soon }));
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
            for name in categorical.into_iter().chain(tasks.columns.iter().map(|(name, _)| name.clone())) {
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
            self.show_embedding(dataset.clone(), index);
        }
        for key in tasks.embeddings {
            self.load_embedding(dataset.clone(), key);
        }
        for (name, priority) in tasks.columns {
            let dataset = dataset.clone();
            spawn_local(async move {
                let column: Result<Column, _> = dataset.column(&name, priority).await;
                self.arrive(&format!("Column {name}"), column, |session, slot| {
                    drop(session.loaded.columns.insert(name, slot));
                });
            });
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
            self.load_gene(dataset.clone(), key);
        }
    }

    /// Keeps what has arrived or failed, and goes on with what waited for it.
    pub(super) fn arrive<T>(self, what: &str, result: Result<T, FetchError>, keep: impl FnOnce(&mut Session, Slot<T>)) {
        match &result {
            Ok(_) | Err(FetchError::Cancelled) => {}
            Err(error @ FetchError::Unknown { .. }) => self.tell(error.to_string(), Tone::Error),
            Err(error) => self.tell(format!("{what}: {error}"), Tone::Retry),
        }
        self.with_session_mut(|session| keep(session, result.into()));
        self.arrived.update(|count| *count += 1);
        self.settle();
    }
}

/// What is to be loaded.
#[derive(Default)]
struct Tasks {
    show: Option<usize>,
    embeddings: Vec<String>,
    categories: Vec<String>,
    columns: Vec<(String, Priority)>,
    tables: Vec<usize>,
    genes: Vec<GeneKey>,
    means: Vec<GeneMean>,
}

impl Session {
    /// Continuous columns for the histograms that have been in sight, once the picture is whole: those that
    /// are yet to be counted, as many as fit into memory.
    fn histograms_to_load(&self) -> Vec<String> {
        if !self.is_placed() {
            return Vec::new();
        }
        let columns = self.dataset.manifest().columns.iter();
        columns
            .filter(|column| column.kind == ColumnKind::Continuous && self.histograms.contains(&column.name))
            .take(MOST_VALUES / self.loaded.n_obs.max(1))
            .map(|column| column.name.clone())
            .filter(|name| !self.engine.is_counted(&DimensionKey::Obs(name.clone())))
            .collect()
    }
}
