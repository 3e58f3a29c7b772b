//! Differential expression of the comparison that is open: the question, what runs, what is known.

use std::{cell::RefCell, collections::VecDeque, rc::Rc, sync::Arc};

use explorer_core::{
    dataset::DatasetError,
    de::{
        self, CellSetRecord, DeOptions, DeRecord, DeTable, Effect, FixedPoints, Method, Moments, TableInParts,
        pseudobulk_to_csv, to_csv,
    },
    state::{CellSource, Comparison, Reference, TestMode, ViewSpec},
};
use futures_util::future::{AbortHandle, Abortable};
use leptos::prelude::*;
use shared_fbs::manifest::Layer;
use wasm_bindgen_futures::spawn_local;

use super::{
    GeneTable, SampleAnswer, Slot, Store,
    roads::{Found, Helper},
};
use crate::{
    fetch::{Dataset, FetchError},
    platform,
    worker::{Pool, Progress, WorkerError},
};

/// Results kept, the latest first: a table of 60 000 genes takes 6 MB.
const MOST_RESULTS: usize = 8;

/// Genes compared between two looks at the clock: some milliseconds.
const GENES_AT_A_TIME: usize = 4096;

/// A result.
#[derive(Debug)]
pub struct DeResult {
    /// The question.
    pub comparison: Comparison,
    /// The answer.
    pub answer: Answer,
    /// What the genes are called.
    pub names: Arc<[String]>,
    /// Whether it is an estimate from a sample of both sets, which the exact result will replace.
    pub is_estimate: bool,
    /// By what road it was come by, and what the others would have cost.
    pub choice: de::Choice,
    /// Bytes that this took.
    pub n_bytes: u64,
    /// How long it took.
    pub millis: f64,
    /// Name of the layer.
    pub layer: String,
}

/// What a comparison comes to.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Cells compared: one row a gene.
    Cells(Arc<DeTable>),
    /// Samples compared.
    Samples(Arc<SampleAnswer>),
}

/// How the comparison that is open stands.
#[derive(Clone, Debug, Default)]
pub enum CompareStatus {
    /// None is open.
    #[default]
    None,
    /// It is computed; until then there may be an estimate.
    Running(Progress, Option<Arc<DeResult>>),
    /// It could not be.
    Failed(String),
    /// Here it is.
    Done(Arc<DeResult>),
}

impl CompareStatus {
    /// What there is to show: the result, or an estimate of it.
    pub fn result(&self) -> Option<&Arc<DeResult>> {
        match self {
            Self::Done(result) => Some(result),
            Self::Running(_, estimate) => estimate.as_ref(),
            Self::None | Self::Failed(_) => None,
        }
    }
}

/// A comparison with the cells that its sets stand for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Question {
    pub(super) comparison: Comparison,
    pub(super) group: CellSource,
    /// `None` is the rest.
    pub(super) reference: Option<CellSource>,
}

