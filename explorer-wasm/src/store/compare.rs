//! Differential expression of the comparison that is open: by label moments where both sides are
//! made of labels, else gene by gene in the workers.

use std::{cell::RefCell, collections::VecDeque, rc::Rc, sync::Arc};

use explorer_core::{
    data::Column,
    de::{CellSetRecord, DeOptions, DeRecord, DeTable, Effect, Labels, Method, Moments, compare, to_csv},
    filter::CellMask,
    state::{CellQuery, CellSource, Comparison, GeneKey, Label, Needs, ObsFilter, Reference, TestMode, ViewSpec},
};
use futures_util::future::{AbortHandle, Abortable};
use leptos::prelude::*;
use shared_fbs::manifest::Layer;
use wasm_bindgen_futures::spawn_local;

use super::{GeneTable, Slot, Store, load::read_embedding};
use crate::{
    fetch::{Dataset, FetchError, Priority},
    platform,
    worker::{Pool, Progress, WorkerError},
};

/// Results kept, the latest first: a table of 60 000 genes takes 6 MB.
const MOST_RESULTS: usize = 8;

/// By what road a result was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Road {
    /// From the exact moments of so many labels.
    Labels {
        /// Moments tiles read.
        n_tiles: u32,
    },
    /// From every gene's expression.
    Genes {
        /// Bytes fetched.
        n_bytes: u64,
    },
}

/// A result.
#[derive(Debug)]
pub struct DeResult {
    /// The question.
    pub comparison: Comparison,
    /// The answer, one row a gene.
    pub table: Arc<DeTable>,
    /// What the genes are called.
    pub names: Arc<[String]>,
    /// How it was come by.
    pub road: Road,
    /// How long that took.
    pub millis: f64,
    /// Name of the layer.
    pub layer: String,
}

/// How the comparison that is open stands.
#[derive(Clone, Debug, Default)]
pub enum CompareStatus {
    /// None is open.
    #[default]
    None,
    /// It is computed.
    Running(Progress),
    /// It could not be.
    Failed(String),
    /// Here it is.
    Done(Arc<DeResult>),
}

/// A comparison with the cells that its sets stand for.
#[derive(Clone, Debug, PartialEq)]
struct Question {
    comparison: Comparison,
    group: CellSource,
    reference: Option<CellSource>,
}

