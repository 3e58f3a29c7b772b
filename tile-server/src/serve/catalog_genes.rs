//! The genes of all datasets of the catalog: read in the background, and answered in files.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::{HeaderMap, HeaderValue, Response, header};
use tokio::{task::spawn_blocking, time::timeout};

use super::{
    body::Body,
    dispatch::State,
    entry::{Dataset, Entry},
    responses,
};
use crate::catalog::{CatalogGenesPlace, CatalogGenesState, DatasetGenes, GeneStore};

/// How long the genes of one dataset may take; after that nobody waits for them.
const READ_TIME: Duration = Duration::from_secs(600);

/// The genes of all datasets.
pub(super) struct Genes(Option<Arc<Mutex<GeneStore>>>);

impl Genes {
    /// None yet.
    pub(super) fn new() -> Self {
        let store = GeneStore::new();
        if let Err(error) = &store {
            tracing::warn!("genes are not searched, since there is no place for temporary files: {error}");
        }
        Self(store.ok().map(|store| Arc::new(Mutex::new(store))))
    }

    /// Where they are, once those of all these datasets are known; of content ids in the catalog's order.
    pub(super) fn state(&self, content_ids: Vec<String>) -> CatalogGenesState {
        let Some(store) = &self.0 else { return CatalogGenesState::Absent };
        let store = lock(store);
        if !content_ids.iter().all(|id| store.has(id)) {
            CatalogGenesState::Awaited
        } else if store.n_genes(&content_ids) == 0 {
            CatalogGenesState::Absent
        } else {
            CatalogGenesState::At(CatalogGenesPlace::of(store.bits(&content_ids), content_ids))
        }
    }

    /// Reads the genes of a dataset, unless they are known, and tells whether they have become so. Those that cannot be read
    /// count as none, and the log says so.
    pub(super) async fn read(&self, entry: &Entry, dataset: &Arc<Dataset>) -> bool {
        let Some(store) = self.0.clone() else { return false };
        let content_id = dataset.open.content_id.clone();
        if lock(&store).has(&content_id) {
            return false;
        }
        let dataset = Arc::clone(dataset);
        let read = entry.threads().run(READ_TIME, move || {
            dataset.open.facts.as_ref().map_or_else(|| Ok(DatasetGenes::default()), |reader| reader.genes())
        });
        let genes = match read.await {
            Ok(Ok(genes)) => genes,
            Ok(Err(error)) => none(entry, &error.to_string()),
            Err(error) => none(entry, &error.to_string()),
        };
        let kept = spawn_blocking(move || lock(&store).insert(content_id, &genes)).await;
        if let Ok(Err(error)) = &kept {
            tracing::warn!(dataset = %entry.log_id(), "its genes cannot be kept for the search: {error}");
        }
        matches!(kept, Ok(Ok(())))
    }

    async fn file(&self, place: CatalogGenesPlace, file: u32) -> Option<io::Result<Vec<u8>>> {
        let store = self.0.clone()?;
        let CatalogGenesPlace { content_ids, bits, .. } = place;
        spawn_blocking(move || lock(&store).file(&content_ids, bits, file)).await.ok()
    }
}

fn none(entry: &Entry, error: &str) -> DatasetGenes {
    tracing::warn!(dataset = %entry.log_id(), "its genes are not searched: {error}");
    DatasetGenes::default()
}

fn lock(store: &Mutex<GeneStore>) -> MutexGuard<'_, GeneStore> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers with a file of genes of the present state of the catalog; that of another state is gone.
pub(super) async fn genes(state: &Arc<State>, asked: &str, file: u32) -> Response<Body> {
    let catalog = &state.catalog;
    let place = catalog.file_at_hand().and_then(|catalog| catalog.genes.place().cloned());
    let Some(place) = place.filter(|place| place.state == asked && u64::from(file) < 1 << place.bits) else {
        return responses::not_found("The catalog has changed, and its genes with it; fetch catalog.tsc again.");
    };
    match timeout(state.limits.answer_time, catalog.genes().file(place, file)).await {
        Ok(Some(Ok(bytes))) => {
            let mut headers = HeaderMap::new();
            headers.insert(header::CACHE_CONTROL, responses::IMMUTABLE);
            let mut response = responses::with_type(HeaderValue::from_static("application/octet-stream"), bytes.into());
            response.headers_mut().extend(headers);
            response
        }
        Ok(Some(Err(error))) => responses::failure("The genes of the datasets cannot be read.", &error),
        Ok(None) => responses::nothing_here(),
        Err(_) => responses::late(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn genes_are_awaited_until_those_of_every_dataset_are_read() {
        let genes = Genes::new();
        let state = |ids: &[&str]| genes.state(ids.iter().map(|&id| id.to_owned()).collect());
        assert_eq!((state(&[]), state(&["a"])), (CatalogGenesState::Absent, CatalogGenesState::Awaited));
        let store = genes.0.as_ref().unwrap();
        lock(store).insert("a".to_owned(), &DatasetGenes::default()).unwrap();
        assert_eq!((state(&["a"]), state(&["a", "b"])), (CatalogGenesState::Absent, CatalogGenesState::Awaited));
    }
}
