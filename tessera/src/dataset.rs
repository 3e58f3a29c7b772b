//! A dataset on this machine: tiles by name, verified.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use explorer_core::data::{
    Categorical,
    assemble::{self, AssembleError},
};
use shared_fbs::{
    DecodeError,
    manifest::{Column, ColumnKind, Layer, Manifest, TileRange},
    path::MANIFEST,
    tile::{Categories, Codes, Expression, Genes, Moments, Strings, Values},
};
use shared_fbs::{frame, manifest::ValueKind};

use crate::packs::PackIndex;

/// An open dataset. Its packs are opened when first read, and stay open.
pub struct Dataset {
    manifest: Manifest,
    packs: Vec<PackIndex>,
}

/// Why a dataset, or a tile of it, cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// There is no dataset.
    #[error("{path} is no dataset: it has no {MANIFEST} ({source}); `tile-server build FILE.h5ad --out DIR` makes one")]
    NoManifest {
        /// The directory.
        path: PathBuf,
        /// Why the file cannot be read.
        source: io::Error,
    },
    /// The manifest is broken or of another version.
    #[error("{path}: {source}")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: DecodeError,
    },
    /// A tile does not exist.
    #[error("the dataset has no tile {pack}/{index}")]
    NoTile {
        /// Name of the pack.
        pack: String,
        /// Number of the tile.
        index: u32,
    },
    /// A tile cannot be read from its file.
    #[error("tile {pack}/{index} cannot be read: {source}")]
    Read {
        /// Name of the pack.
        pack: String,
        /// Number of the tile.
        index: u32,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A tile is broken.
    #[error("tile {pack}/{index} is broken: {source}")]
    Tile {
        /// Name of the pack.
        pack: String,
        /// Number of the tile.
        index: u32,
        /// What is wrong.
        source: DecodeError,
    },
    /// Tiles of a column do not fit together.
    #[error("column `{column}` is broken: {source}")]
    Column {
        /// The column.
        column: String,
        /// What is wrong.
        source: AssembleError,
    },
}

impl DatasetError {
    /// Whether the dataset is whole, but of a format that this program does not read.
    pub fn is_of_another_version(&self) -> bool {
        let Self::Manifest { source, .. } = self else { return false };
        matches!(source, DecodeError::TooOld { .. } | DecodeError::TooNew { .. })
    }
}

impl Dataset {
    /// Opens a dataset's directory.
    ///
    /// # Errors
    /// [`DatasetError::NoManifest`] and [`DatasetError::Manifest`].
    pub fn open(directory: &Path) -> Result<Self, DatasetError> {
        let path = directory.join(MANIFEST);
        let bytes =
            fs::read(&path).map_err(|source| DatasetError::NoManifest { path: directory.to_owned(), source })?;
        let manifest = Manifest::decode(&bytes).map_err(|source| DatasetError::Manifest { path, source })?;
        Ok(Self::of_manifest(directory, manifest))
    }

    /// The dataset in a directory that this manifest describes.
    pub fn of_manifest(directory: &Path, manifest: Manifest) -> Self {
        let packs = manifest.packs.iter().map(|pack| PackIndex::new(directory, pack.clone())).collect();
        Self { manifest, packs }
    }

    /// Where the tiles of its packs lie, in the manifest's order.
    pub fn packs(&self) -> &[PackIndex] {
        &self.packs
    }

    /// Its manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The inflated, verified bytes of a tile.
    ///
    /// # Errors
    /// [`DatasetError::NoTile`], [`DatasetError::Read`] or [`DatasetError::Tile`].
    pub fn tile(&self, pack: &str, index: u32) -> Result<Vec<u8>, DatasetError> {
        let missing = || DatasetError::NoTile { pack: pack.to_owned(), index };
        let read = |source| DatasetError::Read { pack: pack.to_owned(), index, source };
        let broken = |source| DatasetError::Tile { pack: pack.to_owned(), index, source };
        let position = self.manifest.packs.iter().position(|known| known.name == pack).ok_or_else(missing)?;
        let pack = &self.packs[position];
        let slot = pack.slot(index).map_err(read)?.ok_or_else(missing)?;
        let frame = pack.read(&slot).map_err(|error| read(error.into()))?;
        let content = frame::inflate(&frame).map_err(broken)?;
        frame::verify(&content, slot.checksum).map_err(broken)?;
        Ok(content.into_owned())
    }

