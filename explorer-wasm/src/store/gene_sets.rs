//! Means of gene sets: read gene by gene, kept like a gene's own expression.

use std::{collections::BTreeSet, sync::Arc};

use explorer_core::{
    data::{Continuous, GeneIdx, GeneSum},
    state::GeneMean,
};
use futures_util::stream::{self, StreamExt};
use wasm_bindgen_futures::spawn_local;

use super::{GeneTable, Slot, Store};
use crate::{
    fetch::{Dataset, FetchError, Priority},
    platform,
};

/// Genes asked for ahead of the one that is added.
const GENES_AHEAD: usize = 8;

impl Store {
    /// Loads a mean that is not there nor on its way: that of a set whose histogram is looked at.
    pub fn ask_mean(self, mean: GeneMean) {
        let dataset = self.with_session_mut(|session| {
            let is_new = !session.loaded.means.contains_key(&mean);
            is_new.then(|| {
                session.loaded.means.insert(mean.clone(), Slot::Loading);
                session.dataset.clone()
            })
        });
        if let Some(dataset) = dataset.flatten() {
            self.load_mean(dataset, mean);
        }
    }

    pub(super) fn load_mean(self, dataset: Dataset, mean: GeneMean) {
        spawn_local(async move {
            let values = self.mean(&dataset, &mean).await;
            self.arrive("The mean of the genes", values, |session, slot| drop(session.loaded.means.insert(mean, slot)));
        });
    }

    /// The mean over those of its genes that the layer has.
    ///
    /// # Errors
    /// When the layer has none of them, or a tile is not to be had.
    pub(super) async fn mean(self, dataset: &Dataset, mean: &GeneMean) -> Result<Continuous, FetchError> {
        let (layer, _) = dataset.layer(mean.layer())?;
        let table = self.gene_table(dataset, layer).await?;
        // Ascending, each once: a gene may be named by symbol and by id.
        let genes: BTreeSet<GeneIdx> = mean.genes().iter().filter_map(|gene| table.find(gene)).collect();
        if genes.is_empty() {
            let name = mean.genes().join(", ");
            return Err(FetchError::Unknown { kind: "gene among", name });
        }
        let mut sum = GeneSum::new(dataset.n_obs());
        let genes = genes.into_iter().map(|gene| dataset.gene(layer, gene, Priority::Now));
        let mut genes = stream::iter(genes).buffered(GENES_AHEAD);
        while let Some(gene) = genes.next().await {
            sum.add(&gene?);
            platform::breathe().await;
        }
        Ok(sum.mean())
    }

    /// The names that genes go by in the layer chosen, from those names or their ids, and the names
    /// that no gene has; `None` before the list of genes is there.
    pub fn resolve_genes(self, names: &[String]) -> Option<(Vec<String>, Vec<String>)> {
        let layer = self.peek(|state| state.view.analysis.layer.clone());
        let table: Arc<GeneTable> = self.with_session(|session| session.gene_table(layer.as_deref())).flatten()?;
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for name in names {
            match table.find(name).and_then(|gene| table.names.get(gene.0 as usize)) {
                Some(gene) => known.push(gene.clone()),
                None => unknown.push(name.clone()),
            }
        }
        Some((known, unknown))
    }
}
