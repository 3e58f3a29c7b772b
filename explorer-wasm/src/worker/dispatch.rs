//! The worker's side: hears requests, fetches what they compute on, answers.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    ops::Range,
    rc::Rc,
};

use explorer_core::{
    color::Ground,
    data::Continuous,
    dataset::{MarkerShare, Share},
    de::{Marker, RankGroups},
    embed::Storage,
    filter::CellMask,
    statistics::Correlator,
};
use futures_util::future::{AbortHandle, Abortable, LocalBoxFuture};
use js_sys::global;
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, DedicatedWorkerGlobalScope, MessageEvent};

use super::{
    markers::markers_to_bytes,
    message::{MadeFile, Posted, Reply, Request, SUBSET_PARTS},
    ranks::ranks_to_bytes,
};
use crate::fetch::{self, Dataset, FetchError, Fetcher, Limits, Source};

/// What a worker may take: many workers share the browser's connections and memory.
const LIMITS: Limits = Limits { requests: 2, cache_bytes: 48 << 20, storage: Storage::Local };

/// Cells that are to be written as a file.
pub struct SubsetTask {
    /// Where they are.
    pub dataset: Dataset,
    /// Which ones.
    pub cells: CellMask,
    /// What else the file holds, as JSON.
    pub additions: String,
    /// Called with how much is done, from 0 to 1.
    pub report: Box<dyn Fn(f64)>,
}

/// Writes a file, or says in a sentence why not.
pub type WriteSubset = fn(SubsetTask) -> LocalBoxFuture<'static, Result<MadeFile, String>>;

/// A plot that is to be drawn, or a question about some cells.
pub struct PlotTask {
    /// Of what.
    pub dataset: Dataset,
    /// What is asked, as JSON.
    pub question: String,
    /// What comes with the question, as `explorer_core::session::WorkerQuestion` says.
    pub payload: Vec<u8>,
    /// Pixels of a PNG file for each CSS pixel along a side; 0 asks for the texts.
    pub scale: u32,
    /// Called with how many genes or labels more are done.
    pub report: Box<dyn Fn(usize)>,
}

/// A plot that was drawn.
pub enum PlotAnswer {
    /// As SVG, as a table in HTML, as CSV; an answer as HTML, without a table, as CSV.
    Texts([String; 3]),
    /// As PNG.
    Picture(Blob),
}

/// Draws a plot, or says in a sentence why not.
pub type DrawPlot = fn(PlotTask) -> LocalBoxFuture<'static, Result<PlotAnswer, String>>;

/// A question to a corpus.
pub struct CorpusTask {
    /// Where the corpus lies.
    pub source: Source,
    /// The address of the page's root, ending in `/`.
    pub root: String,
    /// What is asked, as `corpus::view::View` has it in an address.
    pub asked: String,
    /// What figures are drawn on.
    pub ground: Ground,
    /// Pixels of a PNG file for each CSS pixel along a side; 0 asks for the texts.
    pub scale: u32,
}

/// Answers a question to a corpus, as HTML, SVG and CSV or as PNG, or says in a sentence why not.
pub type AskCorpus = fn(CorpusTask) -> LocalBoxFuture<'static, Result<PlotAnswer, String>>;

/// What only some workers can do.
#[derive(Clone, Copy, Default)]
pub struct Programs {
    /// Writes cells as files.
    pub write_subset: Option<WriteSubset>,
    /// Draws plots.
    pub draw_plot: Option<DrawPlot>,
    /// Answers questions to a corpus.
    pub ask_corpus: Option<AskCorpus>,
}

/// Starts to listen. For the worker's `main`, which says what else it can do.
pub fn start(programs: Programs) {
    let worker = Rc::new(Worker { programs, ..Worker::default() });
    let listener = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(request) = Request::from_js(&event.data()) {
            worker.hear(request);
        }
    });
    scope().set_onmessage(Some(listener.as_ref().unchecked_ref()));
    // The worker listens as long as it lives.
    listener.forget();
    answer(&Reply::Ready);
}

fn scope() -> DedicatedWorkerGlobalScope {
    global().unchecked_into()
}

fn answer(reply: &Reply) {
    let Posted { message, transfer } = reply.to_js();
    if let Err(error) = scope().post_message_with_transfer(&message, &transfer) {
        // Only a message that cannot be cloned fails, and ours are numbers, text and bytes.
        wasm_bindgen::throw_val(error);
    }
}

