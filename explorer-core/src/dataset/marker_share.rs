//! Markers of the labels of a column, out of their stored moments, in shares of labels.

use std::ops::Range;

use shared_fbs::manifest::Layer;

use super::{Dataset, DatasetError, Tiles};
use crate::{
    de::{DeOptions, GeneMoments, Marker, MarkerFinder, MarkerRank},
    state::MarkerOrder,
};

/// Moments of labels that all workers together may hold, in bytes.
const MOST_MOMENTS_BYTES: u64 = 512 << 20;

/// Some labels of a column whose genes are to be ranked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkerShare {
    /// The tiles of the moments of all labels of the column, label after label.
    pub tiles: Range<u32>,
    /// The labels to rank genes of.
    pub labels: Range<u32>,
    /// What genes are ranked by.
    pub order: MarkerOrder,
    /// Genes of each label.
    pub n_top: u32,
}

impl MarkerShare {
    /// A share of the labels for each of at most so many workers, in a layer of `n_genes` genes; none for those that
    /// would have nothing to do.
    pub fn shares(&self, n_genes: u32, n_workers: usize) -> Vec<Self> {
        let most = match self.order {
            MarkerOrder::Score => n_workers,
            // Each holds the moments of all labels.
            MarkerOrder::Effect => {
                let n_bytes = u64::from(n_genes) * self.tiles.len() as u64 * size_of::<GeneMoments>() as u64;
                n_workers.min((MOST_MOMENTS_BYTES / n_bytes.max(1)).max(1) as usize)
            }
        };
        let (n_labels, n_workers) = (self.labels.len() as u32, most as u32);
        let cut = |worker: u32| self.labels.start + n_labels * worker / n_workers;
        let shares = (0..n_workers).map(|worker| cut(worker)..cut(worker + 1));
        shares.filter(|labels| !labels.is_empty()).map(|labels| Self { labels, ..self.clone() }).collect()
    }

    /// The labels whose moments are read: those to rank genes of, or all, where each is held against each other.
    fn read(&self) -> Range<u32> {
        match self.order {
            MarkerOrder::Score => self.labels.clone(),
            MarkerOrder::Effect => 0..self.tiles.len() as u32,
        }
    }
}

/// The tiles of the moments of a column's labels; `None` where the layer has none, or no total.
pub fn label_tiles(layer: &Layer, column: &str) -> Option<Range<u32>> {
    layer.total_moments.as_ref()?;
    let moments = layer.column_moments.iter().find(|moments| moments.column == *column)?;
    Some(moments.tiles.as_ref()?.iter())
}

impl<T: Tiles> Dataset<T> {
    /// The best genes of every label of a share, label after label. `report` hears how many labels are done since the
    /// last time, none while moments are read; its error ends the work.
    ///
    /// # Errors
    /// The first tile that cannot be read, or the error of `report`.
    pub async fn markers(
        &self,
        layer: usize,
        share: &MarkerShare,
        mut report: impl FnMut(usize) -> Result<(), T::Error>,
    ) -> Result<Vec<Vec<Marker>>, T::Error> {
        let entry = self.layer_entry(layer)?;
        let fixed = self.fixed_points(layer).await?;
        let total = self.total_moments(layer).await?;
        let read = share.read();
        let tiles: Vec<u32> = read.clone().map(|label| share.tiles.start + label).collect();
        let labels = self.stored_moments(layer, &tiles, |_| report(0)).await?;
        let options = DeOptions::of_layer(entry);
        let finder = MarkerFinder::new(&labels, &total, &fixed, options, MarkerRank::of(share.order));
        let mut markers = Vec::with_capacity(share.labels.len());
        for label in share.labels.clone() {
            let found = finder.markers_of((label - read.start) as usize, share.n_top as usize);
            markers.push(found.map_err(|source| DatasetError::Sums { layer: entry.name.clone(), source })?);
            report(1)?;
            self.breathe().await;
        }
        Ok(markers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(order: MarkerOrder) -> MarkerShare {
        MarkerShare { tiles: 10..71, labels: 0..60, order, n_top: 5 }
    }

    #[test]
    fn shares_cover_all_labels_once() {
        for n_workers in [1, 7, 100] {
            let shares = share(MarkerOrder::Score).shares(30_000, n_workers);
            let labels: Vec<u32> = shares.into_iter().flat_map(|share| share.labels).collect();
            assert!(labels.into_iter().eq(0..60));
        }
    }

    #[test]
    fn workers_that_would_hold_too_much_are_left_out() {
        // 61 labels of 60 000 genes take 117 MB.
        assert_eq!(share(MarkerOrder::Effect).shares(60_000, 8).len(), 4);
        assert_eq!(share(MarkerOrder::Effect).shares(100_000_000, 8).len(), 1);
        assert_eq!(share(MarkerOrder::Score).shares(60_000, 8).len(), 8);
    }
}
