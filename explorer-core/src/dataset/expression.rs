//! The expression of genes, over all cells or over those chunks of them that are looked at.

use std::{ops::Range, sync::Arc};

use futures_util::future;
use shared_fbs::{
    manifest::{CELLS_PER_COLUMN_TILE, CELLS_PER_EXPRESSION_TILE, TileRange, ValueKind},
    tile::{Expression, ExpressionValues, Values},
};

use super::{Damage, Dataset, DatasetError, Priority, Tiles, columns::OBS};
use crate::data::{
    Continuous, GeneIdx, SparseVec,
    assemble::{self, Rebuild},
};

impl<T: Tiles> Dataset<T> {
    /// One gene over all cells.
    ///
    /// # Errors
    /// When a tile cannot be read.
    pub async fn gene(&self, layer: usize, gene: GeneIdx, priority: Priority) -> Result<SparseVec, T::Error> {
        let divisors = self.divisors(layer, priority);
        let chunks = self.expression(layer, gene.0..gene.0 + 1, priority);
        let (divisors, chunks) = future::try_join(divisors, chunks).await?;
        self.breathe().await;
        self.assembled(layer, gene, &chunks, divisors.as_ref().map(|divisors| divisors.as_slice()))
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
        let divisors = self.divisors_in_chunks(layer, chunks, priority);
        let fetched = self.read(&entry.pack, &tiles, priority, |bytes| entry.decode_expression(bytes));
        let (divisors, fetched) = future::try_join(divisors, fetched).await?;
        self.breathe().await;
        let nothing = || Expression { cells: Vec::new(), values: ExpressionValues::Floats(Vec::new()) };
        let mut all: Vec<Expression> = (0..n_chunks).map(|_| nothing()).collect();
        for (&chunk, tile) in chunks.iter().zip(fetched) {
            if let Some(place) = all.get_mut(chunk as usize) {
                *place = tile;
            }
        }
        let mut values = self.assembled(layer, gene, &all, divisors.as_deref())?.to_continuous();
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
        let has_divisors = self.kept(layer)?.divisors.get().is_some();
        let divisors: Vec<u32> = entry.divisor.iter().filter(|_| !has_divisors).flat_map(TileRange::iter).collect();
        future::try_join(self.prefetch(&entry.pack, &tiles), self.prefetch(OBS, &divisors)).await?;
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

    /// The divisor of every cell in a layer of normalized counts; `None` for any other layer.
    ///
    /// # Errors
    /// When a tile cannot be read.
    pub async fn divisors(&self, layer: usize, priority: Priority) -> Result<Option<Arc<Vec<f32>>>, T::Error> {
        let entry = self.layer_entry(layer)?;
        if entry.kind != ValueKind::LogNormalizedCounts {
            return Ok(None);
        }
        let kept = &self.kept(layer)?.divisors;
        if let Some(divisors) = kept.get() {
            return Ok(Some(Arc::clone(divisors)));
        }
        let tiles: Vec<u32> = entry.divisor.iter().flat_map(TileRange::iter).collect();
        let values = self.read(OBS, &tiles, priority, Values::decode).await?;
        let first = tiles.first().copied().unwrap_or_default();
        let divisors =
            assemble::continuous(values, self.n_obs()).map_err(|error| DatasetError::damaged(OBS, first, error))?;
        Ok(Some(Arc::clone(kept.get_or_init(|| Arc::new(divisors.values)))))
    }

    /// The same as far as some chunks of genes take it; 1 in all other cells.
    async fn divisors_in_chunks(
        &self,
        layer: usize,
        chunks: &[u32],
        priority: Priority,
    ) -> Result<Option<Vec<f32>>, T::Error> {
        if let Some(kept) = self.kept(layer)?.divisors.get() {
            return Ok(Some(kept.to_vec()));
        }
        let entry = self.layer_entry(layer)?;
        let (Some(range), ValueKind::LogNormalizedCounts) = (&entry.divisor, entry.kind) else {
            return Ok(None);
        };
        let mut wanted: Vec<u32> =
            chunks.iter().map(|chunk| chunk / (CELLS_PER_COLUMN_TILE / CELLS_PER_EXPRESSION_TILE)).collect();
        wanted.dedup();
        let tiles: Vec<u32> = wanted.iter().map(|tile| range.first + tile).collect();
        let mut divisors = vec![1.0; self.n_obs()];
        for (&tile, values) in wanted.iter().zip(self.read(OBS, &tiles, priority, Values::decode).await?) {
            let start = (tile * CELLS_PER_COLUMN_TILE) as usize;
            let end = (start + CELLS_PER_COLUMN_TILE as usize).min(self.n_obs());
            let place = divisors.get_mut(start..end).filter(|place| place.len() == values.0.len());
            let wrong = || DatasetError::damaged(OBS, range.first + tile, Damage::Cells);
            place.ok_or_else(wrong)?.copy_from_slice(&values.0);
        }
        Ok(Some(divisors))
    }

    fn assembled(
        &self,
        layer: usize,
        gene: GeneIdx,
        chunks: &[Expression],
        divisors: Option<&[f32]>,
    ) -> Result<SparseVec, T::Error> {
        let rebuild = divisors.map_or(Rebuild::Plain, Rebuild::LogNormalized);
        let pack = &self.layer_entry(layer)?.pack;
        let assembled = assemble::gene(chunks, rebuild, self.n_obs()).map_err(|error| {
            let first = gene.0 * self.manifest().tiles_per_gene();
            DatasetError::damaged(pack, first, error)
        });
        Ok(assembled?)
    }
}
