//! Further answers about the comparison that is open: another one that it is held against, gene sets, a gene in both sets.

use std::{rc::Rc, sync::Arc};

use explorer_core::{
    color::{Ground, label_colors, opaque},
    de::RankGroups,
    grouping::{Group, GroupColumn, Grouping},
    session::{
        Bounds, DeResult, EnrichmentQuestion, JobStatus, PlotGene, PlotQuestion, Progress, Question, Session, SetSort,
        SetsSource, WorkerQuestion,
    },
    state::{ComparisonPlot, Enrichment, Plot, PlotKind, ViewSpec},
};
use leptos::prelude::*;

use super::{
    MOST_RESULTS, Store,
    access::DataAccess,
    compare::Place,
    job_runner::{JobRunner, Run},
    plots::PlotError,
};
use crate::{json, owner::Alive};

/// How the comparison that is held against the open one stands.
pub type OtherStatus = JobStatus<DeResult, Progress>;

/// How the test of gene sets stands.
pub type SetsStatus = JobStatus<SetsAnswer, Progress>;

/// How the plot of one gene in both sets stands.
pub type SpreadStatus = JobStatus<SpreadAnswer, Progress>;

/// A test of gene sets.
#[derive(Clone, Debug)]
pub struct AskedSets {
    /// How.
    pub enrichment: Enrichment,
    /// Which ones.
    pub sets: SetsSource,
    /// The comparison's result.
    pub result: Arc<DeResult>,
    /// The order of the table.
    pub sort: SetSort,
}

impl PartialEq for AskedSets {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.result, &other.result)
            && (self.enrichment, self.sort, &self.sets) == (other.enrichment, other.sort, &other.sets)
    }
}

/// Gene sets that were tested.
#[derive(Debug)]
pub struct SetsAnswer {
    /// What was tested, and what of the sets was left out.
    pub note: String,
    /// The table, in HTML.
    pub html: String,
    /// All of it.
    pub csv: String,
}

/// A gene in both sets of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct AskedSpread {
    question: Question,
    gene: String,
    ground: Ground,
}

impl AskedSpread {
    /// Whether the cells of its sets go by a column.
    pub fn uses_column(&self, name: &str) -> bool {
        self.question.uses_column(name)
    }
}

/// How the values of a gene lie in both sets.
#[derive(Debug)]
pub struct SpreadAnswer {
    /// What was asked.
    pub(super) asked: AskedSpread,
    /// What the gene is shown as.
    pub gene: String,
    /// The picture.
    pub svg: String,
    /// Its numbers, as a table in HTML.
    pub table: String,
    /// The same in full.
    pub csv: String,
}

/// The signals of the answers.
#[derive(Clone, Copy, Default)]
pub(super) struct AnswerSignals {
    pub other: RwSignal<OtherStatus>,
    pub sets: RwSignal<SetsStatus>,
    pub spread: RwSignal<SpreadStatus>,
}

impl AnswerSignals {
    /// Whether one of the answers is being found.
    pub fn are_awaited(self) -> bool {
        self.other.with_untracked(JobStatus::is_running)
            || self.sets.with_untracked(JobStatus::is_running)
            || self.spread.with_untracked(JobStatus::is_running)
    }
}

/// What runs.
pub(super) struct Answers {
    other: Rc<JobRunner<Question, DeResult>>,
    sets: Rc<JobRunner<AskedSets, SetsAnswer>>,
    spread: Rc<JobRunner<AskedSpread, SpreadAnswer>>,
}

impl Answers {
    pub fn new(signals: AnswerSignals, alive: Alive) -> Self {
        Self {
            other: JobRunner::new(MOST_RESULTS, signals.other, alive),
            sets: JobRunner::new(MOST_RESULTS, signals.sets, alive),
            spread: JobRunner::new(MOST_RESULTS, signals.spread, alive),
        }
    }

    /// Lets those that failed be asked for again.
    pub fn retry(&self) {
        self.other.retry();
        self.sets.retry();
        self.spread.retry();
    }

    /// Forgets the answers that go by a column that is another by now.
    pub fn forget(&self, is_renewed: impl Fn(&dyn Fn(&str) -> bool) -> bool) {
        self.other.forget(|asked| is_renewed(&|column: &str| asked.uses_column(column)));
        self.spread.forget(|asked| is_renewed(&|column: &str| asked.uses_column(column)));
    }
}

impl Store {
    /// How the comparison that the open one is held against stands.
    pub fn comparing_other(self) -> Signal<OtherStatus> {
        self.answers.other.into()
    }

    /// How the test of gene sets stands.
    pub fn testing_sets(self) -> Signal<SetsStatus> {
        self.answers.sets.into()
    }

    /// How the plot of one gene in both sets stands.
    pub fn spreading(self) -> Signal<SpreadStatus> {
        self.answers.spread.into()
    }

