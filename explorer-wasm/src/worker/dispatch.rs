//! The worker's side: hears requests, fetches what they compute on, answers.

use std::{cell::RefCell, collections::HashMap, ops::Range, rc::Rc};

use explorer_core::{
    data::assemble::Rebuild,
    de::{
        CellsPart, DeOptions, Effect, FixedPoints, Gather, Marker, MarkerFinder, Moments, MomentsError, MomentsPart,
        Summing,
    },
};
use futures_util::{
    future::{AbortHandle, Abortable},
    stream::{self, StreamExt},
};
use js_sys::global;
use shared_fbs::tile;
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use super::{
    markers::{MarkerShare, markers_to_bytes},
    message::{Posted, Reply, Request, Share},
};
use crate::{
    fetch::{Address, Dataset, FetchError, Fetcher, Limits, Priority, Source},
    platform,
};

/// What a worker may take: many workers share the browser's connections and memory.
const LIMITS: Limits = Limits { requests: 2, cache_bytes: 48 << 20 };

/// Tiles of genes that a batch asks for at once.
const TILES_PER_BATCH: u32 = 256;

/// Tiles of moments, and of cells, that a batch asks for at once: some megabytes.
const PARTS_PER_BATCH: usize = 16;

/// Batches asked for ahead of the one that is computed.
const BATCHES_AHEAD: usize = 2;

