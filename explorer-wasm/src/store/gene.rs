//! Genes: found by name, and read over the cells in view before the others.

use std::sync::Arc;

use explorer_core::{
    data::{Continuous, GeneIdx},
    state::{ColorBy, GeneKey},
};
use shared_fbs::manifest::CELLS_PER_EXPRESSION_TILE;
use wasm_bindgen_futures::spawn_local;

use super::{Session, Slot, Store};
use crate::fetch::{Dataset, FetchError, Priority};

impl Store {
    /// Loads a gene whose layer's table is there.
    pub(super) fn load_gene(self, dataset: Dataset, key: GeneKey) {
        spawn_local(async move {
            let gene = self.gene_in_view_first(&dataset, &key).await;
            self.arrive(&format!("Gene {}", key.gene), gene, |session, slot| {
                session.loaded.partial_gene.take_if(|(partial, _)| *partial == key);
                drop(session.loaded.genes.insert(key, slot));
            });
        });
    }

    /// A gene over all cells. Where it colours them and only a part of them is in view, that part
    /// comes first and is shown.
    async fn gene_in_view_first(self, dataset: &Dataset, key: &GeneKey) -> Result<Continuous, FetchError> {
        let (layer, gene) = self.find_gene(dataset, key).await?;
        if let Some(chunks) = self.chunks_in_view(key) {
            let part = dataset.gene_in_chunks(layer, gene, &chunks, Priority::Now).await?;
            self.with_session_mut(|session| session.loaded.partial_gene = Some((key.clone(), Arc::new(part))));
            self.settle();
        }
        Ok(dataset.gene(layer, gene, Priority::Now).await?.to_continuous())
    }

    /// The chunks of cells in view, where these are to come first.
    fn chunks_in_view(self, key: &GeneKey) -> Option<Vec<u32>> {
        let colors = self.peek(|state| matches!(&state.view.analysis.color, ColorBy::Gene(by) if by == key));
        let window = self.window().filter(|_| colors)?;
        let chunks = |session: &Session| {
            let n_obs = session.loaded.n_obs as u32;
            session.sketch.chunks_seen(n_obs, CELLS_PER_EXPRESSION_TILE, &window)
        };
        self.with_session(chunks).flatten()
    }

    /// Reads a gene over all cells and keeps it.
    pub(super) async fn fetch_gene(self, dataset: &Dataset, key: GeneKey) -> Result<(), FetchError> {
        let (layer, gene) = self.find_gene(dataset, &key).await?;
        let gene = Arc::new(dataset.gene(layer, gene, Priority::Now).await?.to_continuous());
        self.with_session_mut(|session| session.loaded.genes.insert(key, Slot::Ready(gene)));
        Ok(())
    }

    /// The numbers of a gene's layer and of the gene.
    pub(super) async fn find_gene(self, dataset: &Dataset, key: &GeneKey) -> Result<(usize, GeneIdx), FetchError> {
        let (layer, _) = dataset.layer(key.layer.as_deref())?;
        let table = self.gene_table(dataset, layer).await?;
        let unknown = || FetchError::Unknown { kind: "gene", name: key.gene.clone() };
        Ok((layer, table.find(&key.gene).ok_or_else(unknown)?))
    }
}