    /// Brings what is shown beside the open comparison in line with the state.
    pub(super) fn follow_answers(self, view: &ViewSpec) {
        let Some(access) = self.access() else { return };
        let inner = Rc::clone(&access.inner);
        let shown = view.shown_comparison();
        let of = &view.layout.comparison;
        let is_open = |plot: ComparisonPlot| shown.is_some() && of.plot == plot;
        let other = of.with.filter(|_| is_open(ComparisonPlot::Effects));
        let other = other.and_then(|with| view.analysis.comparisons.get(with as usize));
        let other = other.and_then(|other| Question::new(other, &view.analysis));
        inner.answers.other.follow(
            self,
            other.as_ref(),
            async move |run: &Run<Question, DeResult>, asked: &Question| access.compare(asked, run, Place::Other).await,
        );
        let Some(access) = self.access() else { return };
        let ground = access.read(Session::ground).unwrap_or_default();
        let spread = || {
            let gene = of.gene.clone().filter(|_| is_open(ComparisonPlot::Gene))?;
            Some(AskedSpread { question: Question::new(shown?, &view.analysis)?.of_cells(), gene, ground })
        };
        let spread = spread();
        let work = async move |_: &Run<AskedSpread, SpreadAnswer>, asked: &AskedSpread| access.spread(asked).await;
        inner.answers.spread.follow(self, spread.as_ref(), work);
    }

    /// Tests gene sets, or none.
    pub fn test_sets(self, asked: Option<&AskedSets>) {
        let Some(access) = self.access() else { return };
        let inner = Rc::clone(&access.inner);
        let work = async move |_: &Run<AskedSets, SetsAnswer>, asked: &AskedSets| access.sets(asked).await;
        inner.answers.sets.follow(self, asked, work);
    }

    /// Asks for the answers that failed again.
    pub fn retry_answers(self) {
        if let Some(inner) = self.inner() {
            inner.answers.retry();
        }
        self.settle();
    }
}

impl DataAccess {
    async fn sets(&self, asked: &AskedSets) -> Result<SetsAnswer, PlotError> {
        let (question, table) = self.sets_question(asked)?;
        let question = json::text_of(&question).ok_or(PlotError::Question)?;
        let [note, html, csv] = self.pool.plot(question, table, 1, &|_| {}).await?;
        Ok(SetsAnswer { note, html, csv })
    }

    /// The question about gene sets, and what goes with it.
    pub(super) fn sets_question(&self, asked: &AskedSets) -> Result<(WorkerQuestion, Vec<u8>), PlotError> {
        let AskedSets { enrichment, sets, result, sort } = asked;
        let (layer, record) = self.compared(result)?;
        let (question, table) = EnrichmentQuestion::new(*enrichment, sets.clone(), (&**result, layer), record, *sort)
            .ok_or(PlotError::Question)?;
        Ok((WorkerQuestion::Enrichment(Box::new(question)), table))
    }

    async fn spread(&self, asked: &AskedSpread) -> Result<SpreadAnswer, PlotError> {
        let (gene, (question, labels)) = self.spread_question(asked, asked.ground).await?;
        let question = json::text_of(&question).ok_or(PlotError::Question)?;
        let [svg, table, csv] = self.pool.plot(question, labels, 1, &|_| {}).await?;
        Ok(SpreadAnswer { asked: asked.clone(), gene, svg, table, csv })
    }

    /// What a gene is shown as; the question about it in both sets, and what goes with that.
    pub(super) async fn spread_question(
        &self,
        asked: &AskedSpread,
        ground: Ground,
    ) -> Result<(String, (WorkerQuestion, Vec<u8>)), PlotError> {
        let comparison = &asked.question.comparison;
        let (index, layer) = self.dataset.statistics_layer(comparison.layer.as_deref())?;
        let genes = self.gene_table(index).await?;
        let gene = genes.find(&asked.gene).map_err(|_| PlotError::NoGenes)?;
        let sides = self.masks(&asked.question.sides).await?;
        let groups = RankGroups::two(&sides.group, &sides.reference);
        let labels = comparison.names().map(str::to_owned).to_vec();
        let colors = label_colors(2, None).into_iter().map(opaque).collect();
        let group = |(at, n_cells)| Group { labels: vec![at], n_cells };
        let grouping = Grouping {
            columns: vec![GroupColumn { name: "cell set".to_owned(), labels, colors }],
            groups: (0..).zip(groups.n_cells()).map(group).collect(),
            n_unlabeled: 0,
        };
        let label = genes.names.label(gene).to_owned();
        let plot = Plot {
            kind: PlotKind::Violins,
            by: comparison.title(),
            genes: vec![genes.names.id(gene).to_owned()],
            layer: comparison.layer.clone(),
            universe: comparison.universe.clone(),
            ..Plot::default()
        };
        let manifest = self.dataset.manifest();
        let question = PlotQuestion {
            genes: vec![PlotGene { index: gene.0, id: plot.genes[0].clone(), label: label.clone() }],
            ground,
            dataset: manifest.title.clone().or_else(|| manifest.source.clone()).unwrap_or_default(),
            within: self.read(|session| session.levels_text(&comparison.universe, Bounds::Exact)).unwrap_or_default(),
            plot,
            grouping,
            ..PlotQuestion::default()
        };
        let question = WorkerQuestion::TwoSets(question.of_layer(index, layer));
        Ok((label, (question, groups.ranked_cells().to_vec())))
    }
}
