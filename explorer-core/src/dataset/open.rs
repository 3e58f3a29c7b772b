//! An open dataset: what its manifest names, and its tiles decoded.

use std::sync::{Arc, OnceLock};

use shared_fbs::{
    DecodeError, TileKey,
    manifest::{self, Layer, Manifest, Pack},
    order::TileCells,
};

use super::{DatasetError, Priority, Tiles, lookup};
use crate::de::{FixedPoints, Normalization};

/// An open dataset. Cheap to clone; clones share all.
pub struct Dataset<T>(Arc<Inner<T>>);

struct Inner<T> {
    manifest: Manifest,
    tiles: T,
    point_tiles: Vec<TileCells>,
    /// By layer.
    kept: Vec<LayerKept>,
}

/// What is kept of a layer once it was read, since all that reads expression needs it.
#[derive(Default)]
pub(super) struct LayerKept {
    /// Of all cells, in a layer of normalized counts.
    pub(super) normalization: OnceLock<Arc<Normalization>>,
    pub(super) fixed_points: OnceLock<FixedPoints>,
}

impl<T> Clone for Dataset<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Dataset<T> {
    /// The dataset that a manifest describes.
    pub fn new(manifest: Manifest, tiles: T) -> Self {
        let point_tiles = manifest.levels().tiles();
        let kept = manifest.layers.iter().map(|_| LayerKept::default()).collect();
        Self(Arc::new(Inner { manifest, tiles, point_tiles, kept }))
    }

    /// What the dataset holds.
    pub fn manifest(&self) -> &Manifest {
        &self.0.manifest
    }

    /// Where its tiles come from.
    pub fn tiles(&self) -> &T {
        &self.0.tiles
    }

    /// Number of cells.
    pub fn n_obs(&self) -> usize {
        self.0.manifest.n_obs as usize
    }

    /// The embedding of a key, or the default one, with its index; `None` when there is none.
    pub fn embedding(&self, key: Option<&str>) -> Option<(usize, &manifest::Embedding)> {
        lookup::embedding(&self.0.manifest, key)
    }

    /// The embedding to show: that of the key, or the default one where there is none such.
    pub fn embedding_to_show(&self, key: Option<&str>) -> Option<(usize, &manifest::Embedding)> {
        lookup::embedding_to_show(&self.0.manifest, key)
    }

    /// Which cells each tile of an embedding holds, coarsest level first.
    pub fn point_tiles(&self) -> &[TileCells] {
        &self.0.point_tiles
    }

    /// The layer of a name, or the default one, with its index.
    ///
    /// # Errors
    /// [`DatasetError::Layer`].
    pub fn layer(&self, name: Option<&str>) -> Result<(usize, &Layer), DatasetError> {
        Ok(lookup::layer(&self.0.manifest, name)?)
    }

    /// The layer of a name, or the one to compute statistics on unless the user says otherwise.
    ///
    /// # Errors
    /// [`DatasetError::Layer`].
    pub fn statistics_layer(&self, name: Option<&str>) -> Result<(usize, &Layer), DatasetError> {
        Ok(self.0.manifest.statistics_layer_named(name)?)
    }

    /// The layer of an index.
    ///
    /// # Errors
    /// [`DatasetError::Unknown`].
    pub fn layer_entry(&self, layer: usize) -> Result<&Layer, DatasetError> {
        let entry = self.0.manifest.layers.get(layer);
        entry.ok_or_else(|| DatasetError::unknown("layer", &layer.to_string()))
    }

    /// The name that the table of a layer's genes goes by.
    pub fn gene_table_name<'a>(&'a self, layer: &'a Layer) -> &'a str {
        lookup::gene_table(&self.0.manifest, layer)
    }

    /// Number of genes of a layer; 0 where there is no such layer.
    pub fn n_genes(&self, layer: usize) -> usize {
        self.var(layer).map_or(0, |var| var.n_vars as usize)
    }

    /// The table of genes that a layer is over.
    pub(super) fn var(&self, layer: usize) -> Option<&manifest::Var> {
        let manifest = &self.0.manifest;
        manifest.vars.get(manifest.layers.get(layer)?.var as usize)
    }

