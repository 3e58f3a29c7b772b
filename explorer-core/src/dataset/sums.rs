//! Moments: those stored, and those summed up out of tiles. Every comparison ends here.

use std::{ops::Range, pin::pin};

use futures_util::stream::{self, StreamExt as _};
use shared_fbs::{
    manifest::Layer,
    tile::{self, Cells},
};

use super::{Damage, Dataset, DatasetError, Priority, Share, Tiles};
use crate::{
    data::assemble::Rebuild,
    de::{CellsPart, FixedPoint, FixedPoints, Gather, Moments, MomentsError, MomentsPart, Summing},
};

impl<T: Tiles> Dataset<T> {
    /// How the values of a layer become integers that sum exactly.
    ///
    /// # Errors
    /// When the tile that says so gene by gene cannot be read, or makes no sense.
    pub async fn fixed_points(&self, layer: usize) -> Result<FixedPoints, T::Error> {
        self.kept_fixed_points(layer).await.cloned()
    }

    /// Entries that the moments of a layer have: its genes, and further bands of theirs.
    ///
    /// # Errors
    /// As [`Self::fixed_points`].
    pub async fn n_entries(&self, layer: usize) -> Result<usize, T::Error> {
        Ok(self.kept_fixed_points(layer).await?.n_entries(self.n_genes(layer)))
    }

    async fn kept_fixed_points(&self, layer: usize) -> Result<&FixedPoints, T::Error> {
        let kept = self.kept(layer)?;
        if let Some(fixed) = kept.fixed_points.get() {
            return Ok(fixed);
        }
        let entry = self.layer_entry(layer)?;
        let total = total_tile(entry);
        let pack = entry.moments_pack.as_deref().unwrap_or_default();
        let damaged = || DatasetError::damaged(pack, total, Damage::FixedPoints);
        let fixed = if entry.band_bits == 0 {
            let n_obs = self.n_obs() as u64;
            let step = FixedPoint::new(entry.frac_bits, entry.square_shift, entry.max_abs, n_obs);
            FixedPoints::Uniform(step.ok_or_else(damaged)?)
        } else {
            let tile = self.moments_tiles(entry, &[total]).await?;
            let of_tile = |tile| FixedPoints::from_tile(entry.band_bits, tile, self.n_genes(layer));
            tile.first().and_then(of_tile).ok_or_else(damaged)?
        };
        Ok(kept.fixed_points.get_or_init(|| fixed))
    }

    /// The largest value of every gene in the cells of a stored tile, that of all cells or of a label, zeros included.
    ///
    /// # Errors
    /// When the tile cannot be read, or does not tell.
    pub async fn largest_values(&self, layer: usize, tile: u32) -> Result<Vec<f32>, T::Error> {
        let entry = self.layer_entry(layer)?;
        let fixed = self.kept_fixed_points(layer).await?;
        let tiles = self.moments_tiles(entry, &[tile]).await?;
        let largest = |tile| fixed.largest_values(tile, self.n_genes(layer));
        let pack = entry.moments_pack.as_deref().unwrap_or_default();
        let damaged = || DatasetError::damaged(pack, tile, Damage::LargestValues);
        Ok(tiles.first().and_then(largest).ok_or_else(damaged)?)
    }

    /// Stored moments of a layer, by number of the tile in its pack of moments. `report` hears of every batch how many
    /// have come since the last time; its error ends the reading.
    ///
    /// # Errors
    /// The first tile that cannot be read, or the error of `report`.
    pub async fn stored_moments(
        &self,
        layer: usize,
        tiles: &[u32],
        mut report: impl FnMut(usize) -> Result<(), T::Error>,
    ) -> Result<Vec<Moments>, T::Error> {
        let entry = self.layer_entry(layer)?;
        let n_entries = self.n_entries(layer).await?;
        let mut moments = Vec::with_capacity(tiles.len());
        for batch in tiles.chunks(T::PACE.parts) {
            for tile in self.moments_tiles(entry, batch).await? {
                let tile = Moments::from_tile(&tile, n_entries);
                moments.push(tile.map_err(|source| wrong_sums(entry, source))?);
            }
            report(batch.len())?;
            self.breathe().await;
        }
        Ok(moments)
    }

    /// The moments of a layer over all cells.
    ///
    /// # Errors
    /// When there are none, or their tile cannot be read.
    pub async fn total_moments(&self, layer: usize) -> Result<Moments, T::Error> {
        let entry = self.layer_entry(layer)?;
        let total = self.stored_moments(layer, &[total_tile(entry)], |_| Ok(())).await?.pop();
        Ok(total.ok_or_else(|| DatasetError::unknown("moments of layer", &entry.name))?)
    }

    /// Sums up a share of a comparison in a layer: the tiles of a plan, or of genes. `report` hears of every batch how
    /// many parts or genes are done since the last time; its error ends the work. Dropping the future ends it too.
    ///
    /// # Errors
    /// The first tile that cannot be read, or the error of `report`.
    pub async fn sum(
        &self,
        layer: usize,
        share: &Share,
        report: impl FnMut(usize) -> Result<(), T::Error>,
    ) -> Result<Summing, T::Error> {
        match share {
            Share::Genes { genes, labels } => self.gather(layer, genes.clone(), labels, report).await,
            Share::Parts { moments, cells } => self.follow(layer, moments, cells, report).await,
        }
    }

