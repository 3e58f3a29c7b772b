//! The expression of genes, over all cells or over those chunks of them that are looked at.

use std::{ops::Range, rc::Rc};

use explorer_core::data::{
    Continuous, GeneIdx, SparseVec,
    assemble::{self, Rebuild},
};
use futures_util::future;
use shared_fbs::{
    DecodeError,
    manifest::{CELLS_PER_COLUMN_TILE, CELLS_PER_EXPRESSION_TILE, Layer, TileRange, ValueKind},
    path,
    tile::{Expression, ExpressionValues, Values},
};

use super::{
    Dataset, FetchError, Priority,
    dataset::{OBS, tile_key},
};
use crate::platform;

impl Dataset {
    /// One gene over all cells.
    ///
    /// # Errors
    /// When a tile is not to be had.
    pub async fn gene(&self, layer: usize, gene: GeneIdx, priority: Priority) -> Result<SparseVec, FetchError> {
        let divisors = self.divisors(layer, priority);
        let chunks = self.expression(layer, gene.0..gene.0 + 1, priority);
        let (divisors, chunks) = future::try_join(divisors, chunks).await?;
        platform::breathe().await;
        self.assembled(layer, gene, &chunks, divisors.as_ref().map(|divisors| divisors.as_slice()))
    }

    /// One gene over some chunks of [`CELLS_PER_EXPRESSION_TILE`] cells, ascending; NaN in all other cells.
    ///
    /// # Errors
    /// When a tile is not to be had.
    pub async fn gene_in_chunks(
        &self,
        layer: usize,
        gene: GeneIdx,
        chunks: &[u32],
        priority: Priority,
    ) -> Result<Continuous, FetchError> {
        let entry = self.layer_entry(layer)?;
        let first = gene.0 * self.0.manifest.tiles_per_gene();
        let tiles: Vec<u32> = chunks.iter().map(|chunk| first + chunk).collect();
        let divisors = self.divisors_in_chunks(layer, chunks, priority);
        let fetched = self.decoded(&entry.pack, &tiles, priority, decoder(entry));
        let (divisors, fetched) = future::try_join(divisors, fetched).await?;
        platform::breathe().await;
        let nothing = || Expression { cells: Vec::new(), values: ExpressionValues::Floats(Vec::new()) };
        let mut all: Vec<Expression> = (0..self.0.manifest.tiles_per_gene()).map(|_| nothing()).collect();
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

    /// Fetches the tiles of a gene, for later.
    ///
    /// # Errors
    /// When a tile is not to be had.
    pub async fn prefetch_gene(&self, layer: usize, gene: GeneIdx) -> Result<(), FetchError> {
        let entry = self.layer_entry(layer)?;
        let per_gene = self.0.manifest.tiles_per_gene();
        let tiles: Vec<u32> = (gene.0 * per_gene..(gene.0 + 1) * per_gene).collect();
        let divisors: Vec<u32> = entry.divisor.iter().flat_map(TileRange::iter).collect();
        let has_divisors = self.0.divisors.borrow().contains_key(&layer);
        let divisors = if has_divisors { &[] } else { divisors.as_slice() };
        future::try_join(self.prefetch(&entry.pack, &tiles), self.prefetch(OBS, divisors)).await?;
        Ok(())
    }

    fn assembled(
        &self,
        layer: usize,
        gene: GeneIdx,
        chunks: &[Expression],
        divisors: Option<&[f32]>,
    ) -> Result<SparseVec, FetchError> {
        let rebuild = divisors.map_or(Rebuild::Plain, Rebuild::LogNormalized);
        assemble::gene(chunks, rebuild, self.n_obs()).map_err(|error| {
            let first = gene.0 * self.0.manifest.tiles_per_gene();
            FetchError::damaged(tile_key(&path::genes_pack(layer), first), &error)
        })
    }

    /// The tiles of consecutive genes of a layer, gene after gene, chunk after chunk.
    ///
    /// # Errors
    /// The first tile that is not to be had.
    pub async fn expression(
        &self,
        layer: usize,
        genes: Range<u32>,
        priority: Priority,
    ) -> Result<Vec<Expression>, FetchError> {
        let entry = self.layer_entry(layer)?;
        let per_gene = self.0.manifest.tiles_per_gene();
        let tiles: Vec<u32> = (genes.start * per_gene..genes.end * per_gene).collect();
        self.decoded(&entry.pack, &tiles, priority, decoder(entry)).await
    }

    /// The divisor of every cell in a layer of normalised counts; `None` for any other layer.
    ///
    /// # Errors
    /// When a tile is not to be had.
    pub async fn divisors(&self, layer: usize, priority: Priority) -> Result<Option<Rc<Vec<f32>>>, FetchError> {
        if let Some(kept) = self.0.divisors.borrow().get(&layer) {
            return Ok(Some(Rc::clone(kept)));
        }
        let entry = self.layer_entry(layer)?;
        if entry.kind != ValueKind::LogNormalizedCounts {
            return Ok(None);
        }
        let tiles: Vec<u32> = entry.divisor.iter().flat_map(TileRange::iter).collect();
        let values = self.decoded(OBS, &tiles, priority, Values::decode).await?;
        let divisors = assemble::continuous(values, self.n_obs())
            .map_err(|error| FetchError::damaged(tile_key(OBS, tiles.first().copied().unwrap_or_default()), &error))?;
        let divisors = Rc::new(divisors.values);
        self.0.divisors.borrow_mut().insert(layer, Rc::clone(&divisors));
        Ok(Some(divisors))
    }

    /// The same as far as some chunks of genes take it; 1 in all other cells.
    async fn divisors_in_chunks(
        &self,
        layer: usize,
        chunks: &[u32],
        priority: Priority,
    ) -> Result<Option<Vec<f32>>, FetchError> {
        if let Some(kept) = self.0.divisors.borrow().get(&layer) {
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
        for (&tile, values) in wanted.iter().zip(self.decoded(OBS, &tiles, priority, Values::decode).await?) {
            let start = (tile * CELLS_PER_COLUMN_TILE) as usize;
            let end = (start + CELLS_PER_COLUMN_TILE as usize).min(self.n_obs());
            let place = divisors.get_mut(start..end).filter(|place| place.len() == values.0.len());
            let wrong = || FetchError::damaged(tile_key(OBS, range.first + tile), &"it holds another number of cells");
            place.ok_or_else(wrong)?.copy_from_slice(&values.0);
        }
        Ok(Some(divisors))
    }
}

fn decoder(layer: &Layer) -> fn(&[u8]) -> Result<Expression, DecodeError> {
    match layer.kind {
        ValueKind::Float => Expression::decode_floats,
        _ => Expression::decode_counts,
    }
}
