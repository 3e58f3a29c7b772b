//! Loading by key: what the view needs, one way for whatever it is.

use explorer_core::{
    embed::Storage,
    session::{Data, Slot, Urgency},
    state::{AppState, ColorBy, DataKey, DimensionKey, GeneKey, GeneMean, History, ViewSpec},
};
use leptos::prelude::*;
use shared_fbs::manifest::CELLS_PER_EXPRESSION_TILE;

use super::{Opened, Phase, Store, Tone, opened::Shown, place::Filled};
use crate::{
    fetch::{Address, FetchError, Fetcher, Limits, Priority, Source},
    platform,
    worker::Pool,
};

/// What the page may take; workers fetch for themselves.
const LIMITS: Limits = Limits { requests: 6, cache_bytes: 16 << 20, storage: Storage::Local };

impl Store {
    /// Opens the dataset, then loads what the state needs.
    pub fn open(self) {
        self.phase.set(Phase::Opening);
        let Some(inner) = self.inner() else { return };
        self.spawn(async move {
            let storage = match inner.address {
                // Whose data they are keeps them.
                Address::Host => Storage::None,
                Address::Directory(_) if inner.address.is_on_device(inner.host.base()) => Storage::None,
                Address::Server(_) | Address::Directory(_) => self.settings.with_untracked(|settings| settings.storage),
            };
            let limits = Limits { storage, ..LIMITS };
            let fetcher = Fetcher::new(Source::new(&inner.address, inner.host.base()), limits);
            match fetcher.open().await {
                Ok(dataset) => {
                    let color = ColorBy::first_of(dataset.manifest());
                    let pool = Pool::new(inner.address.clone(), inner.host.base().to_owned(), storage);
                    self.note_answer();
                    inner.opened.replace(Some(Opened::new(dataset, pool)));
                    self.check_link(&ViewSpec::from_link(&inner.host.link()));
                    self.take_kept();
                    self.begin_link_check(!inner.host.link().is_empty());
                    if inner.host.link().is_empty() {
                        self.begin_with_color(color);
                    }
                    self.settle();
                    // What that asks for is on its way while the page is built.
                    platform::next_task().await;
                    self.phase.set(Phase::Ready);
                }
                Err(error) => {
                    self.note_failure(&error);
                    self.phase.set(Phase::Failed(error));
                }
            }
        });
    }

    /// Lets go of the tiles in memory: what was made of them stays.
    pub fn forget_tiles(self) {
        self.with_opened(|opened| opened.dataset.tiles().forget_tiles());
    }

    /// Colors the first view of a dataset. It is where history begins, not a step in it.
    fn begin_with_color(self, color: ColorBy) {
        let mut state = self.peek(AppState::clone);
        if state.view.analysis.color == ColorBy::None && color != ColorBy::None {
            if let ColorBy::Obs(column) = &color {
                state.view.layout.expanded.insert(column.clone());
            }
            state.view.analysis.color = color;
            self.history.set(History::new(state));
        }
    }

    /// The histogram of a column is in sight: counts its values, when nothing is more urgent.
    pub fn show_histogram(self, column: String) {
        let is_new = self.with_opened_mut(|opened| opened.session.note_in_sight(column));
        if is_new == Some(true) {
            self.settle();
        }
    }

    /// Lets the bins of a histogram run in equal ratios, or in equal steps again.
    pub fn toggle_value_scale(self, key: &DimensionKey) {
        self.with_opened_mut(|opened| {
            let scale = opened.session.value_scale(key).toggled();
            opened.session.set_value_scale(key, scale);
        });
        self.filtered.update(|count| *count += 1);
        self.settle();
    }

    /// Loads a mean that is not there nor on its way: that of a set whose histogram is looked at.
    pub fn ask_mean(self, mean: GeneMean) {
        let key = DataKey::Mean(mean);
        let is_new = self.with_opened_mut(|opened| opened.session.ask(&key));
        if is_new == Some(true) {
            self.load(key, Priority::Now);
        }
    }

