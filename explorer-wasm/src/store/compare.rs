//! Differential expression of the comparison that is open.

use std::{rc::Rc, sync::Arc};

use explorer_core::{
    dataset::DatasetError,
    de::{self, DeTable, FixedPoints, Moments, TableInParts},
    session::{Answer, DeResult, Progress, Question},
    state::{TestMode, ViewSpec},
};
use shared_fbs::manifest::Layer;

use super::{Store, access::DataAccess, job_runner::Run, routes::Found};
use crate::{fetch::FetchError, platform, worker::WorkerError};

/// Genes compared between two looks at the clock: some milliseconds.
const GENES_AT_A_TIME: usize = 4096;

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
    #[error("There is no cell in “{0}” to compare.")]
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
        let Some(access) = self.access() else { return };
        let question = view.shown_comparison().and_then(|shown| Question::new(shown, &view.analysis));
        let inner = Rc::clone(&access.inner);
        inner.comparisons.follow(question.as_ref(), async move |run: &Comparing, question: &Question| {
            let answer = access.compare(question, run).await;
            self.note_outcome(&answer);
            answer
        });
    }
}

impl DataAccess {
    async fn compare(&self, question: &Question, run: &Comparing) -> Result<DeResult, CompareError> {
        let began = platform::now_millis();
        let comparison = &question.comparison;
        let (index, layer) = self.dataset.statistics_layer(comparison.layer.as_deref())?;
        let genes = self.gene_table(index).await?;
        let fixed = self.dataset.fixed_points(index).await?;
        let finish = async |found: Found, is_estimate| -> Result<DeResult, CompareError> {
            let table = table_of(&found.moments, &fixed, layer, question).await?;
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
                cautions: layer.cautions.clone(),
            })
        };
        if comparison.mode == TestMode::Samples {
            let (answer, choice, n_bytes) =
                self.compare_samples(index, question, &fixed, &|progress| run.progress(progress)).await?;
            return Ok(DeResult {
                comparison: comparison.clone(),
                answer: Answer::Samples(Arc::new(answer)),
                names: Arc::clone(&genes.names),
                is_estimate: false,
                choice,
                n_bytes,
                millis: platform::now_millis() - began,
                layer: layer.name.clone(),
                cautions: layer.cautions.clone(),
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
        let found = self.moments(index, &question.sides, &on_progress, Some(&on_estimate)).await?;
        finish(found, false).await
    }
}

/// Compares the moments, gene by gene, with pauses in which the page answers.
async fn table_of(
    [group, reference]: &[Moments; 2],
    fixed: &FixedPoints,
    layer: &Layer,
    question: &Question,
) -> Result<DeTable, CompareError> {
    for (moments, name) in [group, reference].into_iter().zip(question.comparison.names()) {
        if moments.n_cells == 0 {
            return Err(CompareError::Empty(name.to_owned()));
        }
    }
    let mut table = TableInParts::new(group, reference, fixed, question.options(layer))?;
    while table.add(GENES_AT_A_TIME) {
        platform::breathe().await;
    }
    platform::breathe().await;
    Ok(table.finish())
}
