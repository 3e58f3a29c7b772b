//! Means of gene sets: read gene by gene, kept like a gene's own expression.

use std::collections::BTreeSet;

use explorer_core::{
    data::{Continuous, GeneIdx, GeneSum},
    state::{DataKey, GeneMean},
};
use futures_util::stream::{self, StreamExt};

use super::Store;
use crate::{
    fetch::{Dataset, FetchError, Priority},
    platform,
};

/// Genes asked for ahead of the one that is added.
const GENES_AHEAD: usize = 8;

impl Store {
    /// Loads a mean that is not there nor on its way: that of a set whose histogram is looked at.
    pub fn ask_mean(self, mean: GeneMean) {
        let key = DataKey::Mean(mean);
        let is_new = self.with_opened_mut(|opened| opened.session.ask(&key));
        if is_new == Some(true) {
            self.load(key, Priority::Now);
        }
    }

    /// The mean over those of its genes that the layer has.
    ///
    /// # Errors
    /// When the layer has none of them, or a tile cannot be loaded.
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
}
