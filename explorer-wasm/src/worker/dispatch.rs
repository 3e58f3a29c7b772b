//! The worker's side: hears requests, fetches what they compute on, answers.

use std::{cell::RefCell, collections::HashMap, ops::Range, rc::Rc};

use explorer_core::{
    data::assemble::Rebuild,
    de::{Gather, Moments},
};
use futures_util::{
    future::{AbortHandle, Abortable},
    stream::{self, StreamExt},
};
use js_sys::global;
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use super::message::{Posted, Reply, Request};
use crate::{
    fetch::{Address, Dataset, FetchError, Fetcher, Limits, Priority, Source},
    platform,
};

/// What a worker may take: many workers share the browser's connections and memory.
const LIMITS: Limits = Limits { requests: 2, cache_bytes: 48 << 20 };

/// Tiles that a batch asks for at once.
const TILES_PER_BATCH: u32 = 256;

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
            Request::Moments { job, layer, genes, labels } => {
                let (handle, registration) = AbortHandle::new_pair();
                self.jobs.borrow_mut().insert(job, handle);
                let worker = Rc::clone(self);
                let task = async move {
                    let reply = match worker.moments(job, layer as usize, genes, &labels).await {
                        Ok([group, reference]) => Reply::Moments { job, group, reference },
                        Err(error) => Reply::Failed { job, sentence: error.to_string() },
                    };
                    worker.jobs.borrow_mut().remove(&job);
                    answer(&reply);
                };
                spawn_local(async move {
                    // Aborted by `Cancel`: nobody waits for an answer.
                    let _ = Abortable::new(task, registration).await;
                });
            }
        }
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

    async fn moments(
        &self,
        job: u32,
        layer: usize,
        genes: Range<u32>,
        labels: &[u8],
    ) -> Result<[Vec<u8>; 2], FetchError> {
        let dataset = self.dataset().await?;
        let divisors = dataset.divisors(layer, Priority::Now).await?;
        let fixed = dataset.fixed_points(layer).await?;
        let rebuild = divisors.as_deref().map_or(Rebuild::Plain, |divisors| Rebuild::LogNormalized(divisors));
        let mut gather = Gather::new(labels, rebuild, &fixed, dataset.n_genes(layer));

        let per_batch = (TILES_PER_BATCH / dataset.manifest().tiles_per_gene().max(1)).max(1);
        let batches = (genes.start..genes.end).step_by(per_batch as usize).map(|start| {
            let batch = start..genes.end.min(start + per_batch);
            let dataset = dataset.clone();
            async move {
                let tiles = dataset.expression(layer, batch.clone(), Priority::Background).await;
                (batch, tiles)
            }
        });
        let mut batches = stream::iter(batches).buffered(BATCHES_AHEAD);
        let mut bytes_before = dataset.bytes_fetched();
        while let Some((batch, tiles)) = batches.next().await {
            let n_genes = batch.len() as u32;
            gather.push(batch, &tiles?).map_err(|error| FetchError::Computation(error.to_string()))?;
            let bytes = dataset.bytes_fetched();
            answer(&Reply::Progress { job, n_genes, n_bytes: (bytes - bytes_before) as u32 });
            bytes_before = bytes;
            // Lets a request to cancel be heard.
            platform::breathe().await;
        }
        Ok(gather.finish().map(|moments: Moments| moments.to_tile(&fixed).encode()))
    }
}
