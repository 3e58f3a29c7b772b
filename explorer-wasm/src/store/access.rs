//! The open dataset as jobs work with it: its tiles, its workers, and what is loaded already.

use std::{rc::Rc, sync::Arc};

use explorer_core::{
    data::{CellRows, Column, Continuous, Embedding, GeneIdx, GeneSum},
    search::NoGene,
    session::{Data, GeneTable, Session, Slot},
    sorting::set_of,
    state::{DataKey, GeneKey, GeneMean, SetValue},
    statistics::{ScoreOptions, control_genes},
};
use futures_util::stream::{self, StreamExt};

use shared_fbs::tile::Categories;

use super::Inner;
use crate::{
    fetch::{Dataset, FetchError, Priority},
    platform,
    worker::Pool,
};

/// Genes of a mean asked for ahead of the one that is added.
const GENES_AHEAD: usize = 8;

/// The open dataset: its tiles, its workers, and what is loaded already.
pub(super) struct DataAccess {
    pub inner: Rc<Inner>,
    pub dataset: Dataset,
    pub pool: Rc<Pool>,
}

impl DataAccess {
    pub fn read<T>(&self, read: impl FnOnce(&Session) -> T) -> Option<T> {
        self.inner.opened.borrow().as_ref().map(|opened| read(&opened.session))
    }

    fn write<T>(&self, act: impl FnOnce(&mut Session) -> T) -> Option<T> {
        self.inner.opened.borrow_mut().as_mut().map(|opened| act(&mut opened.session))
    }

    /// Bytes that have come from the host so far, to the page and to its workers.
    pub fn bytes_fetched(&self) -> u64 {
        self.dataset.tiles().bytes_fetched() + self.pool.bytes_fetched() + self.inner.routes.borrow().server_bytes()
    }

    /// Reads data, whatever they are.
    pub async fn fetch(&self, key: &DataKey, priority: Priority) -> Result<Data, FetchError> {
        match key {
            DataKey::Column(name) => self.dataset.column(name, priority).await.map(Data::from),
            DataKey::Categories(name) => self.dataset.categories(name).await.map(Data::from),
            DataKey::Gene(key) => {
                let (layer, gene) = self.find_gene(key).await?;
                self.dataset.gene(layer, gene, priority).await.map(|gene| gene.to_continuous().into())
            }
            DataKey::Mean(mean) => self.mean(mean).await.map(Data::from),
            DataKey::Embedding(key) => self.read_embedding(key).await.map(Data::from),
            DataKey::GeneTable(layer) => {
                let (layer, _) = self.dataset.layer(Some(layer))?;
                self.dataset.genes(layer).await.map(|genes| GeneTable::new(genes).into())
            }
            DataKey::Rows => self.dataset.rows(priority).await.map(Data::from),
        }
    }

    /// Waits until data are there; an answer that failed before is asked for again.
    pub async fn ready(&self, key: DataKey) -> Result<(), FetchError> {
        // A column of the user's own is built when the rows come.
        let key = if self.read(|session| session.is_built(&key)) == Some(true) { DataKey::Rows } else { key };
        if self.read(|session| session.loaded().is_ready(&key)) == Some(true) {
            return Ok(());
        }
        if let Some(parts) = key.parts() {
            for part in parts {
                Box::pin(self.ready(part)).await?;
            }
            self.write(|session| session.build_plot(&key));
            return Ok(());
        }
        let data = self.fetch(&key, Priority::Now).await?;
        self.write(|session| session.arrive(key, Slot::Ready(data)));
        Ok(())
    }

    /// A column, loaded if it was not yet.
    pub async fn column(&self, name: &str) -> Result<Arc<Column>, FetchError> {
        let key = DataKey::Column(name.to_owned());
        self.ready(key.clone()).await?;
        let column = self.read(|session| session.loaded().column(&key).cloned()).flatten();
        column.ok_or_else(|| FetchError::Unknown { kind: "column", name: name.to_owned() })
    }

    /// The labels of a column, the user's own among them.
    pub async fn categories(&self, name: &str) -> Result<Arc<Categories>, FetchError> {
        let key = DataKey::Categories(name.to_owned());
        match self.read(|session| session.is_built(&key).then(|| session.categories(name)).flatten()).flatten() {
            Some(own) => Ok(own),
            None => self.dataset.categories(name).await.map(Arc::new),
        }
    }