/// What the page told to open.
#[derive(Clone)]
struct Opened {
    source: Source,
    /// The address of the page's root.
    root: String,
    storage: Storage,
}

#[derive(Default)]
struct Worker {
    opened: RefCell<Option<Opened>>,
    dataset: RefCell<Option<Dataset>>,
    jobs: RefCell<HashMap<u32, AbortHandle>>,
    programs: Programs,
}

impl Worker {
    fn hear(self: &Rc<Self>, request: Request) {
        match request {
            Request::Open { address, root, storage, bytes } => {
                if let Some(bytes) = bytes {
                    fetch::read_from_host(bytes);
                }
                self.dataset.replace(None);
                let source = Source::new(&address, &root);
                self.opened.replace(Some(Opened { source, root, storage }));
            }
            Request::Cancel { job } => {
                if let Some(handle) = self.jobs.borrow_mut().remove(&job) {
                    handle.abort();
                }
            }
            Request::Moments { job, layer, share } => {
                let worker = Rc::clone(self);
                self.start(job, async move {
                    let [group, reference] = worker.moments(job, layer as usize, &share).await?;
                    Ok(Reply::Moments { job, group, reference })
                });
            }
            Request::Subset { job, cells, additions } => {
                let worker = Rc::clone(self);
                self.start(job, async move { worker.subset(job, CellMask::from_bytes(cells), additions).await });
            }
            Request::Plot { job, question, payload, scale } => {
                let worker = Rc::clone(self);
                self.start(job, async move { worker.plot(job, question, payload, scale).await });
            }
            Request::Corpus { job, asked, ground, scale } => {
                let worker = Rc::clone(self);
                self.start(job, async move { worker.corpus(job, asked, ground, scale).await });
            }
            Request::Ranks { job, layer, genes, labels } => {
                let worker = Rc::clone(self);
                self.start(job, async move {
                    let dataset = worker.dataset().await?;
                    let (report, groups) = (Report::new(job, &dataset), RankGroups::Two(labels));
                    let ranks = dataset.rank(layer as usize, genes, &groups, |n_done| report.tell(n_done)).await?;
                    Ok(Reply::Ranks { job, ranks: ranks_to_bytes(&ranks) })
                });
            }
            Request::Markers { job, layer, share } => {
                let worker = Rc::clone(self);
                self.start(job, async move {
                    let markers = worker.markers(job, layer as usize, &share).await?;
                    Ok(Reply::Bytes { job, bytes: markers_to_bytes(&markers) })
                });
            }
            Request::Correlate { job, layer, genes, numbers } => {
                let worker = Rc::clone(self);
                self.start(job, async move {
                    let r = worker.correlate(job, layer as usize, genes, &numbers).await?;
                    Ok(Reply::Bytes { job, bytes: r.into_iter().flat_map(f64::to_le_bytes).collect() })
                });
            }
        }
    }

    /// Writes cells as a file.
    async fn subset(&self, job: u32, cells: CellMask, additions: String) -> Result<Reply, FetchError> {
        let Some(write) = self.programs.write_subset else {
            return Err(FetchError::Unknown { kind: "program", name: "subset".to_owned() });
        };
        let dataset = self.dataset().await?;
        let told = Cell::new(0);
        let report = Report::new(job, &dataset.clone());
        let report = Box::new(move |share: f64| {
            let n_done = (share * f64::from(SUBSET_PARTS)) as u32;
            report.count(n_done.saturating_sub(told.replace(n_done)));
        });
        Ok(match write(SubsetTask { dataset, cells, additions, report }).await {
            Ok(file) => Reply::File { job, file },
            Err(sentence) => Reply::Failed { job, sentence },
        })
    }

    /// Draws a plot.
    async fn plot(&self, job: u32, question: String, payload: Vec<u8>, scale: u32) -> Result<Reply, FetchError> {
        let Some(draw) = self.programs.draw_plot else {
            return Err(FetchError::Unknown { kind: "program", name: "plots".to_owned() });
        };
        let dataset = self.dataset().await?;
        let report = Report::new(job, &dataset);
        let report = Box::new(move |n_done: usize| report.count(n_done as u32));
        Ok(plot_reply(job, draw(PlotTask { dataset, question, payload, scale, report }).await))
    }