/// Starts to listen. For the worker's `main`.
pub fn start() {
    let worker = Rc::new(Worker::default());
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

#[derive(Default)]
struct Worker {
    address: RefCell<Option<(Address, String)>>,
    dataset: RefCell<Option<Dataset>>,
    jobs: RefCell<HashMap<u32, AbortHandle>>,
}

impl Worker {
    fn hear(self: &Rc<Self>, request: Request) {
        match request {
            Request::Open { address, root } => {
                self.dataset.replace(None);
                self.address.replace(Some((address, root)));
            }
            Request::Cancel { job } => {
                if let Some(handle) = self.jobs.borrow_mut().remove(&job) {
                    handle.abort();
                }
            }
            Request::Moments { job, layer, share } => {
                let worker = Rc::clone(self);
                self.start(job, async move {
                    let [group, reference] = worker.moments(job, layer as usize, share).await?;
                    Ok(Reply::Moments { job, group, reference })
                });
            }
            Request::Markers { job, layer, share } => {
                let worker = Rc::clone(self);
                self.start(job, async move {
                    let markers = worker.markers(job, layer as usize, share).await?;
                    Ok(Reply::Markers { job, markers: markers_to_bytes(&markers) })
                });
            }
        }
    }

    /// Begins a job that ends in an answer, unless it is cancelled.
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

    async fn dataset(&self) -> Result<Dataset, FetchError> {
        let kept = self.dataset.borrow().clone();
        if let Some(dataset) = kept {
            return Ok(dataset);
        }
        let address = self.address.borrow().clone();
        let (address, root) =
            address.ok_or(FetchError::Unknown { kind: "dataset", name: "not yet opened".to_owned() })?;
        let dataset = Dataset::open(Fetcher::new(Source::new(&address, &root), LIMITS)).await?;
        self.dataset.replace(Some(dataset.clone()));
        Ok(dataset)
    }

    async fn moments(&self, job: u32, layer: usize, share: Share) -> Result<[Vec<u8>; 2], FetchError> {
        let dataset = self.dataset().await?;
        let fixed = dataset.fixed_points(layer).await?;
        let work = Work { report: Report::new(job, &dataset), dataset, layer, fixed };
        match share {
            Share::Genes { genes, labels } => work.by_genes(genes, &labels).await,
            Share::Parts { moments, cells } => work.by_parts(&moments, &cells).await,
        }
    }
}

impl Worker {
    /// The markers of a share of labels. Genes are ranked by t from the label's own moments, by effects from those of
    /// all labels.
    async fn markers(&self, job: u32, layer: usize, share: MarkerShare) -> Result<Vec<Vec<Marker>>, FetchError> {
        let dataset = self.dataset().await?;
        let entry = dataset.layer_entry(layer)?;
        let fixed = dataset.fixed_points(layer).await?;
        let n_genes = dataset.n_genes(layer);
        let report = Report::new(job, &dataset);
        let total = entry.total_moments.as_ref().map_or(0, |total| total.first);
        let read = |tile: &tile::Moments| Moments::from_tile(tile, n_genes).map_err(computation);
        let total = dataset.moments(entry, &[total]).await?.first().map(read).transpose()?;
        let total = total.ok_or(FetchError::Body)?;
        let first = if share.by_effect { 0 } else { share.labels.start };
        let tiles = share.tiles.start + first..if share.by_effect {
            share.tiles.end
        } else {
            share.tiles.start + share.labels.end
        };
        let mut labels = Vec::with_capacity(tiles.len());
        for batch in tiles.collect::<Vec<_>>().chunks(PARTS_PER_BATCH) {
            for tile in dataset.moments(entry, batch).await? {
                labels.push(read(&tile)?);
            }
            report.tell(0, &dataset).await;
        }
        let options = DeOptions { effect: Effect::of_layer(entry), ..DeOptions::default() };
        let finder = MarkerFinder::new(&labels, &total, &fixed, options, share.rank());
        let mut markers = Vec::with_capacity(share.labels.len());
        for label in share.labels.clone() {
            let found = finder.markers_of((label - first) as usize, share.n_top as usize);
            markers.push(found.map_err(computation)?);
            report.tell(1, &dataset).await;
        }
        Ok(markers)
    }
}

/// Tells the page how far a job has come.
struct Report {
    job: u32,
    n_bytes: std::cell::Cell<u64>,
}

impl Report {
    fn new(job: u32, dataset: &Dataset) -> Self {
        Self { job, n_bytes: std::cell::Cell::new(dataset.bytes_fetched()) }
    }

    /// So many more are done. Lets a request to cancel be heard.
    async fn tell(&self, n_done: usize, dataset: &Dataset) {
        let n_bytes = dataset.bytes_fetched();
        let since = n_bytes - self.n_bytes.replace(n_bytes);
        answer(&Reply::Progress { job: self.job, n_done: n_done as u32, n_bytes: since as u32 });
        platform::breathe().await;
    }
}

/// A share under way.
struct Work {
    dataset: Dataset,
    layer: usize,
    fixed: FixedPoints,
    report: Report,
}

impl Work {
    async fn by_genes(&self, genes: Range<u32>, labels: &[u8]) -> Result<[Vec<u8>; 2], FetchError> {
        let divisors = self.dataset.divisors(self.layer, Priority::Now).await?;
        let rebuild = divisors.as_deref().map_or(Rebuild::Plain, |divisors| Rebuild::LogNormalized(divisors));
        let mut gather = Gather::new(labels, rebuild, &self.fixed, self.dataset.n_genes(self.layer));
        let per_batch = (TILES_PER_BATCH / self.dataset.manifest().tiles_per_gene().max(1)).max(1);
        let batches = (genes.start..genes.end).step_by(per_batch as usize).map(|start| {
            let batch = start..genes.end.min(start + per_batch);
            async move { (batch.clone(), self.dataset.expression(self.layer, batch, Priority::Background).await) }
        });
        let mut batches = stream::iter(batches).buffered(BATCHES_AHEAD);
        while let Some((batch, tiles)) = batches.next().await {
            let n_genes = batch.len();
            gather.push(batch, &tiles?).map_err(computation)?;
            self.report.tell(n_genes, &self.dataset).await;
        }
        Ok(gather.finish().map(|moments: Moments| moments.to_tile(&self.fixed).encode()))
    }

    async fn by_parts(&self, moments: &[MomentsPart], cells: &[CellsPart]) -> Result<[Vec<u8>; 2], FetchError> {
        let mut summing = Summing::new(self.dataset.n_genes(self.layer));
        let layer = self.dataset.layer_entry(self.layer)?;
        let batches = moments.chunks(PARTS_PER_BATCH).map(|parts| async move {
            let tiles: Vec<u32> = parts.iter().map(|part| part.tile).collect();
            (parts, self.dataset.moments(layer, &tiles).await)
        });
        let mut batches = stream::iter(batches).buffered(BATCHES_AHEAD);
        while let Some((parts, tiles)) = batches.next().await {
            for (part, tile) in parts.iter().zip(tiles?) {
                summing.take_moments(&tile, part.signs).map_err(computation)?;
            }
            self.report.tell(parts.len(), &self.dataset).await;
        }
        let divisors = match cells {
            [] => None,
            _ => self.dataset.divisors(self.layer, Priority::Now).await?,
        };
        let rebuild = divisors.as_deref().map_or(Rebuild::Plain, |divisors| Rebuild::LogNormalized(divisors));
        let batches = cells
            .chunks(PARTS_PER_BATCH)
            .map(|parts| async move { (parts, self.dataset.cells(self.layer, parts).await) });
        let mut batches = stream::iter(batches).buffered(BATCHES_AHEAD);
        while let Some((parts, tiles)) = batches.next().await {
            for (part, tile) in parts.iter().zip(tiles?) {
                summing.take_cells(&tile, part, rebuild, &self.fixed).map_err(computation)?;
            }
            self.report.tell(parts.len(), &self.dataset).await;
        }
        Ok(summing.to_tiles().map(|tile| tile.encode()))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn computation(error: MomentsError) -> FetchError {
    FetchError::Computation(error.to_string())
}