    /// How large the tiles of all genes of a layer are, in bytes.
    pub fn genes_bytes(&self, layer: &Layer) -> u64 {
        self.0.manifest.pack_named(&layer.pack).map_or(0, |pack| pack.n_bytes)
    }

    /// How large the moments of a set of cells are on the wire, about, in bytes.
    pub fn moments_tile_bytes(&self, layer: &Layer) -> u64 {
        let total = layer.total_moments.as_ref().zip(layer.moments_pack.as_deref());
        let pack = total.and_then(|(_, name)| self.0.manifest.pack_named(name));
        pack.map_or(0, |pack| pack.n_bytes / u64::from(pack.n_tiles.max(1)))
    }

    pub(super) fn var_entry(&self, var: usize) -> Result<&manifest::Var, DatasetError> {
        let entry = self.0.manifest.vars.get(var);
        entry.ok_or_else(|| DatasetError::unknown("table of genes", &var.to_string()))
    }

    pub(super) fn column_entry(&self, name: &str) -> Result<&manifest::Column, DatasetError> {
        self.0.manifest.column(name).ok_or_else(|| DatasetError::unknown("column", name))
    }

    pub(super) fn kept(&self, layer: usize) -> Result<&LayerKept, DatasetError> {
        self.0.kept.get(layer).ok_or_else(|| DatasetError::unknown("layer", &layer.to_string()))
    }

    fn pack(&self, name: &str) -> Result<&Pack, DatasetError> {
        self.0.manifest.pack_named(name).ok_or_else(|| DatasetError::unknown("pack", name))
    }
}

impl<T: Tiles> Dataset<T> {
    /// A tile of a pack, decoded.
    ///
    /// # Errors
    /// When the tile cannot be read or decoded.
    pub async fn read_one<R>(
        &self,
        pack: &str,
        tile: u32,
        priority: Priority,
        decode: impl Fn(&[u8]) -> Result<R, DecodeError>,
    ) -> Result<R, T::Error> {
        let missing = || DatasetError::unknown("tile", &TileKey { pack: pack.into(), index: tile }.to_string());
        let mut tiles = self.read(pack, &[tile], priority, decode).await?;
        Ok(tiles.pop().ok_or_else(missing)?)
    }

    /// Tiles of a pack, decoded, in the order asked.
    ///
    /// # Errors
    /// The first tile that cannot be read or decoded.
    pub async fn read<R>(
        &self,
        pack: &str,
        tiles: &[u32],
        priority: Priority,
        decode: impl Fn(&[u8]) -> Result<R, DecodeError>,
    ) -> Result<Vec<R>, T::Error> {
        self.read_each(pack, tiles, priority, |_, bytes| decode(bytes)).await
    }

    /// The same, where it depends on the place among those asked how a tile is decoded.
    pub(super) async fn read_each<R>(
        &self,
        pack: &str,
        tiles: &[u32],
        priority: Priority,
        decode: impl Fn(usize, &[u8]) -> Result<R, DecodeError>,
    ) -> Result<Vec<R>, T::Error> {
        let answers = self.0.tiles.tiles(self.pack(pack)?, tiles, priority).await;
        let mut decoded = Vec::with_capacity(answers.len());
        for ((at, answer), &index) in answers.into_iter().enumerate().zip(tiles) {
            self.breathe().await;
            let bytes = answer?;
            decoded.push(decode(at, bytes.as_ref()).map_err(|error| DatasetError::damaged(pack, index, error))?);
        }
        Ok(decoded)
    }

    /// Reads tiles so that they are at hand later, when nothing more urgent is to be read.
    pub(super) async fn prefetch(&self, pack: &str, tiles: &[u32]) -> Result<(), T::Error> {
        let answers = self.0.tiles.tiles(self.pack(pack)?, tiles, Priority::Background).await;
        answers.into_iter().try_for_each(|answer| answer.map(drop))
    }

    pub(super) fn breathe(&self) -> impl Future<Output = ()> {
        self.0.tiles.breathe()
    }
}
