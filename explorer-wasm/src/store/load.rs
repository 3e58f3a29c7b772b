//! Loading by key: what the view needs, one way for whatever it is.

use std::sync::Arc;

use explorer_core::{
    data::{Column, Continuous, GeneIdx},
    filter::CellMask,
    session::{Data, GeneTable, Slot, Urgency},
    state::{AppState, CellSource, ColorBy, DataKey, GeneKey, History, ViewSpec},
};
use leptos::prelude::*;
use shared_fbs::manifest::CELLS_PER_EXPRESSION_TILE;
use wasm_bindgen_futures::spawn_local;

use super::{Opened, Phase, Store, Tone, place::read_embedding};
use crate::{
    fetch::{Dataset, FetchError, Fetcher, Limits, Priority, Source},
    platform,
    worker::Pool,
};

/// What the page may take; workers fetch for themselves.
const LIMITS: Limits = Limits { requests: 6, cache_bytes: 192 << 20 };

impl Store {
    /// Opens the dataset, then loads what the state needs.
    pub fn open(self) {
        self.phase.set(Phase::Opening);
        let Some(inner) = self.inner() else { return };
        spawn_local(async move {
            let fetcher = Fetcher::new(Source::new(&inner.address, inner.host.base()), LIMITS);
            match fetcher.open().await {
                Ok(dataset) => {
                    let main_label = dataset.manifest().main_label.clone();
                    let pool = Pool::new(inner.address.clone(), inner.host.base().to_owned());
                    inner.opened.replace(Some(Opened::new(dataset, pool)));
                    if let Some(column) = main_label
                        && inner.host.link().is_empty()
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

    /// Colors the first view of a dataset by its main label: what everybody does first. It is where
    /// history begins, not a step in it.
    fn begin_with_color(self, column: String) {
        let mut state = self.peek(AppState::clone);
        if state.view.analysis.color == ColorBy::None {
            state.view.layout.expanded.insert(column.clone());
            state.view.analysis.color = ColorBy::Obs(column);
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

    /// Asks for what the view needs and is not yet there nor on its way, and lets go of what it does
    /// not need any more.
    pub(super) fn load_next(self, view: &ViewSpec) {
        let next = self.with_opened_mut(|opened| {
            let shown = opened.show(view.panels.first().embedding());
            (shown, opened.session.load_next(&view.analysis, &view.needs()))
        });
        let Some((shown, next)) = next else { return };
        if let Some(index) = shown {
            self.show_embedding(index);
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
        let Some(dataset) = self.with_opened(|opened| opened.dataset.clone()) else { return };
        spawn_local(async move {
            if let DataKey::Gene(gene) = &key
                && let Some(chunks) = self.chunks_in_view(gene)
                // Should it fail, the whole of it does too, and tells.
                && let Ok(part) = self.gene_in_chunks(&dataset, gene, &chunks).await
            {
                self.with_opened_mut(|opened| opened.session.arrive_in_part(gene.clone(), part));
                self.settle();
            }
            let data = self.fetch(&dataset, &key, priority).await;
            self.arrive(key, data);
        });
    }

    /// Reads data, whatever they are.
    async fn fetch(self, dataset: &Dataset, key: &DataKey, priority: Priority) -> Result<Data, FetchError> {
        match key {
            DataKey::Column(name) => dataset.column(name, priority).await.map(Data::from),
            DataKey::Categories(name) => dataset.categories(name).await.map(Data::from),
            DataKey::Gene(key) => {
                let (layer, gene) = self.find_gene(dataset, key).await?;
                dataset.gene(layer, gene, priority).await.map(|gene| gene.to_continuous().into())
            }
            DataKey::Mean(mean) => self.mean(dataset, mean).await.map(Data::from),
            DataKey::Embedding(key) => read_embedding(dataset, key).await.map(Data::from),
            DataKey::GeneTable(layer) => {
                let (layer, _) = dataset.layer(Some(layer))?;
                dataset.genes(layer).await.map(|genes| GeneTable::new(genes).into())
            }
        }
    }

    /// Keeps what has arrived or failed, tells of a failure, and goes on with what waited for it.
    pub(super) fn arrive(self, key: DataKey, data: Result<Data, FetchError>) {
        match &data {
            Ok(_) | Err(FetchError::Cancelled) => {}
            Err(error @ FetchError::Unknown { .. }) => self.tell(error.to_string(), Tone::Error),
            Err(error) => self.tell(format!("{}: {error}", title(&key)), Tone::Retry),
        }
        self.with_opened_mut(|opened| opened.session.arrive(key, Slot::from(data)));
        self.arrived.update(|count| *count += 1);
        self.settle();
    }

    /// Waits until data are there; an answer that failed before is asked for again.
    async fn ready(self, dataset: &Dataset, key: DataKey) -> Result<(), FetchError> {
        if self.with_opened(|opened| opened.session.loaded().is_ready(&key)) == Some(true) {
            return Ok(());
        }
        let data = self.fetch(dataset, &key, Priority::Now).await?;
        self.with_opened_mut(|opened| opened.session.arrive(key, Slot::Ready(data)));
        Ok(())
    }

    /// A column, loaded if it was not yet.
    pub(super) async fn column(self, dataset: &Dataset, name: &str) -> Result<Arc<Column>, FetchError> {
        let key = DataKey::Column(name.to_owned());
        self.ready(dataset, key.clone()).await?;
        let column = self.with_opened(|opened| opened.session.loaded().column(&key).cloned()).flatten();
        column.ok_or_else(|| FetchError::Unknown { kind: "column", name: name.to_owned() })
    }

    /// The genes of a layer, loaded if they were not yet.
    pub(super) async fn gene_table(self, dataset: &Dataset, layer: usize) -> Result<Arc<GeneTable>, FetchError> {
        let name = &dataset.layer_entry(layer)?.name;
        let kept = || self.with_opened(|opened| opened.session.loaded().gene_table(name).cloned()).flatten();
        if let Some(table) = kept() {
            return Ok(table);
        }
        let table = Arc::new(GeneTable::new(dataset.genes(layer).await?));
        let data = Slot::Ready(Data::GeneTable(Arc::clone(&table)));
        self.with_opened_mut(|opened| opened.session.arrive(DataKey::GeneTable(name.clone()), data));
        Ok(table)
    }

    /// The cells of a set, once all that it takes has been loaded.
    pub(super) async fn cells(self, dataset: &Dataset, source: &CellSource) -> Result<CellMask, FetchError> {
        for key in source.needs() {
            self.ready(dataset, key).await?;
        }
        let mask = self.with_opened(|opened| opened.session.cells_of(source)).flatten();
        mask.ok_or_else(|| FetchError::Unknown { kind: "data for the set", name: format!("{source:?}") })
    }

    /// The chunks of cells in view, where the gene colors the cells and these are to come first.
    fn chunks_in_view(self, key: &GeneKey) -> Option<Vec<u32>> {
        let colors = self.peek(|state| matches!(&state.view.analysis.color, ColorBy::Gene(by) if by == key));
        let window = self.window().filter(|_| colors)?;
        self.with_opened(|opened| opened.session.chunks_seen(CELLS_PER_EXPRESSION_TILE, &window)).flatten()
    }

    async fn gene_in_chunks(self, dataset: &Dataset, key: &GeneKey, chunks: &[u32]) -> Result<Continuous, FetchError> {
        let (layer, gene) = self.find_gene(dataset, key).await?;
        dataset.gene_in_chunks(layer, gene, chunks, Priority::Now).await
    }

    /// The numbers of a gene's layer and of the gene.
    pub(super) async fn find_gene(self, dataset: &Dataset, key: &GeneKey) -> Result<(usize, GeneIdx), FetchError> {
        let (layer, _) = dataset.layer(key.layer.as_deref())?;
        let table = self.gene_table(dataset, layer).await?;
        let unknown = || FetchError::Unknown { kind: "gene", name: key.gene.clone() };
        Ok((layer, table.find(&key.gene).ok_or_else(unknown)?))
    }
}

/// What the user is told that could not be loaded.
fn title(key: &DataKey) -> String {
    match key {
        DataKey::Column(name) | DataKey::Categories(name) => format!("Column {name}"),
        DataKey::Gene(key) => format!("Gene {}", key.gene),
        DataKey::Mean(_) => "The mean of the genes".to_owned(),
        DataKey::Embedding(key) => format!("Embedding {key}"),
        DataKey::GeneTable(_) => "The list of genes".to_owned(),
    }
}