/// What runs and what is known.
#[derive(Default)]
pub(super) struct Desk {
    running: Option<(Question, AbortHandle)>,
    /// The question that failed last; it is not asked again by itself.
    failed: Option<Question>,
    results: VecDeque<(Question, Arc<DeResult>)>,
    /// What has been learned of the roads.
    pub(super) helper: Helper,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub(super) enum CompareError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Worker(#[from] WorkerError),
    #[error("The sums of the two sets do not fit together: {0}.")]
    Moments(#[from] de::MomentsError),
    #[error("The set “{0}” has no cell.")]
    Empty(String),
    #[error("The dataset names no column of samples to compare.")]
    NoSamples,
    #[error("Samples cannot be compared here: {0}.")]
    Samples(#[from] de::PseudobulkError),
}

impl From<DatasetError> for CompareError {
    fn from(error: DatasetError) -> Self {
        Self::Fetch(error.into())
    }
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
        self.comparing.set(CompareStatus::Running(Progress::default(), None));
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

    pub(super) fn desk(self) -> Option<Rc<RefCell<Desk>>> {
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
        let finish = async |found: Found, is_estimate| -> Result<DeResult, CompareError> {
            let table = table_of(&found.moments, &fixed, layer, comparison).await?;
            // Showing it is work of its own.
            platform::next_task().await;
            Ok(DeResult {
                comparison: comparison.clone(),
                answer: Answer::Cells(Arc::new(table)),
                names: Arc::clone(&genes.names),
                is_estimate,
                choice: found.choice,
                n_bytes: found.n_bytes,
                millis: platform::now_millis() - began,
                layer: layer.name.clone(),
            })
        };
        if comparison.mode == TestMode::Samples {
            let on_progress = |progress| self.comparing.set(CompareStatus::Running(progress, None));
            let (answer, choice, n_bytes) =
                self.compare_samples(dataset, pool, index, question, &fixed, &on_progress).await?;
            return Ok(DeResult {
                comparison: comparison.clone(),
                answer: Answer::Samples(Arc::new(answer)),
                names: Arc::clone(&genes.names),
                is_estimate: false,
                choice,
                n_bytes,
                millis: platform::now_millis() - began,
                layer: layer.name.clone(),
            });
        }
        let estimate = RefCell::new(None);
        let on_progress = |progress: Progress| {
            self.comparing.set(CompareStatus::Running(progress, estimate.borrow().clone()));
        };
        let on_estimate = async |found: Found| {
            // A sample too small for a table leaves the wait as it is.
            if let Ok(result) = finish(found, true).await {
                estimate.replace(Some(Arc::new(result)));
                on_progress(Progress::default());
            }
        };
        let found = self.moments(dataset, pool, index, question, &on_progress, Some(&on_estimate)).await?;
        finish(found, false).await
    }

    pub(super) async fn gene_table(self, dataset: &Dataset, layer: usize) -> Result<Arc<GeneTable>, FetchError> {
        let kept = self.with_session(|session| session.loaded.tables.get(&layer).and_then(Slot::ready).cloned());
        match kept.flatten() {
            Some(table) => Ok(table),
            None => Ok(Arc::new(GeneTable::new(dataset.genes(layer).await?))),
        }
    }
}

impl DeResult {
    /// The table as CSV, with a record of how it was made.
    pub fn csv(&self, dataset: &str) -> String {
        let reference = match &self.comparison.reference {
            Reference::Rest => "rest",
            Reference::Set(name) => name,
        };
        let [n_group, n_reference] = self.n_cells();
        let record = DeRecord {
            dataset: dataset.to_owned(),
            group: CellSetRecord { name: self.comparison.group.clone(), n_cells: n_group },
            reference: CellSetRecord { name: reference.to_owned(), n_cells: n_reference },
            layer: self.layer.clone(),
        };
        match &self.answer {
            Answer::Cells(table) => to_csv(table, &self.names, &record),
            Answer::Samples(answer) => pseudobulk_to_csv(&answer.table, &self.names, &record, &answer.by),
        }
    }

    /// Cells of group and reference.
    pub fn n_cells(&self) -> [u64; 2] {
        match &self.answer {
            Answer::Cells(table) => [table.n_group, table.n_reference],
            Answer::Samples(answer) => answer.n_cells,
        }
    }

    /// The table of cells, where cells were compared.
    pub fn cells(&self) -> Option<&Arc<DeTable>> {
        match &self.answer {
            Answer::Cells(table) => Some(table),
            Answer::Samples(_) => None,
        }
    }

    /// The answer of samples, where these were compared.
    pub fn samples(&self) -> Option<&Arc<SampleAnswer>> {
        match &self.answer {
            Answer::Cells(_) => None,
            Answer::Samples(answer) => Some(answer),
        }
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

async fn table_of(
    [group, reference]: &[Moments; 2],
    fixed: &FixedPoints,
    layer: &Layer,
    comparison: &Comparison,
) -> Result<DeTable, CompareError> {
    let reference_name = match &comparison.reference {
        Reference::Rest => "the rest",
        Reference::Set(name) => name,
    };
    for (moments, name) in [(group, comparison.group.as_str()), (reference, reference_name)] {
        if moments.n_cells == 0 {
            return Err(CompareError::Empty(name.to_owned()));
        }
    }
    let options = DeOptions {
        method: match comparison.mode {
            // Samples have a table of their own.
            TestMode::Welch | TestMode::Samples => Method::Welch,
            TestMode::CellxgeneCompatible => Method::CellxgeneCompatible,
        },
        effect: Effect::of_layer(layer),
        ..DeOptions::default()
    };
    let mut table = TableInParts::new(group, reference, fixed, options)?;
    while table.add(GENES_AT_A_TIME) {
        platform::breathe().await;
    }
    platform::breathe().await;
    Ok(table.finish())
}