    /// The genes of a layer, loaded if they were not yet.
    pub async fn gene_table(&self, layer: usize) -> Result<Arc<GeneTable>, FetchError> {
        let name = self.dataset.gene_table_name(self.dataset.layer_entry(layer)?);
        let kept = || self.read(|session| session.loaded().gene_table(name).cloned()).flatten();
        if let Some(table) = kept() {
            return Ok(table);
        }
        let table = Arc::new(GeneTable::new(self.dataset.genes(layer).await?));
        let data = Slot::Ready(Data::GeneTable(Arc::clone(&table)));
        self.write(|session| session.arrive(DataKey::GeneTable(name.to_owned()), data));
        Ok(table)
    }

    /// The input's rows of all cells, loaded if they were not yet.
    pub async fn rows(&self) -> Result<Arc<CellRows>, FetchError> {
        self.ready(DataKey::Rows).await?;
        let rows = self.read(|session| session.loaded().rows().cloned()).flatten();
        rows.ok_or_else(|| FetchError::Unknown { kind: "data", name: "the rows of the cells".to_owned() })
    }

    /// A gene over some chunks of cells; NaN in all others.
    pub async fn gene_in_chunks(&self, key: &GeneKey, chunks: &[u32]) -> Result<Continuous, FetchError> {
        let (layer, gene) = self.find_gene(key).await?;
        self.dataset.gene_in_chunks(layer, gene, chunks, Priority::Now).await
    }

    /// The numbers of a gene's layer and of the gene.
    pub async fn find_gene(&self, key: &GeneKey) -> Result<(usize, GeneIdx), FetchError> {
        let (layer, _) = self.dataset.layer(key.layer.as_deref())?;
        let table = self.gene_table(layer).await?;
        let (kind, name) = ("gene", key.gene.clone());
        match table.find(&key.gene) {
            Ok(gene) => Ok((layer, gene)),
            Err(NoGene::Unknown) => Err(FetchError::Unknown { kind, name }),
            Err(NoGene::Ambiguous(genes)) => Err(FetchError::Ambiguous { kind, name, choices: table.choices(&genes) }),
        }
    }

    /// The mean over those of its genes that the layer has.
    ///
    /// # Errors
    /// When the layer has none of them, or a tile cannot be loaded.
    async fn mean(&self, mean: &GeneMean) -> Result<Continuous, FetchError> {
        let (layer, _) = self.dataset.layer(mean.layer())?;
        let table = self.gene_table(layer).await?;
        // Ascending, each once: a gene may be named by symbol and by id.
        let genes = set_of(mean.genes().iter().filter_map(|gene| table.find(gene).ok()));
        if genes.is_empty() {
            let name = mean.genes().join(", ");
            return Err(FetchError::Unknown { kind: "gene among", name });
        }
        match mean.value() {
            SetValue::Mean => Ok(self.sum_of(layer, genes).await?.mean()),
            SetValue::Score => {
                let genes: Vec<GeneIdx> = genes.into_iter().collect();
                let controls = self.control_genes(layer, &genes).await?;
                let of_set = self.sum_of(layer, genes).await?.means();
                let of_controls = self.sum_of(layer, controls).await?.means();
                let score = |(mean, control): (&f64, f64)| (mean - control) as f32;
                Ok(Continuous { values: of_set.iter().zip(of_controls).map(score).collect() })
            }
        }
    }

    /// The sum of some genes in every cell.
    async fn sum_of(&self, layer: usize, genes: impl IntoIterator<Item = GeneIdx>) -> Result<GeneSum, FetchError> {
        let mut sum = GeneSum::new(self.dataset.n_obs());
        let genes = genes.into_iter().map(|gene| self.dataset.gene(layer, gene, Priority::Now));
        let mut genes = stream::iter(genes).buffered(GENES_AHEAD);
        while let Some(gene) = genes.next().await {
            sum.add(&gene?);
            platform::breathe().await;
        }
        Ok(sum)
    }

    /// The control genes of a set, as `tile-server score` chooses them.
    async fn control_genes(&self, layer: usize, genes: &[GeneIdx]) -> Result<Vec<GeneIdx>, FetchError> {
        let (total, fixed) = (self.dataset.total_moments(layer).await?, self.dataset.fixed_points(layer).await?);
        let means: Vec<f64> = (0..self.dataset.n_genes(layer)).map(|gene| fixed.summary(&total, gene).mean).collect();
        control_genes(&means, genes, ScoreOptions::default()).map_err(|_| FetchError::Unknown {
            kind: "control gene",
            name: "expressed like the genes of the set".to_owned(),
        })
    }

    /// An embedding, all cells of it.
    async fn read_embedding(&self, key: &str) -> Result<Embedding, FetchError> {
        let unknown = || FetchError::Unknown { kind: "embedding", name: key.to_owned() };
        let (index, _) = self.dataset.embedding(Some(key)).ok_or_else(unknown)?;
        self.dataset.positions(index).await
    }
}
