//! The page's side: workers as functions. A job is a future; dropping it cancels the job.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    ops::Range,
    rc::{Rc, Weak},
};

use explorer_core::de::{GeneMoments, Marker, Moments, MomentsError, Plan, Sign, Summing};
use futures_channel::{mpsc, oneshot};
use futures_util::{StreamExt, future::try_join_all};
use shared_fbs::{DecodeError, tile};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{MessageEvent, Worker, WorkerOptions, WorkerType};

use super::{
    markers::{MarkerShare, markers_from_bytes},
    message::{Posted, Reply, Request, Share},
};
use crate::{fetch::Address, platform};

/// A worker's first script, relative to the page's base.
const LOADER: &str = "./worker.js";

/// More would fetch no faster, and each holds its own memory.
const MOST_WORKERS: usize = 8;

/// Moments of labels that all workers together may hold.
const MOST_MOMENTS_BYTES: u64 = 512 << 20;

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

/// How far a job has come.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Genes, or parts of a plan, done.
    pub n_done: u32,
    /// Genes or parts in all.
    pub n_parts: u32,
    /// Bytes fetched.
    pub n_bytes: u64,
    /// Time since the start.
    pub millis: f64,
}

/// What the workers are to sum up.
#[derive(Clone, Copy, Debug)]
pub enum Task<'a> {
    /// Every gene over all cells; with one label a cell, and the cells of group and reference.
    Genes(&'a [u8], [u64; 2]),
    /// The parts of a plan.
    Plan(&'a Plan),
}

impl Task<'_> {
    /// Parts in all, for progress.
    fn n_parts(&self, n_genes: u32) -> u32 {
        match self {
            Self::Genes(..) => n_genes,
            Self::Plan(plan) => (plan.moments.len() + plan.cells.len()) as u32,
        }
    }

    /// A share for each of so many workers; none for those that would have nothing to do.
    fn shares(&self, n_genes: u32, n_workers: usize) -> Vec<Share> {
        match self {
            Self::Genes(labels, _) => shares_of_genes(n_genes, n_workers as u32)
                .filter(|genes| !genes.is_empty())
                .map(|genes| Share::Genes { genes, labels: labels.to_vec() })
                .collect(),
            Self::Plan(plan) => plan
                .shares(n_workers)
                .into_iter()
                .filter(|share| !share.moments.is_empty() || !share.cells.is_empty())
                .map(|share| Share::Parts { moments: share.moments, cells: share.cells })
                .collect(),
        }
    }

    fn n_cells(&self) -> [u64; 2] {
        match self {
            Self::Genes(_, n_cells) => *n_cells,
            Self::Plan(plan) => plan.n_cells,
        }
    }
}

/// Workers for one dataset. They start with the first job.
pub struct Pool {
    address: Address,
    root: String,
    workers: RefCell<Vec<Rc<Proxy>>>,
    next_job: Cell<u32>,
}

impl Pool {
    /// A pool for the dataset at an address; `root` is the address of the page's root.
    pub fn new(address: Address, root: String) -> Self {
        Self { address, root, workers: RefCell::default(), next_job: Cell::new(0) }
    }