    /// Sums up all cells with a label, gene after gene.
    async fn gather(
        &self,
        layer: usize,
        genes: Range<u32>,
        labels: &[u8],
        mut report: impl FnMut(usize) -> Result<(), T::Error>,
    ) -> Result<Summing, T::Error> {
        let entry = self.layer_entry(layer)?;
        let fixed = self.kept_fixed_points(layer).await?;
        let normalization = self.normalization(layer, Priority::Now).await?;
        let rebuild = Rebuild::of(normalization.as_deref());
        let mut gather = Gather::new(labels, rebuild, fixed, self.n_genes(layer));
        let mut batches = pin!(self.gene_batches(layer, genes));
        while let Some((batch, tiles)) = batches.next().await {
            let n_genes = batch.len();
            gather.push(batch, &tiles?).map_err(|source| wrong_sums(entry, source))?;
            report(n_genes)?;
            self.breathe().await;
        }
        Ok(gather.finish_share())
    }

    /// Sums up the stored moments that parts of a plan name: a part of [`Self::sum`] for those who read no cells. `report`
    /// hears of every batch how many parts are done since the last time; its error ends the work.
    ///
    /// # Errors
    /// The first tile that cannot be read, or the error of `report`.
    pub async fn sum_stored(
        &self,
        layer: usize,
        moments: &[MomentsPart],
        mut report: impl FnMut(usize) -> Result<(), T::Error>,
    ) -> Result<Summing, T::Error> {
        let entry = self.layer_entry(layer)?;
        let fixed = self.kept_fixed_points(layer).await?;
        let mut sums = Summing::new(fixed, self.n_genes(layer));
        let batches = moments.chunks(T::PACE.parts).map(|parts| async move {
            let tiles: Vec<u32> = parts.iter().map(|part| part.tile).collect();
            (parts, self.moments_tiles(entry, &tiles).await)
        });
        let mut batches = stream::iter(batches).buffered(T::PACE.batches_ahead);
        while let Some((parts, tiles)) = batches.next().await {
            for (part, tile) in parts.iter().zip(tiles?) {
                sums.take_moments(&tile, part.signs).map_err(|source| wrong_sums(entry, source))?;
                self.breathe().await;
            }
            report(parts.len())?;
        }
        Ok(sums)
    }

    /// Sums up the tiles that parts of a plan name.
    async fn follow(
        &self,
        layer: usize,
        moments: &[MomentsPart],
        cells: &[CellsPart],
        mut report: impl FnMut(usize) -> Result<(), T::Error>,
    ) -> Result<Summing, T::Error> {
        let mut sums = self.sum_stored(layer, moments, &mut report).await?;
        if cells.is_empty() {
            return Ok(sums);
        }
        let entry = self.layer_entry(layer)?;
        let wrong = |source| wrong_sums(entry, source);
        let fixed = self.kept_fixed_points(layer).await?;
        let normalization = self.normalization(layer, Priority::Now).await?;
        let rebuild = Rebuild::of(normalization.as_deref());
        let batches = cells
            .chunks(T::PACE.parts)
            .map(|parts| async move { (parts, self.cells_tiles(layer, entry, parts).await) });
        let mut batches = stream::iter(batches).buffered(T::PACE.batches_ahead);
        while let Some((parts, tiles)) = batches.next().await {
            for (part, tile) in parts.iter().zip(tiles?) {
                sums.take_cells(&tile, part, rebuild, fixed).map_err(wrong)?;
            }
            report(parts.len())?;
            self.breathe().await;
        }
        Ok(sums)
    }

    async fn moments_tiles(&self, entry: &Layer, tiles: &[u32]) -> Result<Vec<tile::Moments>, T::Error> {
        let pack = entry.moments_pack.as_deref();
        let pack = pack.ok_or_else(|| DatasetError::unknown("moments of layer", &entry.name))?;
        self.read(pack, tiles, Priority::Now, tile::Moments::decode).await
    }

    /// The cells that parts of a plan ask for, a tile a part.
    async fn cells_tiles(&self, layer: usize, entry: &Layer, parts: &[CellsPart]) -> Result<Vec<Cells>, T::Error> {
        let pack = entry.cells_pack.as_deref();
        let pack = pack.ok_or_else(|| DatasetError::unknown("cells of layer", &entry.name))?;
        let n_genes = self.n_genes(layer) as u32;
        let tiles: Vec<u32> = parts.iter().map(|part| part.tile).collect();
        let decode = |at: usize, bytes: &[u8]| entry.decode_cells(bytes, parts[at].wanted(), n_genes);
        self.read_each(pack, &tiles, Priority::Background, decode).await
    }
}

/// The tile of a layer's moments over all cells.
fn total_tile(layer: &Layer) -> u32 {
    layer.total_moments.as_ref().map_or(0, |range| range.first)
}

fn wrong_sums(layer: &Layer, source: MomentsError) -> DatasetError {
    DatasetError::Sums { layer: layer.name.clone(), source }
}
