//! The expression of genes, over all cells or over those chunks of them that are looked at.

use std::{ops::Range, sync::Arc};

use futures_util::future;
use shared_fbs::{
    manifest::{CELLS_PER_COLUMN_TILE, CELLS_PER_EXPRESSION_TILE, Layer, TileRange, ValueKind},
    tile::{Corrections, Expression, ExpressionValues, Values},
};

use super::{Dataset, DatasetError, Priority, Tiles, columns::OBS};
use crate::{
    data::{
        Continuous, GeneIdx, SparseVec,
        assemble::{self, Rebuild},
    },
    de::Normalization,
};

impl<T: Tiles> Dataset<T> {
    /// One gene over all cells.
    ///
    /// # Errors
    /// When a tile cannot be read.
    pub async fn gene(&self, layer: usize, gene: GeneIdx, priority: Priority) -> Result<SparseVec, T::Error> {
        let normalization = self.normalization(layer, priority);
        let chunks = self.expression(layer, gene.0..gene.0 + 1, priority);
        let (normalization, chunks) = future::try_join(normalization, chunks).await?;
        self.breathe().await;
        self.assembled(layer, gene, &chunks, normalization.as_deref())
    }

    /// One gene over some chunks of [`CELLS_PER_EXPRESSION_TILE`] cells, ascending; NaN in all other cells.
    ///
    /// # Errors
    /// When a tile cannot be read.
    pub async fn gene_in_chunks(
        &self,
        layer: usize,
        gene: GeneIdx,
        chunks: &[u32],
        priority: Priority,
    ) -> Result<Continuous, T::Error> {
        let entry = self.layer_entry(layer)?;
        let n_chunks = self.manifest().tiles_per_gene();
        let tiles: Vec<u32> = chunks.iter().map(|chunk| gene.0 * n_chunks + chunk).collect();
        let normalization = self.normalization_in_chunks(layer, chunks, priority);
        let fetched = self.read(&entry.pack, &tiles, priority, |bytes| entry.decode_expression(bytes));
        let (normalization, fetched) = future::try_join(normalization, fetched).await?;
        self.breathe().await;
        let nothing = || Expression { cells: Vec::new(), values: ExpressionValues::Floats(Vec::new()) };
        let mut all: Vec<Expression> = (0..n_chunks).map(|_| nothing()).collect();
        for (&chunk, tile) in chunks.iter().zip(fetched) {
            if let Some(place) = all.get_mut(chunk as usize) {
                *place = tile;
            }
        }
        let mut values = self.assembled(layer, gene, &all, normalization.as_deref())?.to_continuous();
        for (chunk, values) in (0..).zip(values.values.chunks_mut(CELLS_PER_EXPRESSION_TILE as usize)) {
            if chunks.binary_search(&chunk).is_err() {
                values.fill(f32::NAN);
            }
        }
        Ok(values)
    }

    /// Reads the tiles of a gene, for later.
    ///
    /// # Errors
    /// When a tile cannot be read.
    pub async fn prefetch_gene(&self, layer: usize, gene: GeneIdx) -> Result<(), T::Error> {
        let entry = self.layer_entry(layer)?;
        let n_chunks = self.manifest().tiles_per_gene();
        let tiles: Vec<u32> = (gene.0 * n_chunks..(gene.0 + 1) * n_chunks).collect();
        let is_known = self.kept(layer)?.normalization.get().is_some();
        let ranges = entry.divisor.iter().chain(&entry.corrections).filter(|_| !is_known);
        let normalization: Vec<u32> = ranges.flat_map(TileRange::iter).collect();
        future::try_join(self.prefetch(&entry.pack, &tiles), self.prefetch(OBS, &normalization)).await?;
        Ok(())
    }

    /// The tiles of consecutive genes of a layer, gene after gene, chunk after chunk.
    ///
    /// # Errors
    /// The first tile that cannot be read.
    pub async fn expression(
        &self,
        layer: usize,
        genes: Range<u32>,
        priority: Priority,
    ) -> Result<Vec<Expression>, T::Error> {
        let entry = self.layer_entry(layer)?;
        let n_chunks = self.manifest().tiles_per_gene();
        let tiles: Vec<u32> = (genes.start * n_chunks..genes.end * n_chunks).collect();
        self.read(&entry.pack, &tiles, priority, |bytes| entry.decode_expression(bytes)).await
    }

