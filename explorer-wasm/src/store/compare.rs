//! Differential expression of the comparison that is open: the question, what runs, what is known.

use std::{rc::Rc, sync::Arc};

use explorer_core::{
    dataset::DatasetError,
    de::{
        self, CellSetRecord, DeOptions, DeRecord, DeTable, Effect, FixedPoints, Method, Moments, TableInParts,
        pseudobulk_to_csv, to_csv,
    },
    state::{CellSource, Comparison, Reference, TestMode, ViewSpec},
};
use shared_fbs::manifest::Layer;

use super::{SampleAnswer, Store, job_runner::Run, routes::Found};
use crate::{
    fetch::{Dataset, FetchError},
    platform,
    worker::{Pool, Progress, WorkerError},
};

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
    /// By what route it was obtained, and what the others would have cost.
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

/// A comparison with the cells that its sets stand for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Question {
    pub(super) comparison: Comparison,
    pub(super) group: CellSource,
    /// `None` is the rest.
    pub(super) reference: Option<CellSource>,
}

/// A comparison under way.
type Comparing = Run<Question, DeResult>;

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
        let tools = self.with_opened(|opened| (opened.dataset.clone(), Rc::clone(&opened.pool)));
        let (Some(inner), Some((dataset, pool))) = (self.inner(), tools) else { return };
        inner.comparisons.follow(question(view).as_ref(), async move |run: &Comparing, question: &Question| {
            self.answer(&dataset, &pool, question, run).await
        });
    }

    async fn answer(
        self,
        dataset: &Dataset,
        pool: &Pool,
        question: &Question,
        run: &Comparing,
    ) -> Result<DeResult, CompareError> {
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
            let (answer, choice, n_bytes) = self
                .compare_samples(dataset, pool, index, question, &fixed, &|progress| run.progress(progress))
                .await?;
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
        let on_estimate = async |found: Found| {
            // A sample too small for a table leaves the wait as it is.
            if let Ok(result) = finish(found, true).await {
                run.estimate(result);
                run.progress(Progress::default());
            }
        };
        let on_progress = |progress: Progress| run.progress(progress);
        let found = self.moments(dataset, pool, index, question, &on_progress, Some(&on_estimate)).await?;
        finish(found, false).await
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