    /// A decoded tile.
    ///
    /// # Errors
    /// As [`Self::tile`].
    pub fn decode<T>(
        &self,
        pack: &str,
        index: u32,
        decode: impl FnOnce(&[u8]) -> Result<T, DecodeError>,
    ) -> Result<T, DatasetError> {
        let broken = |source| DatasetError::Tile { pack: pack.to_owned(), index, source };
        decode(&self.tile(pack, index)?).map_err(broken)
    }

    /// Decoded tiles of a range.
    ///
    /// # Errors
    /// As [`Self::tile`].
    pub fn decode_range<T>(
        &self,
        pack: &str,
        range: Option<&TileRange>,
        decode: impl Fn(&[u8]) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DatasetError> {
        let tiles = range.map_or(0..0, TileRange::iter);
        tiles.map(|index| self.decode(pack, index, &decode)).collect()
    }

    /// A categorical column; `None` for a column of another kind.
    ///
    /// # Errors
    /// As [`Self::tile`], and [`DatasetError::Column`].
    pub fn categorical(&self, column: &Column) -> Result<Option<Categorical>, DatasetError> {
        let (ColumnKind::Categorical, Some(tiles)) = (column.kind, &column.tiles) else { return Ok(None) };
        let categories = self.decode("obs", tiles.first, Categories::decode)?;
        let codes = TileRange { first: tiles.first + 1, count: tiles.count.saturating_sub(1) };
        let codes = self.decode_range("obs", Some(&codes), Codes::decode)?;
        assemble::categorical(&categories, &codes, column.ordered, self.manifest.n_obs as usize)
            .map(Some)
            .map_err(|source| DatasetError::Column { column: column.name.clone(), source })
    }

    /// The ids of all cells.
    ///
    /// # Errors
    /// As [`Self::tile`].
    pub fn cell_ids(&self) -> Result<Vec<Option<String>>, DatasetError> {
        let tiles = self.decode_range("obs", self.manifest.cell_ids.as_ref(), Strings::decode)?;
        Ok(tiles.into_iter().flat_map(|tile| tile.0).collect())
    }

    /// The genes of a layer.
    ///
    /// # Errors
    /// As [`Self::tile`].
    pub fn genes(&self, layer: &Layer) -> Result<Genes, DatasetError> {
        let tile = self.manifest.vars[layer.var as usize].tile;
        self.decode("var", tile, Genes::decode)
    }

    /// The divisors of a layer of log-normalised counts, one a cell; empty for other layers.
    ///
    /// # Errors
    /// As [`Self::tile`].
    pub fn divisors(&self, layer: &Layer) -> Result<Vec<f32>, DatasetError> {
        let tiles = self.decode_range("obs", layer.divisor.as_ref(), Values::decode)?;
        Ok(tiles.into_iter().flat_map(|tile| tile.0).collect())
    }

    /// The moments of a layer over all cells.
    ///
    /// # Errors
    /// As [`Self::tile`]; [`DatasetError::NoTile`] when the layer has none.
    pub fn total_moments(&self, layer: &Layer) -> Result<Moments, DatasetError> {
        let pack = layer.moments_pack.as_deref().unwrap_or_default();
        self.decode(pack, layer.total_moments.as_ref().map_or(0, |tiles| tiles.first), Moments::decode)
    }

    /// One gene's expression, a tile a chunk of cells.
    ///
    /// # Errors
    /// As [`Self::tile`].
    pub fn expression(&self, layer: &Layer, gene: u32) -> Result<Vec<Expression>, DatasetError> {
        let decode = match layer.kind {
            ValueKind::Float => Expression::decode_floats,
            _ => Expression::decode_counts,
        };
        let per_gene = self.manifest.tiles_per_gene();
        let tiles = TileRange { first: gene * per_gene, count: per_gene };
        self.decode_range(&layer.pack, Some(&tiles), decode)
    }
}