    /// The moments of group and reference in a layer of `n_genes` genes, a share in each worker.
    ///
    /// # Errors
    /// When a worker fails; the rest is then cancelled.
    pub async fn moments(
        &self,
        layer: u32,
        n_genes: u32,
        task: Task<'_>,
        on_progress: impl Fn(Progress),
    ) -> Result<[Moments; 2], WorkerError> {
        let workers = self.started()?;
        let shares = task.shares(n_genes, workers.len()).into_iter();
        let requests = |job| shares.map(move |share| Request::Moments { job, layer, share }).collect();
        let mut sums = Summing::new(n_genes as usize);
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
    /// When a worker fails; the rest is then cancelled.
    pub async fn markers(
        &self,
        layer: u32,
        n_genes: u32,
        all: MarkerShare,
        on_progress: impl Fn(Progress),
    ) -> Result<Vec<Vec<Marker>>, WorkerError> {
        let mut workers = self.started()?;
        if all.by_effect {
            // Each holds the moments of all labels.
            let n_bytes = u64::from(n_genes) * all.tiles.len() as u64 * size_of::<GeneMoments>() as u64;
            workers.truncate((MOST_MOMENTS_BYTES / n_bytes.max(1)).max(1) as usize);
        }
        let n_labels = all.labels.len() as u32;
        let n_workers = workers.len() as u32;
        let shares = (0..n_workers)
            .map(|worker| {
                all.labels.start + n_labels * worker / n_workers..all.labels.start + n_labels * (worker + 1) / n_workers
            })
            .filter(|labels| !labels.is_empty())
            .map(|labels| MarkerShare { labels, ..all.clone() });
        let requests = |job| shares.map(move |share| Request::Markers { job, layer, share }).collect();
        let mut markers = Vec::with_capacity(n_labels as usize);
        for answer in self.run(&workers, requests, n_labels, on_progress).await? {
            let Answer::Markers(bytes) = answer else { return Err(WorkerError::Kind) };
            markers.extend(markers_from_bytes(&bytes).ok_or(WorkerError::Kind)?);
        }
        Ok(markers)
    }

    /// Lets each worker do a request, and reports how far all of them have come.
    async fn run(
        &self,
        workers: &[Rc<Proxy>],
        requests: impl FnOnce(u32) -> Vec<Request>,
        n_parts: u32,
        on_progress: impl Fn(Progress),
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
            workers.push(Proxy::start(&self.address, &self.root)?);
        }
        Ok(workers.clone())
    }
}

/// Cuts genes into shares of equal work, as far as that is known: genes are numbered by falling
/// density, and reading a dense one takes longer, so the work of a gene is taken to fall linearly to
/// a quarter of the first one's.
fn shares_of_genes(n_genes: u32, n_workers: u32) -> impl Iterator<Item = Range<u32>> {
    // The share of the work in the first x of the genes, 0 ≤ x ≤ 1: (x − 0.375 x²) / 0.625.
    let genes_before = move |share: f64| {
        let x = (1.0 - (1.0 - 1.5 * 0.625 * share).max(0.0).sqrt()) / 0.75;
        (x * f64::from(n_genes)).round() as u32
    };
    let at = move |worker: u32| match worker {
        worker if worker == n_workers => n_genes,
        worker => genes_before(f64::from(worker) / f64::from(n_workers)),
    };
    (0..n_workers).map(move |worker| at(worker)..at(worker + 1))
}

/// What a job comes to, as bytes.
enum Answer {
    /// `Moments` tiles of group and reference.
    Moments([Vec<u8>; 2]),
    /// The markers of labels.
    Markers(Vec<u8>),
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
    fn start(address: &Address, root: &str) -> Result<Rc<Self>, WorkerError> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(LOADER, &options).map_err(|_| WorkerError::Broken)?;
        let open = Request::Open { address: address.clone(), root: root.to_owned() };
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
            Reply::Markers { job, markers } => self.tell(job, Ok(Answer::Markers(markers))),
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

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn shares_cover_all_genes_once_and_grow() {
        for (n_genes, n_workers) in [(0, 1), (1, 3), (765, 1), (60_000, 7), (33_452, 8)] {
            let shares: Vec<Range<u32>> = shares_of_genes(n_genes, n_workers).collect();
            assert_eq!(shares.len(), n_workers as usize);
            assert_eq!(shares[0].start, 0);
            assert_eq!(shares.last().map(|share| share.end), Some(n_genes));
            assert!(shares.windows(2).all(|pair| pair[0].end == pair[1].start));
            if n_genes > 1000 {
                assert!(shares.windows(2).all(|pair| pair[0].len() < pair[1].len()));
            }
        }
    }
}