    /// Answers a question to a corpus.
    async fn corpus(&self, job: u32, asked: String, ground: Ground, scale: u32) -> Result<Reply, FetchError> {
        let Some(ask) = self.programs.ask_corpus else {
            return Err(FetchError::Unknown { kind: "program", name: "plots".to_owned() });
        };
        let Opened { source, root, .. } = self.source()?;
        Ok(plot_reply(job, ask(CorpusTask { source, root, asked, ground, scale }).await))
    }

    /// Begins a job that ends in an answer, unless it is canceled.
    fn start(self: &Rc<Self>, job: u32, work: impl Future<Output = Result<Reply, FetchError>> + 'static) {
        let (handle, registration) = AbortHandle::new_pair();
        self.jobs.borrow_mut().insert(job, handle);
        let worker = Rc::clone(self);
        let task = async move {
            let reply = work.await.unwrap_or_else(|error| Reply::Failed { job, sentence: error.to_string() });
            worker.jobs.borrow_mut().remove(&job);
            answer(&reply);
        };
        spawn_local(async move {
            // Aborted by `Cancel`: nobody waits for an answer.
            let _ = Abortable::new(task, registration).await;
        });
    }

    /// What the page opened.
    fn source(&self) -> Result<Opened, FetchError> {
        let opened = self.opened.borrow().clone();
        opened.ok_or(FetchError::Unknown { kind: "dataset", name: "not yet opened".to_owned() })
    }

    async fn dataset(&self) -> Result<Dataset, FetchError> {
        let kept = self.dataset.borrow().clone();
        if let Some(dataset) = kept {
            return Ok(dataset);
        }
        let Opened { source, storage, .. } = self.source()?;
        let dataset = Fetcher::new(source, Limits { storage, ..LIMITS }).open().await?;
        self.dataset.replace(Some(dataset.clone()));
        Ok(dataset)
    }

    /// The sums of a share, as tiles for the page to add up.
    async fn moments(&self, job: u32, layer: usize, share: &Share) -> Result<[Vec<u8>; 2], FetchError> {
        let dataset = self.dataset().await?;
        let report = Report::new(job, &dataset);
        let sums = dataset.sum(layer, share, |n_done| report.tell(n_done)).await?;
        Ok(sums.to_tiles().map(|tile| tile.encode()))
    }

    async fn markers(&self, job: u32, layer: usize, share: &MarkerShare) -> Result<Vec<Vec<Marker>>, FetchError> {
        let dataset = self.dataset().await?;
        let report = Report::new(job, &dataset);
        dataset.markers(layer, share, |n_done| report.tell(n_done)).await
    }

    /// The correlations of genes with the numbers of cells.
    async fn correlate(
        &self,
        job: u32,
        layer: usize,
        genes: Range<u32>,
        numbers: &[u8],
    ) -> Result<Vec<f64>, FetchError> {
        let dataset = self.dataset().await?;
        let values: Vec<f32> = numbers.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        if values.len() != dataset.n_obs() {
            return Err(FetchError::Unknown { kind: "cells", name: format!("of {} numbers", values.len()) });
        }
        let all = CellMask::all(values.len());
        let correlator = Correlator::new(&Continuous { values }, &all);
        let report = Report::new(job, &dataset);
        dataset.correlate(layer, genes, &correlator, |n_done| report.tell(n_done)).await
    }
}

fn plot_reply(job: u32, answer: Result<PlotAnswer, String>) -> Reply {
    match answer {
        Ok(PlotAnswer::Texts(texts)) => Reply::Plot { job, texts },
        Ok(PlotAnswer::Picture(file)) => Reply::File { job, file: MadeFile { file, differences: String::new() } },
        Err(sentence) => Reply::Failed { job, sentence },
    }
}

/// Tells the page how far a job has come.
struct Report {
    job: u32,
    dataset: Dataset,
    n_bytes: Cell<u64>,
}

impl Report {
    fn new(job: u32, dataset: &Dataset) -> Self {
        Self { job, dataset: dataset.clone(), n_bytes: Cell::new(dataset.tiles().bytes_fetched()) }
    }

    /// So many more are done.
    #[expect(clippy::unnecessary_wraps, reason = "what the reader calls may fail elsewhere")]
    fn tell(&self, n_done: usize) -> Result<(), FetchError> {
        self.count(n_done as u32);
        Ok(())
    }

    /// The same, to who cannot fail.
    fn count(&self, n_done: u32) {
        let n_bytes = self.dataset.tiles().bytes_fetched();
        let since = n_bytes - self.n_bytes.replace(n_bytes);
        answer(&Reply::Progress { job: self.job, n_done, n_bytes: since as u32 });
    }
}
