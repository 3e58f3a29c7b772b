//! The page's side: workers as functions. A job is a future; dropping it cancels the job.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    ops::Range,
    rc::{Rc, Weak},
    sync::Arc,
};

use explorer_core::{
    color::Ground,
    dataset::{MarkerShare, Task, shares_of_genes},
    de::{FixedPoints, Marker, Moments, MomentsError, RankGroups, RankSums, Sign, Summing},
    embed::Storage,
    session::Progress,
};
use futures_channel::{mpsc, oneshot};
use futures_util::{StreamExt, future::try_join_all};
use shared_fbs::{DecodeError, tile};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Blob, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::{
    markers::markers_from_bytes,
    message::{MadeFile, Posted, Reply, Request, SUBSET_PARTS},
    ranks::ranks_from_bytes,
};
use crate::{
    fetch::{self, Address},
    platform,
};

/// A worker's first script, relative to the page's base.
const LOADER: &str = "./worker.js";

/// The same of the worker that writes cells as a file.
const SUBSET_LOADER: &str = "./subset.js";

/// The same of the worker that draws plots.
const PLOTS_LOADER: &str = "./plots.js";

/// More would fetch no faster, and each holds its own memory.
const MOST_WORKERS: usize = 8;

/// Why a job gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkerError {
    /// The browser could not start a worker, or it broke.
    #[error("A background worker could not be run. Reload the page to try again.")]
    Broken,
    /// A worker says why.
    #[error("{0}")]
    Failed(String),
    /// A worker's answer makes no sense.
    #[error("A background worker gave a broken answer: {0}.")]
    Answer(#[from] DecodeError),
    /// A worker answers another question.
    #[error("A background worker gave an answer of another kind.")]
    Kind,
    /// Workers' answers do not fit together.
    #[error("The results of background workers do not fit together: {0}.")]
    Merge(#[from] MomentsError),
}

/// Workers for one dataset. They start with the first job.
pub struct Pool {
    address: Address,
    root: String,
    storage: Storage,
    workers: RefCell<Vec<Rc<Proxy>>>,
    /// The worker that draws plots, once one was asked for: it has their tiles.
    plotter: RefCell<Option<Rc<Proxy>>>,
    next_job: Cell<u32>,
    bytes_fetched: Cell<u64>,
}

impl Pool {
    /// A pool for the dataset at an address; `root` is the address of the page's root.
    pub fn new(address: Address, root: String, storage: Storage) -> Self {
        Self {
            address,
            root,
            storage,
            workers: RefCell::default(),
            plotter: RefCell::default(),
            next_job: Cell::new(0),
            bytes_fetched: Cell::new(0),
        }
    }

    /// Bytes of tiles that have come to the workers so far, as they have told.
    pub fn bytes_fetched(&self) -> u64 {
        self.bytes_fetched.get()
    }

    /// The moments of group and reference in a layer of `n_genes` genes and these steps, a share in each worker.
    ///
    /// # Errors
    /// When a worker fails; the rest is then canceled.
    pub async fn moments(
        &self,
        layer: u32,
        n_genes: u32,
        fixed: &FixedPoints,
        task: &Task<'_>,
        on_progress: &dyn Fn(Progress),
    ) -> Result<[Moments; 2], WorkerError> {
        let workers = self.started()?;
        let shares = task.shares(n_genes, workers.len()).into_iter();
        let requests = |job| shares.map(move |share| Request::Moments { job, layer, share }).collect();
        let mut sums = Summing::new(fixed, n_genes as usize);
        for answer in self.run(&workers, requests, task.n_parts(n_genes), on_progress).await? {
            let Answer::Moments([group, reference]) = answer else { return Err(WorkerError::Kind) };
            for (bytes, signs) in [(group, [Some(Sign::Plus), None]), (reference, [None, Some(Sign::Plus)])] {
                platform::breathe().await;
                sums.take_moments(&tile::Moments::decode(&bytes)?, signs)?;
            }
        }
        Ok(sums.finish(task.n_cells())?)
    }

    /// The best markers of every label, label after label, a share of the labels in each worker.
    ///
    /// # Errors
    /// When a worker fails; the rest is then canceled.
    pub async fn markers(
        &self,
        layer: u32,
        n_genes: u32,
        all: &MarkerShare,
        on_progress: &dyn Fn(Progress),
    ) -> Result<Vec<Vec<Marker>>, WorkerError> {
        let workers = self.started()?;
        let n_labels = all.labels.len() as u32;
        let shares = all.shares(n_genes, workers.len()).into_iter();
        let requests = |job| shares.map(move |share| Request::Markers { job, layer, share }).collect();
        let mut markers = Vec::with_capacity(n_labels as usize);
        for answer in self.run(&workers, requests, n_labels, on_progress).await? {
            let Answer::Bytes(bytes) = answer else { return Err(WorkerError::Kind) };
            markers.extend(markers_from_bytes(&bytes).ok_or(WorkerError::Kind)?);
        }
        Ok(markers)
    }

    /// The correlations of all genes with the numbers of the cells that count, eight bytes each, a share of the genes in each
    /// worker. Other cells have NaN.
    ///
    /// # Errors
    /// When a worker fails; the rest is then canceled.
    pub async fn correlate(
        &self,
        layer: u32,
        n_genes: u32,
        numbers: &[f32],
        on_progress: &dyn Fn(Progress),
    ) -> Result<Vec<u8>, WorkerError> {
        let workers = self.started()?;
        let numbers: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let shares = shares_of_genes(n_genes, workers.len() as u32);
        let requests =
            |job| shares.map(|genes| Request::Correlate { job, layer, genes, numbers: numbers.clone() }).collect();
        let mut r = Vec::with_capacity(n_genes as usize * size_of::<f64>());
        for answer in self.run(&workers, requests, n_genes, on_progress).await? {
            let Answer::Bytes(bytes) = answer else { return Err(WorkerError::Kind) };
            r.extend(bytes);
        }
        Ok(r)
    }

    /// The rank sums of two sets in a layer of `n_genes` genes, a share of the genes in each worker.
    ///
    /// # Errors
    /// When a worker fails; the rest is then canceled.
    pub async fn ranks(
        &self,
        layer: u32,
        n_genes: u32,
        groups: &RankGroups,
        on_progress: &dyn Fn(Progress),
    ) -> Result<RankSums, WorkerError> {
        let workers = self.started()?;
        let shares: Vec<Range<u32>> = shares_of_genes(n_genes, workers.len() as u32).collect();
        let labels = groups.ranked_cells();
        let requests = |job| {
            let request = |genes| Request::Ranks { job, layer, genes, labels: Arc::clone(&labels) };
            shares.iter().cloned().map(request).collect()
        };
        let answers = self.run(&workers, requests, n_genes, on_progress).await?;
        let mut sums = RankSums::empty(groups);
        for (genes, answer) in shares.iter().cloned().zip(answers) {
            let Answer::Ranks(bytes) = answer else { return Err(WorkerError::Kind) };
            let share = ranks_from_bytes(&bytes, genes, &sums.n_cells).ok_or(WorkerError::Kind)?;
            sums.append(share);
        }
        Ok(sums)
    }

    /// Some cells as an AnnData file, by a worker of its own, whose memory is freed after that.
    ///
    /// # Errors
    /// When the worker fails.
    pub async fn subset(
        &self,
        cells: Vec<u8>,
        additions: String,
        on_progress: &dyn Fn(Progress),
    ) -> Result<MadeFile, WorkerError> {
        let worker = Proxy::start(SUBSET_LOADER, self.open_request())?;
        let requests = |job| vec![Request::Subset { job, cells, additions }];
        match self.run(&[worker], requests, SUBSET_PARTS, on_progress).await?.pop() {
            Some(Answer::File(file)) => Ok(file),
            Some(Answer::Moments(_) | Answer::Bytes(_) | Answer::Ranks(_) | Answer::Plot(_)) | None => {
                Err(WorkerError::Kind)
            }
        }
    }

    /// A plot as SVG, as a table in HTML and as CSV, or an answer as HTML, without a table, and as CSV: what is asked, as
    /// JSON, and what comes with it.
    ///
    /// # Errors
    /// When the worker fails.
    pub async fn plot(
        &self,
        question: String,
        payload: Vec<u8>,
        n_parts: u32,
        on_progress: &dyn Fn(Progress),
    ) -> Result<[String; 3], WorkerError> {
        self.texts(|job| Request::Plot { job, question, payload, scale: 0 }, n_parts, on_progress).await
    }

    /// The same plot as PNG, with `scale` pixels for each CSS pixel along a side.
    ///
    /// # Errors
    /// When the worker fails.
    pub async fn plot_as_png(&self, question: String, payload: Vec<u8>, scale: u32) -> Result<Blob, WorkerError> {
        self.picture(|job| Request::Plot { job, question, payload, scale }).await
    }

    /// The answer to a question to the corpus at the pool's address: as HTML, its figure as SVG, the numbers as CSV.
    ///
    /// # Errors
    /// When the worker fails.
    pub async fn corpus(&self, asked: String, ground: Ground) -> Result<[String; 3], WorkerError> {
        self.texts(|job| Request::Corpus { job, asked, ground, scale: 0 }, 1, &|_| {}).await
    }

    /// The figure of the same as PNG, with `scale` pixels for each CSS pixel along a side.
    ///
    /// # Errors
    /// When the worker fails.
    pub async fn corpus_as_png(&self, asked: String, ground: Ground, scale: u32) -> Result<Blob, WorkerError> {
        self.picture(|job| Request::Corpus { job, asked, ground, scale }).await
    }

    async fn texts(
        &self,
        request: impl FnOnce(u32) -> Request,
        n_parts: u32,
        on_progress: &dyn Fn(Progress),
    ) -> Result<[String; 3], WorkerError> {
        match self.run(&[self.plotter()?], |job| vec![request(job)], n_parts, on_progress).await?.pop() {
            Some(Answer::Plot(texts)) => Ok(texts),
            Some(Answer::Moments(_) | Answer::Bytes(_) | Answer::Ranks(_) | Answer::File(_)) | None => {
                Err(WorkerError::Kind)
            }
        }
    }

    async fn picture(&self, request: impl FnOnce(u32) -> Request) -> Result<Blob, WorkerError> {
        match self.run(&[self.plotter()?], |job| vec![request(job)], 1, &|_| {}).await?.pop() {
            Some(Answer::File(made)) => Ok(made.file),
            Some(Answer::Moments(_) | Answer::Bytes(_) | Answer::Ranks(_) | Answer::Plot(_)) | None => {
                Err(WorkerError::Kind)
            }
        }
    }

    fn plotter(&self) -> Result<Rc<Proxy>, WorkerError> {
        let mut plotter = self.plotter.borrow_mut();
        if let Some(plotter) = plotter.as_ref().filter(|plotter| !plotter.broken.get()) {
            return Ok(Rc::clone(plotter));
        }
        Ok(Rc::clone(plotter.insert(Proxy::start(PLOTS_LOADER, self.open_request())?)))
    }

    /// Lets each worker do a request, and reports how far all of them have come.
    async fn run(
        &self,
        workers: &[Rc<Proxy>],
        requests: impl FnOnce(u32) -> Vec<Request>,
        n_parts: u32,
        on_progress: &dyn Fn(Progress),
    ) -> Result<Vec<Answer>, WorkerError> {
        let began = platform::now_millis();
        let (sender, mut progress) = mpsc::unbounded();
        let job = self.next_job.get();
        self.next_job.set(job.wrapping_add(1));
        let jobs: Vec<Job> = workers
            .iter()
            .zip(requests(job))
            .map(|(worker, request)| Job::start(worker, job, &request, sender.clone()))
            .collect();
        drop(sender);
        let report = async {
            let mut sum = Progress { n_parts, ..Progress::default() };
            while let Some((n_done, n_bytes)) = progress.next().await {
                sum.n_done += n_done;
                sum.n_bytes += u64::from(n_bytes);
                self.bytes_fetched.set(self.bytes_fetched.get() + u64::from(n_bytes));
                sum.millis = platform::now_millis() - began;
                on_progress(sum);
            }
        };
        let (answers, ()) = futures_util::join!(try_join_all(jobs.into_iter().map(Job::finish)), report);
        answers
    }

    /// The workers, started if they are not yet. One that broke is replaced.
    fn started(&self) -> Result<Vec<Rc<Proxy>>, WorkerError> {
        let mut workers = self.workers.borrow_mut();
        workers.retain(|worker| !worker.broken.get());
        let cores = platform::window().navigator().hardware_concurrency() as usize;
        while workers.len() < cores.saturating_sub(1).clamp(1, MOST_WORKERS) {
            workers.push(Proxy::start(LOADER, self.open_request())?);
        }
        Ok(workers.clone())
    }

    fn open_request(&self) -> Request {
        Request::Open {
            address: self.address.clone(),
            root: self.root.clone(),
            storage: self.storage,
            bytes: fetch::port_for_worker(),
        }
    }
}

/// What a job comes to, as bytes.
enum Answer {
    /// `Moments` tiles of group and reference.
    Moments([Vec<u8>; 2]),
    /// The markers of labels, or the correlations of genes.
    Bytes(Vec<u8>),
    /// The rank sums of genes.
    Ranks(Vec<u8>),
    /// A file.
    File(MadeFile),
    /// A plot as texts.
    Plot([String; 3]),
}

type Listener = (mpsc::UnboundedSender<(u32, u32)>, oneshot::Sender<Result<Answer, WorkerError>>);

type Callbacks = (Closure<dyn Fn(MessageEvent)>, Closure<dyn Fn()>);

/// One worker.
struct Proxy {
    worker: Worker,
    ready: Cell<bool>,
    broken: Cell<bool>,
    /// Requests that wait for the worker to hear.
    waiting: RefCell<Vec<Request>>,
    listeners: RefCell<HashMap<u32, Listener>>,
    /// What the worker calls; kept as long as it lives.
    callbacks: RefCell<Option<Callbacks>>,
}

impl Proxy {
    fn start(loader: &str, open: Request) -> Result<Rc<Self>, WorkerError> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(loader, &options).map_err(|_| WorkerError::Broken)?;
        let proxy = Rc::new(Self {
            worker,
            ready: Cell::new(false),
            broken: Cell::new(false),
            waiting: RefCell::new(vec![open]),
            listeners: RefCell::default(),
            callbacks: RefCell::default(),
        });
        let heard = Rc::downgrade(&proxy);
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let (Some(proxy), Some(reply)) = (heard.upgrade(), Reply::from_js(&event.data())) {
                proxy.hear(reply);
            }
        });
        let failed = Rc::downgrade(&proxy);
        let on_error = Closure::<dyn Fn()>::new(move || {
            if let Some(proxy) = Weak::upgrade(&failed) {
                proxy.give_up();
            }
        });
        proxy.worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        proxy.worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        proxy.callbacks.replace(Some((on_message, on_error)));
        Ok(proxy)
    }

    fn ask(&self, request: &Request) {
        if !self.ready.get() {
            self.waiting.borrow_mut().push(request.clone());
            return;
        }
        let Posted { message, transfer } = request.to_js();
        if self.worker.post_message_with_transfer(&message, &transfer).is_err() {
            self.give_up();
        }
    }

    fn hear(&self, reply: Reply) {
        match reply {
            Reply::Ready => {
                self.ready.set(true);
                let waiting = self.waiting.take();
                waiting.iter().for_each(|request| self.ask(request));
            }
            Reply::Progress { job, n_done, n_bytes } => {
                if let Some((progress, _)) = self.listeners.borrow().get(&job) {
                    // Whoever asked may have gone.
                    let _ = progress.unbounded_send((n_done, n_bytes));
                }
            }
            Reply::Moments { job, group, reference } => self.tell(job, Ok(Answer::Moments([group, reference]))),
            Reply::Bytes { job, bytes } => self.tell(job, Ok(Answer::Bytes(bytes))),
            Reply::Ranks { job, ranks } => self.tell(job, Ok(Answer::Ranks(ranks))),
            Reply::File { job, file } => self.tell(job, Ok(Answer::File(file))),
            Reply::Plot { job, texts } => self.tell(job, Ok(Answer::Plot(texts))),
            Reply::Failed { job, sentence } => self.tell(job, Err(WorkerError::Failed(sentence))),
        }
    }

    fn tell(&self, job: u32, answer: Result<Answer, WorkerError>) {
        let listener = self.listeners.borrow_mut().remove(&job);
        if let Some((_, done)) = listener {
            let _ = done.send(answer);
        }
    }

    /// The worker broke: all that wait are told, and the pool will start another.
    fn give_up(&self) {
        self.broken.set(true);
        self.listeners.borrow_mut().clear();
        self.worker.terminate();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

/// A share of a job in one worker. Dropping it cancels the share.
struct Job {
    worker: Rc<Proxy>,
    job: u32,
    done: Option<oneshot::Receiver<Result<Answer, WorkerError>>>,
}

impl Job {
    fn start(worker: &Rc<Proxy>, job: u32, request: &Request, progress: mpsc::UnboundedSender<(u32, u32)>) -> Self {
        let (sender, receiver) = oneshot::channel();
        worker.listeners.borrow_mut().insert(job, (progress, sender));
        worker.ask(request);
        Self { worker: Rc::clone(worker), job, done: Some(receiver) }
    }

    async fn finish(mut self) -> Result<Answer, WorkerError> {
        match self.done.take() {
            Some(done) => done.await.unwrap_or(Err(WorkerError::Broken)),
            None => Err(WorkerError::Broken),
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        // Still listed: no answer came yet.
        let is_under_way = self.worker.listeners.borrow_mut().remove(&self.job).is_some();
        if is_under_way {
            self.worker.ask(&Request::Cancel { job: self.job });
        }
    }
}