    /// How counts become the values of a layer of normalized counts; `None` for any other layer.
    ///
    /// # Errors
    /// When a tile cannot be read.
    pub async fn normalization(
        &self,
        layer: usize,
        priority: Priority,
    ) -> Result<Option<Arc<Normalization>>, T::Error> {
        let entry = self.layer_entry(layer)?;
        let kept = &self.kept(layer)?.normalization;
        if let Some(normalization) = kept.get() {
            return Ok(Some(Arc::clone(normalization)));
        }
        let Some(divisor) = divisor_tiles(entry)? else { return Ok(None) };
        let all: Vec<u32> = (0..divisor.count).collect();
        let normalization = self.normalization_of(entry, divisor, &all, priority).await?;
        Ok(Some(Arc::clone(kept.get_or_init(|| Arc::new(normalization)))))
    }

    /// The same as far as some chunks of genes take it.
    async fn normalization_in_chunks(
        &self,
        layer: usize,
        chunks: &[u32],
        priority: Priority,
    ) -> Result<Option<Arc<Normalization>>, T::Error> {
        if let Some(kept) = self.kept(layer)?.normalization.get() {
            return Ok(Some(Arc::clone(kept)));
        }
        let entry = self.layer_entry(layer)?;
        let Some(divisor) = divisor_tiles(entry)? else { return Ok(None) };
        let mut wanted: Vec<u32> =
            chunks.iter().map(|chunk| chunk / (CELLS_PER_COLUMN_TILE / CELLS_PER_EXPRESSION_TILE)).collect();
        wanted.dedup();
        Ok(Some(Arc::new(self.normalization_of(entry, divisor, &wanted, priority).await?)))
    }

    /// The same from some tiles of each kind, by their number within the layer's; other cells have the divisor 1.
    async fn normalization_of(
        &self,
        entry: &Layer,
        divisor: &TileRange,
        numbers: &[u32],
        priority: Priority,
    ) -> Result<Normalization, T::Error> {
        let tiles = |range: &TileRange| -> Vec<u32> { numbers.iter().map(|number| range.first + number).collect() };
        let corrected = entry.corrections.as_ref().map(tiles).unwrap_or_default();
        let divisors = tiles(divisor);
        let (divisors, corrections) = future::try_join(
            self.read(OBS, &divisors, priority, Values::decode),
            self.read(OBS, &corrected, priority, Corrections::decode),
        )
        .await?;
        let firsts = || numbers.iter().map(|number| number * CELLS_PER_COLUMN_TILE);
        let normalization = assemble::normalization(firsts().zip(divisors), firsts().zip(corrections), self.n_obs());
        Ok(normalization.map_err(|error| DatasetError::damaged(OBS, divisor.first, error))?)
    }

    fn assembled(
        &self,
        layer: usize,
        gene: GeneIdx,
        chunks: &[Expression],
        normalization: Option<&Normalization>,
    ) -> Result<SparseVec, T::Error> {
        let rebuild = Rebuild::of(normalization);
        let pack = &self.layer_entry(layer)?.pack;
        let assembled = assemble::gene(chunks, rebuild, self.n_obs()).map_err(|error| {
            let first = gene.0 * self.manifest().tiles_per_gene();
            DatasetError::damaged(pack, first, error)
        });
        Ok(assembled?)
    }
}

/// The tiles of the divisors of a layer of normalized counts, which has them for certain; `None` for any other layer.
fn divisor_tiles(entry: &Layer) -> Result<Option<&TileRange>, DatasetError> {
    match (entry.kind, &entry.divisor) {
        (ValueKind::LogNormalizedCounts, Some(divisor)) => Ok(Some(divisor)),
        (ValueKind::LogNormalizedCounts, None) => Err(DatasetError::unknown("divisors of layer", &entry.name)),
        (_, _) => Ok(None),
    }
}
