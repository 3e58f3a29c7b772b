//! Differential expression of the comparison that is open.

use std::{cell::Cell, rc::Rc, sync::Arc};

use explorer_core::{
    dataset::DatasetError,
    de::{self, DeTable, FixedPoints, Moments, RankGroups, RankSums, TableInParts, Ties},
    session::{Answer, DeResult, Progress, Question, Sides},
    state::{TestMode, ViewSpec},
};
use shared_fbs::manifest::Layer;

use super::{Store, access::DataAccess, job_runner::Run, routes::Found};
use crate::{fetch::FetchError, platform, worker::WorkerError};

/// Genes compared between two looks at the clock: some milliseconds.
const GENES_AT_A_TIME: usize = 4096;

/// A comparison under way.
type Comparing = Run<Question, DeResult>;

/// What is known of the two sets of cells that were compared last: another test of theirs reads nothing again.
#[derive(Default)]
pub(super) struct LastSides {
    /// The layer and the sets.
    of: Option<(usize, Sides)>,
    found: Option<Rc<Found>>,
    /// With the bytes that they took.
    ranks: Option<(Rc<RankSums>, u64)>,
    result: Option<(Question, DeResult)>,
}

impl LastSides {
    /// What is known of these; forgets all else.
    fn of(&mut self, layer: usize, sides: &Sides) -> &mut Self {
        if self.of.as_ref().is_none_or(|(of, known)| *of != layer || known != sides) {
            *self = Self { of: Some((layer, sides.clone())), ..Self::default() };
        }
        self
    }
}

/// For which place a comparison is made: each remembers its own sets.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// The one that is open.
    Shown,
    /// The one that it is held against.
    Other,
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
        inner.comparisons.follow(self, question.as_ref(), async move |run: &Comparing, question: &Question| {
            access.compare(question, run, Place::Shown).await
        });
    }
}

impl DataAccess {
    /// Compares two sets of cells, by what is known of them.
    pub(super) async fn compare(
        &self,
        question: &Question,
        run: &Comparing,
        place: Place,
    ) -> Result<DeResult, CompareError> {
        let (index, _) = self.dataset.statistics_layer(question.comparison.layer.as_deref())?;
        let known = self.last_sides((place, index), question, |last| last.result.clone());
        if let Some((_, result)) = known.filter(|(asked, _)| asked.differs_in_adjustment(question)) {
            return Ok(result.adjusted(question.comparison.adjustment));
        }
        let result = self.compare_anew((place, index), question, run).await?;
        self.last_sides((place, index), question, |last| last.result = Some((question.clone(), result.clone())));
        Ok(result)
    }

    async fn compare_anew(
        &self,
        (place, index): (Place, usize),
        question: &Question,
        run: &Comparing,
    ) -> Result<DeResult, CompareError> {
        let began = platform::now_millis();
        let comparison = &question.comparison;
        let layer = self.dataset.layer_entry(index)?;
        let genes = self.gene_table(index).await?;
        let fixed = self.dataset.fixed_points(index).await?;
        let on_progress = |progress: Progress| run.progress(progress);
        let result = |answer, choice, n_bytes, is_estimate| DeResult {
            comparison: comparison.clone(),
            answer,
            names: Arc::clone(&genes.names),
            is_estimate,
            choice,
            n_bytes,
            millis: platform::now_millis() - began,
            layer: layer.name.clone(),
            cautions: layer.cautions.clone(),
        };
        if comparison.mode == TestMode::Samples {
            let (answer, choice, n_bytes) = self.compare_samples(index, question, &fixed, &on_progress).await?;
            return Ok(result(Answer::Samples(Arc::new(answer)), choice, n_bytes, false));
        }
        let ties = comparison.mode.ranks();
        let on_estimate = async |found: Found| {
            // A sample too small for a table leaves the wait as it is. Ranks have no estimate.
            if ties.is_none()
                && let Ok(table) = table_of(&found.moments, &fixed, layer, question).await
            {
                platform::next_task().await;
                run.estimate(result(Answer::Cells(Arc::new(table)), found.choice, found.n_bytes, true));
                run.progress(Progress::default());
            }
        };
        let found = match self.last_sides((place, index), question, |last| last.found.clone()) {
            Some(found) => found,
            None => {
                let found = self.moments(index, &question.sides, &on_progress, Some(&on_estimate)).await?;
                let found = Rc::new(found);
                self.last_sides((place, index), question, |last| last.found = Some(Rc::clone(&found)));
                found
            }
        };
        let mut table = table_of(&found.moments, &fixed, layer, question).await?;
        let mut n_bytes = found.n_bytes;
        if let Some(ties) = ties {
            (table, n_bytes) = self.with_ranks((place, index), question, table, (ties, n_bytes), &on_progress).await?;
        }
        // Showing it is work of its own.
        platform::next_task().await;
        Ok(result(Answer::Cells(Arc::new(table)), found.choice.clone(), n_bytes, false))
    }

    /// The same table by ranks, which the workers find in the tiles of all genes; with the bytes that both took.
    async fn with_ranks(
        &self,
        (place, index): (Place, usize),
        question: &Question,
        table: DeTable,
        (ties, n_bytes): (Ties, u64),
        on_progress: &dyn Fn(Progress),
    ) -> Result<(DeTable, u64), CompareError> {
        let known = self.last_sides((place, index), question, |last| last.ranks.clone());
        let (ranks, n_ranked) = match known {
            Some(known) => known,
            None => {
                let sides = self.masks(&question.sides).await?;
                let groups = RankGroups::two(&sides.group, &sides.reference);
                let n_ranked = Cell::new(0);
                let report = |progress: Progress| {
                    n_ranked.set(progress.n_bytes);
                    on_progress(progress);
                };
                let n_genes = self.dataset.n_genes(index) as u32;
                let ranks = Rc::new(self.pool.ranks(index as u32, n_genes, &groups, &report).await?);
                let ranks = (ranks, n_ranked.get());
                self.last_sides((place, index), question, |last| last.ranks = Some(ranks.clone()));
                ranks
            }
        };
        platform::breathe().await;
        Ok((table.with_ranks(&ranks, 0, ties), n_bytes + n_ranked))
    }

    fn last_sides<T>(
        &self,
        (place, layer): (Place, usize),
        question: &Question,
        act: impl FnOnce(&mut LastSides) -> T,
    ) -> T {
        let [shown, other] = &self.inner.last_sides;
        let last = match place {
            Place::Shown => shown,
            Place::Other => other,
        };
        act(last.borrow_mut().of(layer, &question.sides))
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
