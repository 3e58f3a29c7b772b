//! Passes over the genes of a layer, one gene after the other: rank sums, correlations.

use std::{ops::Range, pin::pin};

use futures_util::stream::{self, Stream, StreamExt as _};
use shared_fbs::tile::Expression;

use super::{Dataset, DatasetError, Priority, Tiles};
use crate::{
    data::{GeneIdx, GeneValues, SparseVec, assemble::Rebuild},
    de::{RankGroups, RankSums, Ranker},
    statistics::Correlator,
};

impl<T: Tiles> Dataset<T> {
    /// The tiles of genes, some genes at a time, all chunks of each.
    pub(super) fn gene_batches(
        &self,
        layer: usize,
        genes: Range<u32>,
    ) -> impl Stream<Item = (Range<u32>, Result<Vec<Expression>, T::Error>)> {
        let genes_per_batch = (T::PACE.gene_tiles / self.manifest().tiles_per_gene().max(1)).max(1);
        let batches = genes.clone().step_by(genes_per_batch as usize).map(move |start| {
            let batch = start..genes.end.min(start + genes_per_batch);
            async move { (batch.clone(), self.expression(layer, batch, Priority::Background).await) }
        });
        stream::iter(batches).buffered(T::PACE.batches_ahead)
    }

    /// Reads genes one after the other, over the cells whose byte in `wanted` is not 0: their values other than zero.
    /// `report` hears of every batch how many genes are done since the last time; its error ends the work.
    ///
    /// # Errors
    /// The first tile that cannot be read, or the error of `report`.
    ///
    /// # Panics
    /// When `wanted` has not one byte per cell.
    pub async fn each_gene(
        &self,
        layer: usize,
        genes: Range<u32>,
        wanted: &[u8],
        mut take: impl FnMut(GeneIdx, &SparseVec),
        mut report: impl FnMut(usize) -> Result<(), T::Error>,
    ) -> Result<(), T::Error> {
        assert_eq!(wanted.len(), self.n_obs(), "one byte per cell");
        let pack = &self.layer_entry(layer)?.pack;
        let n_chunks = self.manifest().tiles_per_gene();
        let normalization = self.normalization(layer, Priority::Now).await?;
        let rebuild = Rebuild::of(normalization.as_deref());
        let values = GeneValues::new(wanted, rebuild).map_err(|error| DatasetError::damaged(pack, 0, error))?;
        let mut gene = SparseVec::default();
        let mut batches = pin!(self.gene_batches(layer, genes));
        while let Some((batch, tiles)) = batches.next().await {
            let n_genes = batch.len();
            for (number, chunks) in batch.zip(tiles?.chunks(n_chunks.max(1) as usize)) {
                let damaged = |error| DatasetError::damaged(pack, number * n_chunks, error);
                values.read(chunks, &mut gene).map_err(damaged)?;
                take(GeneIdx(number), &gene);
            }
            report(n_genes)?;
            self.breathe().await;
        }
        Ok(())
    }

    /// The rank sums of consecutive genes of a layer. `report` as in [`Self::each_gene`].
    ///
    /// # Errors
    /// As [`Self::each_gene`].
    ///
    /// # Panics
    /// When the groups are of another dataset.
    pub async fn rank(
        &self,
        layer: usize,
        genes: Range<u32>,
        groups: &RankGroups,
        report: impl FnMut(usize) -> Result<(), T::Error>,
    ) -> Result<RankSums, T::Error> {
        let mut ranker = Ranker::new(groups, genes.start);
        self.each_gene(layer, genes, &groups.ranked_cells(), |_, gene| ranker.push(gene), report).await?;
        Ok(ranker.finish())
    }

    /// The correlations of consecutive genes of a layer with one number per cell. `report` as in [`Self::each_gene`].
    ///
    /// # Errors
    /// As [`Self::each_gene`].
    ///
    /// # Panics
    /// When the numbers are of another dataset.
    pub async fn correlate(
        &self,
        layer: usize,
        genes: Range<u32>,
        with: &Correlator,
        report: impl FnMut(usize) -> Result<(), T::Error>,
    ) -> Result<Vec<f64>, T::Error> {
        let mut r = Vec::with_capacity(genes.len());
        self.each_gene(layer, genes, with.wanted(), |_, gene| r.push(with.correlate(gene)), report).await?;
        Ok(r)
    }
}