    /// Asks for what the view needs and is not yet there nor on its way, and lets go of what it does
    /// not need any more.
    pub(super) fn load_next(self, view: &ViewSpec) {
        let next = self.with_opened_mut(|opened| {
            let shown = opened.show(view);
            let mut needs = view.needs();
            needs.extend(opened.session.embeddings_of_panels(view));
            let next = opened.session.load_next(&view.analysis, &needs);
            // The data that arrived may be those of a scatter plot.
            (if shown == Shown::Nothing { opened.show(view) } else { shown }, next)
        });
        let Some((shown, next)) = next else { return };
        match shown {
            Shown::Nothing => {}
            Shown::Placed => self.note_placing(),
            Shown::Load(index) => self.show_embedding(index),
        }
        for (key, urgency) in next {
            let priority = match urgency {
                Urgency::Now => Priority::Now,
                Urgency::Soon => Priority::Soon,
            };
            self.load(key, priority);
        }
    }

    /// Loads data that count as asked for.
    pub(super) fn load(self, key: DataKey, priority: Priority) {
        let Some(access) = self.access() else { return };
        let of_embedding = |name: &String| {
            let embeddings = &access.dataset.manifest().embeddings;
            embeddings.iter().position(|entry| entry.key == *name)
        };
        if let DataKey::Embedding(name) = &key
            && let Some(index) = of_embedding(name)
        {
            return self.fill_panels(index, Filled::Others);
        }
        self.spawn(async move {
            if let DataKey::Gene(gene) = &key
                && let Some(chunks) = self.chunks_in_view(gene)
                // Should it fail, the whole of it does too, and tells.
                && let Ok(part) = access.gene_in_chunks(gene, &chunks).await
            {
                self.with_opened_mut(|opened| opened.session.arrive_in_part(gene.clone(), part));
                self.settle();
            }
            let data = access.fetch(&key, priority).await;
            self.arrive(key, data);
        });
    }

    /// Keeps what has arrived or failed, tells of a failure, and goes on with what waited for it.
    pub(super) fn arrive(self, key: DataKey, data: Result<Data, FetchError>) {
        match &data {
            Ok(_) => self.note_answer(),
            Err(FetchError::Canceled) => {}
            Err(error) if error.is_lost() => self.note_failure(error),
            Err(error @ (FetchError::Unknown { .. } | FetchError::Ambiguous { .. })) => {
                self.tell(error.to_string(), Tone::Error);
            }
            Err(error) => self.tell(format!("{}: {error}", self.title(&key)), Tone::Retry),
        }
        self.with_opened_mut(|opened| opened.session.arrive(key, Slot::from(data)));
        self.arrived.update(|count| *count += 1);
        self.settle();
    }

    /// The chunks of cells in view, where the gene colors the cells and these are to come first.
    fn chunks_in_view(self, key: &GeneKey) -> Option<Vec<u32>> {
        let colors = self.peek(|state| matches!(&state.view.analysis.color, ColorBy::Gene(by) if by == key));
        let window = self.window().filter(|_| colors)?;
        self.with_opened(|opened| opened.session.chunks_seen(CELLS_PER_EXPRESSION_TILE, &window)).flatten()
    }

    /// What the user is told that could not be loaded.
    fn title(self, key: &DataKey) -> String {
        match key {
            DataKey::Column(name) | DataKey::Categories(name) => format!("Column {name}"),
            DataKey::Gene(key) => format!("Gene {}", self.gene_label(key)),
            DataKey::Mean(_) => "The mean of the genes".to_owned(),
            DataKey::Embedding(key) => format!("Embedding {key}"),
            DataKey::GeneTable(_) => "The list of genes".to_owned(),
            DataKey::Rows => "The rows of the cells".to_owned(),
        }
    }
}