/// What runs and what is known.
#[derive(Default)]
pub(super) struct Desk {
    running: Option<(Question, AbortHandle)>,
    /// The question that failed last; it is not asked again by itself.
    failed: Option<Question>,
    results: VecDeque<(Question, Arc<DeResult>)>,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
enum CompareError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Worker(#[from] WorkerError),
    #[error("The sums of the two sets do not fit together: {0}.")]
    Moments(#[from] explorer_core::de::MomentsError),
    #[error("The set “{0}” has no cell.")]
    Empty(String),
}

impl Store {
    /// Brings the computation in line with the comparison that is open: starts it, stops another.
    pub(super) fn follow_comparison(self, view: &ViewSpec) {
        let question = question(view);
        let Some(desk) = self.desk() else { return };
        let mut desk = desk.borrow_mut();
        if desk.running.as_ref().map(|(running, _)| running) == question.as_ref() {
            return;
        }
        if let Some((_, handle)) = desk.running.take() {
            handle.abort();
        }
        let Some(question) = question else {
            desk.failed = None;
            if !matches!(self.comparing.get_untracked(), CompareStatus::None) {
                self.comparing.set(CompareStatus::None);
            }
            return;
        };
        if desk.failed.as_ref() == Some(&question) {
            return;
        }
        if let Some((_, result)) = desk.results.iter().find(|(known, _)| *known == question) {
            let is_shown = self
                .comparing
                .with_untracked(|status| matches!(status, CompareStatus::Done(shown) if Arc::ptr_eq(shown, result)));
            if !is_shown {
                self.comparing.set(CompareStatus::Done(Arc::clone(result)));
            }
            return;
        }
        let Some((dataset, pool)) = self.with_session(|session| (session.dataset.clone(), Rc::clone(&session.pool)))
        else {
            return;
        };
        let (handle, registration) = AbortHandle::new_pair();
        desk.running = Some((question.clone(), handle));
        self.comparing.set(CompareStatus::Running(Progress::default()));
        let task = async move {
            let answer = self.answer(&dataset, &pool, &question).await;
            self.take_answer(question, answer);
        };
        spawn_local(async move {
            // Aborted when another comparison is opened, or none.
            let _ = Abortable::new(task, registration).await;
        });
    }

    /// Asks the open comparison again, after a failure.
    pub fn retry_comparison(self) {
        if let Some(desk) = self.desk() {
            desk.borrow_mut().failed = None;
        }
        self.settle();
    }

    fn desk(self) -> Option<Rc<RefCell<Desk>>> {
        self.inner.try_with_value(|inner| Rc::clone(&inner.desk))
    }

    fn take_answer(self, question: Question, answer: Result<DeResult, CompareError>) {
        let Some(desk) = self.desk() else { return };
        let mut desk = desk.borrow_mut();
        desk.running = None;
        match answer {
            Ok(result) => {
                let result = Arc::new(result);
                desk.results.push_front((question, Arc::clone(&result)));
                desk.results.truncate(MOST_RESULTS);
                self.comparing.set(CompareStatus::Done(result));
            }
            Err(error) => {
                desk.failed = Some(question);
                self.comparing.set(CompareStatus::Failed(error.to_string()));
            }
        }
    }

    async fn answer(self, dataset: &Dataset, pool: &Pool, question: &Question) -> Result<DeResult, CompareError> {
        let began = platform::now_millis();
        let comparison = &question.comparison;
        let (index, layer) = dataset.statistics_layer(comparison.layer.as_deref())?;
        let genes = self.gene_table(dataset, index).await?;
        let fixed = dataset.fixed_points(index).await?;
        let by_labels = by_labels(dataset, layer, index, question).await?;
        let ([group, reference], road) = match by_labels {
            Some((moments, n_tiles)) => (moments, Road::Labels { n_tiles }),
            None => {
                let (moments, n_bytes) = self.by_genes(dataset, pool, index, question).await?;
                (moments, Road::Genes { n_bytes })
            }
        };
        let reference_name = match &comparison.reference {
            Reference::Rest => "the rest",
            Reference::Set(name) => name,
        };
        for (moments, name) in [(&group, comparison.group.as_str()), (&reference, reference_name)] {
            if moments.n_cells == 0 {
                return Err(CompareError::Empty(name.to_owned()));
            }
        }
        let options = DeOptions {
            method: match comparison.mode {
                TestMode::Welch => Method::Welch,
                TestMode::CellxgeneCompatible => Method::CellxgeneCompatible,
            },
            effect: Effect::of_layer(layer),
            ..DeOptions::default()
        };
        platform::breathe().await;
        let table = compare(&group, &reference, &fixed, options)?;
        Ok(DeResult {
            comparison: comparison.clone(),
            table: Arc::new(table),
            names: Arc::clone(&genes.names),
            road,
            millis: platform::now_millis() - began,
            layer: layer.name.clone(),
        })
    }

    async fn gene_table(self, dataset: &Dataset, layer: usize) -> Result<Arc<GeneTable>, FetchError> {
        let kept = self.with_session(|session| session.loaded.tables.get(&layer).and_then(Slot::ready).cloned());
        match kept.flatten() {
            Some(table) => Ok(table),
            None => Ok(Arc::new(GeneTable::new(dataset.genes(layer).await?))),
        }
    }

    /// Masks of both sets, then every gene in the workers.
    async fn by_genes(
        self,
        dataset: &Dataset,
        pool: &Pool,
        layer: usize,
        question: &Question,
    ) -> Result<([Moments; 2], u64), CompareError> {
        let group = self.cells(dataset, &question.group).await?;
        let reference = match &question.reference {
            Some(source) => self.cells(dataset, source).await?,
            None => {
                let mut rest = group.clone();
                rest.invert();
                rest
            }
        };
        let labels = Labels::new(&group, &reference);
        let n_genes = dataset.n_genes(layer) as u32;
        let n_bytes = std::cell::Cell::new(0);
        let on_progress = |progress: Progress| {
            n_bytes.set(progress.n_bytes);
            self.comparing.set(CompareStatus::Running(progress));
        };
        let mut moments = pool.moments(layer as u32, n_genes, labels.as_bytes(), on_progress).await?;
        moments[0].n_cells = group.count() as u64;
        moments[1].n_cells = reference.count() as u64;
        Ok((moments, n_bytes.get()))
    }

    /// The cells of a set, once all that it takes has been loaded.
    async fn cells(self, dataset: &Dataset, source: &CellSource) -> Result<CellMask, FetchError> {
        let mut needs = Needs::default();
        if let CellSource::Query(query) = source {
            needs.add_query(query);
        }
        for name in needs.columns {
            if !self.has(|session| session.loaded.columns.get(&name).and_then(Slot::ready).is_some()) {
                let column: Column = dataset.column(&name, Priority::Now).await?;
                self.with_session_mut(|session| session.loaded.columns.insert(name, Slot::Ready(Arc::new(column))));
            }
        }
        for key in needs.embeddings.into_iter().flatten() {
            if !self.has(|session| session.loaded.embeddings.get(&key).and_then(Slot::ready).is_some()) {
                let embedding = read_embedding(dataset, &key).await?;
                self.with_session_mut(|session| {
                    session.loaded.embeddings.insert(key, Slot::Ready(Arc::new(embedding)))
                });
            }
        }
        for key in needs.genes {
            if !self.has(|session| session.loaded.genes.get(&key).and_then(Slot::ready).is_some()) {
                self.load_gene(dataset, key).await?;
            }
        }
        let mask = self.with_session(|session| session.loaded.source_mask(source)).flatten();
        mask.ok_or_else(|| FetchError::Unknown { kind: "data for the set", name: format!("{source:?}") })
    }

    async fn load_gene(self, dataset: &Dataset, key: GeneKey) -> Result<(), FetchError> {
        let (layer, _) = dataset.layer(key.layer.as_deref())?;
        let table = self.gene_table(dataset, layer).await?;
        let number = table.find(&key.gene);
        let number = number.ok_or_else(|| FetchError::Unknown { kind: "gene", name: key.gene.clone() })?;
        let gene = dataset.gene(layer, number, Priority::Now).await?;
        let gene = Arc::new(gene.to_continuous());
        self.with_session_mut(|session| session.loaded.genes.insert(key, Slot::Ready(gene)));
        Ok(())
    }

    fn has(self, there: impl FnOnce(&super::Session) -> bool) -> bool {
        self.with_session(there).unwrap_or(false)
    }
}

impl DeResult {
    /// The table as CSV, with a record of how it was made.
    pub fn csv(&self, dataset: &str) -> String {
        let reference = match &self.comparison.reference {
            Reference::Rest => "rest",
            Reference::Set(name) => name,
        };
        let record = DeRecord {
            dataset: dataset.to_owned(),
            group: CellSetRecord { name: self.comparison.group.clone(), n_cells: self.table.n_group },
            reference: CellSetRecord { name: reference.to_owned(), n_cells: self.table.n_reference },
            layer: self.layer.clone(),
        };
        to_csv(&self.table, &self.names, &record)
    }
}

/// The question that the view asks, if a comparison is open and its sets exist.
fn question(view: &ViewSpec) -> Option<Question> {
    let comparison = view.panels.comparison.clone()?;
    let source = |name: &str| view.analysis.cell_set(name).map(|set| set.source.clone());
    let group = source(&comparison.group)?;
    let reference = match &comparison.reference {
        Reference::Rest => None,
        Reference::Set(name) => Some(source(name)?),
    };
    Some(Question { comparison, group, reference })
}

/// Moments of both sets from label tiles, and how many were read; `None` where a set is not made of
/// the labels of one column.
async fn by_labels(
    dataset: &Dataset,
    layer: &Layer,
    index: usize,
    question: &Question,
) -> Result<Option<([Moments; 2], u32)>, CompareError> {
    let n_genes = dataset.n_genes(index);
    let Some(group) = label_tiles(dataset, layer, &question.group).await? else { return Ok(None) };
    let mut n_tiles = group.len() as u32;
    let group = sum(dataset, layer, &group, n_genes).await?;
    let reference = match &question.reference {
        Some(source) => {
            let Some(tiles) = label_tiles(dataset, layer, source).await? else { return Ok(None) };
            n_tiles += tiles.len() as u32;
            sum(dataset, layer, &tiles, n_genes).await?
        }
        None => {
            let Some(total) = &layer.total_moments else { return Ok(None) };
            n_tiles += total.count;
            let mut rest = sum(dataset, layer, &[total.first], n_genes).await?;
            rest.subtract(&group)?;
            rest
        }
    };
    Ok(Some(([group, reference], n_tiles)))
}

/// The moments tiles that a set is the union of.
async fn label_tiles(dataset: &Dataset, layer: &Layer, source: &CellSource) -> Result<Option<Vec<u32>>, FetchError> {
    let CellSource::Query(query) = source else { return Ok(None) };
    if query.is_empty() {
        return Ok(layer.total_moments.as_ref().map(|total| vec![total.first]));
    }
    let Some((column, filter)) = only_labels(query) else { return Ok(None) };
    let moments = layer.column_moments.iter().find(|moments| moments.column == *column);
    let Some(tiles) = moments.and_then(|moments| moments.tiles.as_ref()) else { return Ok(None) };
    let categories = dataset.categories(column).await?;
    let labels = categories.labels.iter().map(|label| Label::named(label.as_str())).chain([Label::Missing]);
    let allowed = tiles.iter().zip(labels).filter(|(_, label)| filter.allows(label));
    Ok(Some(allowed.map(|(tile, _)| tile).collect()))
}

/// The one filter of a query, where it is on the labels of a column and nothing else is asked.
fn only_labels(query: &CellQuery) -> Option<(&String, &explorer_core::state::LabelFilter)> {
    let filters = &query.filters;
    let is_alone =
        query.subset.is_empty() && filters.genes.is_empty() && filters.selections.is_empty() && filters.obs.len() == 1;
    match filters.obs.first_key_value()? {
        (column, ObsFilter::Labels(filter)) if is_alone => Some((column, filter)),
        _ => None,
    }
}

async fn sum(dataset: &Dataset, layer: &Layer, tiles: &[u32], n_genes: usize) -> Result<Moments, CompareError> {
    let mut sum = Moments::empty(n_genes);
    for tile in dataset.moments(layer, tiles).await? {
        sum.merge(&Moments::from_tile(&tile, n_genes)?)?;
        platform::breathe().await;
    }
    Ok(sum)
}
