//! The question about some cells that is open: what is asked, what runs, what is known. Workers read, one of their own writes
//! the answer.

use std::{cell::Cell, rc::Rc, time::Duration};

use explorer_core::{
    data::{Column, Continuous},
    dataset::{DatasetError, label_tiles},
    filter::CellMask,
    format::{bytes, duration, plural},
    search::NoGene,
    session::{Bounds, CorrelationQuestion, PortraitQuestion, Progress, Sides, WorkerQuestion},
    state::{About, CellSource, Filters, Inquiry, ViewSpec},
    statistics::{AnswerRecord, Correlator, NoCorrelation},
};

use super::{
    Store,
    access::DataAccess,
    compare::CompareError,
    job_runner::Run,
    routes::{Found, NO_ESTIMATE},
};
use crate::{
    fetch::{FetchError, Priority},
    json, platform,
    worker::WorkerError,
};

/// An answer.
#[derive(Debug)]
pub struct Answered {
    /// What was asked.
    pub asked: Inquiry,
    /// The answer, in HTML.
    pub html: String,
    /// All its numbers.
    pub csv: String,
    /// Cells, layer, method, bytes and time: a few words each.
    pub facts: Vec<String>,
    /// Why it is to be read with care.
    pub caution: Option<String>,
    /// The layer, by its place in the file.
    pub layer: String,
    /// What the worker was asked, and what went with it: a figure is asked for with the same.
    pub(super) asked_of_worker: (WorkerQuestion, Vec<u8>),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum InquiryError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Worker(#[from] WorkerError),
    #[error(transparent)]
    Compare(#[from] CompareError),
    #[error("There is no cell to tell of. Select some, or remove a filter.")]
    NoCells,
    #[error("These are all cells in view: there are no others to tell them from. Select some of them.")]
    NoOthers,
    #[error("“{0}” holds no numbers to correlate genes with.")]
    NoNumbers(String),
    #[error("Nothing can be correlated with it: {0}.")]
    NoCorrelation(#[from] NoCorrelation),
    #[error("The layer {layer} does not have the gene {gene}.")]
    NoGene { layer: String, gene: String },
    #[error("The question cannot be written.")]
    Question,
}

impl From<DatasetError> for InquiryError {
    fn from(error: DatasetError) -> Self {
        Self::Fetch(error.into())
    }
}

type Asking = Run<Inquiry, Answered>;

/// The texts of an answer, and the bytes that it took but for the worker that writes it.
struct Written {
    question: WorkerQuestion,
    payload: Vec<u8>,
    n_bytes: u64,
    n_cells: u64,
    method: &'static str,
}

impl Store {
    /// Brings the work in line with the question that is open: starts it, stops another.
    pub(super) fn follow_inquiry(self, view: &ViewSpec) {
        let Some(access) = self.access() else { return };
        let inner = Rc::clone(&access.inner);
        inner.inquiries.follow(self, view.shown_inquiry(), async move |run: &Asking, asked: &Inquiry| {
            access.answer(asked, run).await
        });
    }
}

impl DataAccess {
    async fn answer(&self, asked: &Inquiry, run: &Asking) -> Result<Answered, InquiryError> {
        let began = platform::now_millis();
        let (index, layer) = self.dataset.statistics_layer(asked.layer.as_deref())?;
        let levels: Vec<Filters> = asked.cells.subset.iter().chain([&asked.cells.filters]).cloned().collect();
        let within = self.read(|session| session.levels_text(&levels, Bounds::Exact)).unwrap_or_default();
        let record = AnswerRecord::of(self.dataset.manifest(), layer, within.clone());
        let written = match &asked.about {
            About::Cells => self.portrait(asked, index, record, run).await?,
            About::Gene(gene) => {
                let table = self.gene_table(index).await?;
                let missing = |_: NoGene| InquiryError::NoGene { layer: layer.name.clone(), gene: gene.clone() };
                let found = table.find(gene).map_err(missing)?;
                let numbers = self.dataset.gene(index, found, Priority::Now).await?.to_continuous();
                let question = CorrelationQuestion {
                    record,
                    layer: index as u32,
                    with: table.names.label(found).to_owned(),
                    gene: Some(found.0),
                    ..CorrelationQuestion::default()
                };
                self.correlation(asked, question, &numbers, run).await?
            }
            About::Column(name) => {
                let column = self.column(name).await?;
                let Column::Continuous(numbers) = column.as_ref() else {
                    return Err(InquiryError::NoNumbers(name.clone()));
                };
                let question = CorrelationQuestion {
                    record,
                    layer: index as u32,
                    with: format!("obs/{name}"),
                    ..CorrelationQuestion::default()
                };
                self.correlation(asked, question, numbers, run).await?
            }
        };
        let Written { question, payload, n_bytes, n_cells, method } = written;
        let text = json::text_of(&question).ok_or(InquiryError::Question)?;
        let n_more = Cell::new(0);
        let [html, _, csv] = self.pool.plot(text, payload.clone(), 1, &|progress| n_more.set(progress.n_bytes)).await?;
        let millis = platform::now_millis() - began;
        let facts = [
            plural(n_cells as usize, "cell", "cells"),
            within,
            method.to_owned(),
            layer.name.clone(),
            bytes(n_bytes + n_more.get()),
            duration(Duration::from_secs_f64(millis / 1000.0)),
        ];
        Ok(Answered {
            asked: asked.clone(),
            html,
            csv,
            facts: facts.into_iter().filter(|fact| !fact.is_empty()).collect(),
            caution: (!layer.cautions.is_empty()).then(|| layer.cautions.join(" ")),
            layer: layer.name.clone(),
            asked_of_worker: (question, payload),
        })
    }

    /// What some cells are: their moments and those of all others in view.
    async fn portrait(
        &self,
        asked: &Inquiry,
        index: usize,
        record: AnswerRecord,
        run: &Asking,
    ) -> Result<Written, InquiryError> {
        let layer = self.dataset.layer_entry(index)?;
        let sides = Sides::new(CellSource::Query(asked.cells.clone()), None, asked.cells.subset.clone());
        let masks = self.masks(&sides).await?;
        let (n_cells, n_others) = (masks.group.count(), masks.reference.count());
        if n_cells == 0 {
            return Err(InquiryError::NoCells);
        }
        if n_others == 0 {
            return Err(InquiryError::NoOthers);
        }
        let on_progress = |progress: Progress| run.progress(progress);
        let Found { moments, n_bytes, .. } = self.moments(index, &sides, &on_progress, NO_ESTIMATE).await?;
        let mut universe = masks.group.clone();
        universe.or(&masks.reference);
        let cells = [&masks.group, &universe];
        let own = self.read(|session| session.own_label_shares(cells[0], cells[1])).unwrap_or_default();
        let nearest_of = self.dataset.manifest().main_label.clone();
        let nearest_of = nearest_of.filter(|column| label_tiles(layer, column).is_some());
        let (question, payload) = PortraitQuestion::new(record, (index, nearest_of), own, cells, &moments);
        let method = "Welch’s t-test against all others in view";
        Ok(Written { question: WorkerQuestion::Portrait(question), payload, n_bytes, n_cells: n_cells as u64, method })
    }

    /// All genes with a number per cell, over the cells asked about that have one.
    async fn correlation(
        &self,
        asked: &Inquiry,
        question: CorrelationQuestion,
        numbers: &Continuous,
        run: &Asking,
    ) -> Result<Written, InquiryError> {
        for key in asked.cells.needs() {
            self.ready(key).await?;
        }
        let mask = self.read(|session| session.cells_of(&CellSource::Query(asked.cells.clone()))).flatten();
        let mask = mask.unwrap_or_else(|| CellMask::all(numbers.values.len()));
        if mask.count() == 0 {
            return Err(InquiryError::NoCells);
        }
        let correlator = Correlator::new(numbers, &mask);
        // All genes would be read for nothing.
        correlator.check()?;
        let number = |(&number, &is_wanted): (&f32, &u8)| if is_wanted == 1 { number } else { f32::NAN };
        let of_wanted: Vec<f32> = numbers.values.iter().zip(correlator.wanted()).map(number).collect();
        let n_cells = correlator.n_cells();
        let n_bytes = Cell::new(0);
        let on_progress = |progress: Progress| {
            n_bytes.set(progress.n_bytes);
            run.progress(progress);
        };
        let n_genes = self.dataset.n_genes(question.layer as usize) as u32;
        let r = self.pool.correlate(question.layer, n_genes, &of_wanted, &on_progress).await?;
        let question = WorkerQuestion::Correlation(CorrelationQuestion { n_cells: n_cells as u32, ..question });
        let method = "Pearson’s r of every gene";
        Ok(Written { question, payload: r, n_bytes: n_bytes.get(), n_cells, method })
    }
}
