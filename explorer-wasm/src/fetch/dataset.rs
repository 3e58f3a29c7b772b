//! A dataset by meaning: columns, genes, positions and moments, each from its tiles.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use explorer_core::data::{Categorical, CellIdx, Column, Frame, assemble};
use explorer_core::de::{CellsPart, FixedPoint, FixedPoints};
use futures_util::future;
use shared_fbs::{
    DecodeError, TileKey,
    manifest::{self, CELLS_PER_TEXT_TILE, ColumnKind, FRAC_BITS_PER_GENE, Layer, Manifest, TileRange, ValueKind},
    order::TileCells,
    tile::{Categories, Cells, Codes, Genes, Moments, Points, Strings, Values},
};

use super::{FetchError, Fetcher, Priority, TileBytes};
use crate::platform;

/// The packs whose names do not depend on a layer.
pub(super) const OBS: &str = "obs";
const POINTS: &str = "points";
const VAR: &str = "var";

/// An open dataset. Cheap to clone; clones share all.
#[derive(Clone)]
pub struct Dataset(pub(super) Rc<Inner>);

pub(super) struct Inner {
    pub(super) fetcher: Fetcher,
    pub(super) manifest: Manifest,
    point_tiles: Vec<TileCells>,
    /// By layer.
    pub(super) divisors: RefCell<HashMap<usize, Rc<Vec<f32>>>>,
}

impl Dataset {
    /// Reads the manifest.
    ///
    /// # Errors
    /// When it cannot be fetched or read.
    pub async fn open(fetcher: Fetcher) -> Result<Self, FetchError> {
        let manifest = fetcher.manifest().await?;
        Ok(Self(Rc::new(Inner {
            fetcher,
            point_tiles: manifest.levels().tiles(),
            manifest,
            divisors: RefCell::default(),
        })))
    }

    /// What the dataset holds.
    pub fn manifest(&self) -> &Manifest {
        &self.0.manifest
    }

    /// Number of cells.
    pub fn n_obs(&self) -> usize {
        self.0.manifest.n_obs as usize
    }

    /// The embedding of a key, or the default one; `None` when there is none.
    pub fn embedding(&self, key: Option<&str>) -> Option<(usize, &manifest::Embedding)> {
        let embeddings = &self.0.manifest.embeddings;
        let index = match key {
            Some(key) => embeddings.iter().position(|embedding| embedding.key == key)?,
            None => self.0.manifest.default_embedding as usize,
        };
        embeddings.get(index).map(|embedding| (index, embedding))
    }

    /// The embedding to show: that of the key, or the default one where there is none such.
    pub fn embedding_to_show(&self, key: Option<&str>) -> Option<(usize, &manifest::Embedding)> {
        self.embedding(key).or_else(|| self.embedding(None))
    }

    /// The layer of a name, or the default one.
    ///
    /// # Errors
    /// When there is none.
    pub fn layer(&self, name: Option<&str>) -> Result<(usize, &Layer), FetchError> {
        let layers = &self.0.manifest.layers;
        let index = match name {
            Some(name) => layers.iter().position(|layer| layer.name == name),
            None => Some(self.0.manifest.default_layer as usize),
        };
        index
            .and_then(|index| layers.get(index).map(|layer| (index, layer)))
            .ok_or_else(|| unknown("layer", name.unwrap_or("X")))
    }

    /// The layer of a name, or the one to compute statistics on unless the user says otherwise.
    ///
    /// # Errors
    /// When there is none.
    pub fn statistics_layer(&self, name: Option<&str>) -> Result<(usize, &Layer), FetchError> {
        let name = name.or_else(|| self.0.manifest.statistics_layer().map(|layer| layer.name.as_str()));
        self.layer(name)
    }

    /// Which cells each tile of an embedding holds, coarsest level first.
    pub fn point_tiles(&self) -> &[TileCells] {
        &self.0.point_tiles
    }

    /// Positions of some tiles of an embedding, by their place in [`Dataset::point_tiles`].
    ///
    /// # Errors
    /// The first tile that is not to be had.
    pub async fn points(&self, embedding: usize, tiles: &[usize]) -> Result<Vec<Points>, FetchError> {
        let range = self.0.manifest.embeddings.get(embedding).and_then(|embedding| embedding.tiles.as_ref());
        let first = range.map_or(0, |range| range.first);
        let tiles: Vec<u32> = tiles.iter().map(|&tile| first + tile as u32).collect();
        self.decoded(POINTS, &tiles, Priority::Now, Points::decode).await
    }

    /// How 16-bit units of an embedding become the file's coordinates.
    pub fn frame(embedding: &manifest::Embedding) -> Frame {
        Frame { origin_x: embedding.origin_x, origin_y: embedding.origin_y, step: embedding.step }
    }

    /// Labels, counts and colours of a categorical column: one small tile.
    ///
    /// # Errors
    /// When there is no such column, or its tile is not to be had.
    pub async fn categories(&self, name: &str) -> Result<Categories, FetchError> {
        let column = self.column_entry(name)?;
        let first = column.tiles.as_ref().map_or(0, |range| range.first);
        self.one(OBS, first, Priority::Soon, Categories::decode).await
    }

    /// A column over all cells.
    ///
    /// # Errors
    /// When there is no such column, it is text, or a tile is not to be had.
    pub async fn column(&self, name: &str, priority: Priority) -> Result<Column, FetchError> {
        let entry = self.column_entry(name)?;
        let tiles: Vec<u32> = entry.tiles.iter().flat_map(TileRange::iter).collect();
        let key = || tile_key(OBS, tiles.first().copied().unwrap_or_default());
        if entry.kind == ColumnKind::Continuous {
            let values = self.decoded(OBS, &tiles, priority, Values::decode).await?;
            platform::breathe().await;
            let column = assemble::continuous(values, self.n_obs());
            return column.map(Column::Continuous).map_err(|error| FetchError::damaged(key(), &error));
        }
        let (Some((&first, codes)), ColumnKind::Categorical) = (tiles.split_first(), entry.kind) else {
            return Err(unknown("column to filter or colour by", name));
        };
        let categories = self.one(OBS, first, priority, Categories::decode);
        let (categories, codes) =
            future::try_join(categories, self.decoded(OBS, codes, priority, Codes::decode)).await?;
        platform::breathe().await;
        let column: Result<Categorical, _> = assemble::categorical(&categories, &codes, entry.ordered, self.n_obs());
        column.map(Column::Categorical).map_err(|error| FetchError::damaged(key(), &error))
    }

    fn column_entry(&self, name: &str) -> Result<&manifest::Column, FetchError> {
        self.0.manifest.column(name).ok_or_else(|| unknown("column", name))
    }

    /// The genes of the `var` table that a layer is over.
    ///
    /// # Errors
    /// When the tile is not to be had.
    pub async fn genes(&self, layer: usize) -> Result<Genes, FetchError> {
        let manifest = &self.0.manifest;
        let var = manifest.layers.get(layer).and_then(|layer| manifest.vars.get(layer.var as usize));
        let Some(var) = var else {
            return Err(unknown("layer", &layer.to_string()));
        };
        let genes = self.one(VAR, var.tile, Priority::Soon, Genes::decode).await?;
        if genes.ids.len() == var.n_vars as usize {
            Ok(genes)
        } else {
            Err(FetchError::damaged(tile_key(VAR, var.tile), &"it has another number of genes than the manifest says"))
        }
    }

    /// Moments tiles of a layer, by number in its pack of moments.
    ///
    /// # Errors
    /// The first tile that is not to be had.
    pub async fn moments(&self, layer: &Layer, tiles: &[u32]) -> Result<Vec<Moments>, FetchError> {
        let pack = layer.moments_pack.as_deref().ok_or_else(|| unknown("moments of layer", &layer.name))?;
        self.decoded(pack, tiles, Priority::Now, Moments::decode).await
    }

    /// The cells that parts of a plan ask for, a tile a part.
    ///
    /// # Errors
    /// The first tile that is not to be had.
    pub async fn cells(&self, layer: usize, parts: &[CellsPart]) -> Result<Vec<Cells>, FetchError> {
        let entry = self.layer_entry(layer)?;
        let pack = entry.cells_pack.as_deref().ok_or_else(|| unknown("cells of layer", &entry.name))?;
        let decode = if entry.kind == ValueKind::Float { Cells::decode_floats } else { Cells::decode_counts };
        let n_genes = self.n_genes(layer) as u32;
        let tiles: Vec<u32> = parts.iter().map(|part| part.tile).collect();
        let answers = self.0.fetcher.tiles(&self.0.manifest, pack, &tiles, Priority::Background).await;
        let mut decoded = Vec::with_capacity(answers.len());
        for (answer, part) in answers.into_iter().zip(parts) {
            platform::breathe().await;
            let cells = decode(&answer?, part.wanted(), n_genes);
            decoded.push(cells.map_err(|error| FetchError::damaged(tile_key(pack, part.tile), &error))?);
        }
        Ok(decoded)
    }

    /// How large the moments of a set of cells are on the wire, about.
    pub fn moments_tile_bytes(&self, layer: &Layer) -> u64 {
        let total = layer.total_moments.as_ref().zip(layer.moments_pack.as_deref());
        let pack = total.and_then(|(_, name)| self.0.manifest.pack_named(name));
        pack.map_or(0, |pack| pack.n_bytes / u64::from(pack.n_tiles.max(1)))
    }

    /// The layer of a number.
    ///
    /// # Errors
    /// When there is none.
    pub fn layer_entry(&self, layer: usize) -> Result<&Layer, FetchError> {
        self.0.manifest.layers.get(layer).ok_or_else(|| unknown("layer", &layer.to_string()))
    }

    /// How the values of a layer become integers that sum exactly.
    ///
    /// # Errors
    /// When the tile that says so gene by gene is not to be had, or makes no sense.
    pub async fn fixed_points(&self, layer: usize) -> Result<FixedPoints, FetchError> {
        let entry = self.layer_entry(layer)?;
        let uniform = FixedPoint::from_bytes(entry.frac_bits, entry.square_shift).map(FixedPoints::Uniform);
        if let Some(uniform) = uniform.filter(|_| entry.frac_bits != FRAC_BITS_PER_GENE) {
            return Ok(uniform);
        }
        let total = entry.total_moments.as_ref().map_or(0, |range| range.first);
        let tiles = self.moments(entry, &[total]).await?;
        tiles
            .first()
            .and_then(|tile| FixedPoints::from_tile(entry.frac_bits, entry.square_shift, tile, self.n_genes(layer)))
            .ok_or_else(|| {
                let pack = entry.moments_pack.as_deref().unwrap_or_default();
                FetchError::damaged(tile_key(pack, total), &"its fixed points make no sense")
            })
    }

    /// Number of genes of a layer.
    pub fn n_genes(&self, layer: usize) -> usize {
        let manifest = &self.0.manifest;
        let var = manifest.layers.get(layer).and_then(|layer| manifest.vars.get(layer.var as usize));
        var.map_or(0, |var| var.n_vars as usize)
    }

    /// Bytes that have come over the network so far.
    pub fn bytes_fetched(&self) -> u64 {
        self.0.fetcher.bytes_fetched()
    }

    /// The id of a cell, as the input's obs index has it.
    ///
    /// # Errors
    /// When its tile is not to be had.
    pub async fn cell_id(&self, cell: CellIdx) -> Result<Option<String>, FetchError> {
        let Some(range) = &self.0.manifest.cell_ids else {
            return Ok(None);
        };
        let tile = range.first + cell.0 / CELLS_PER_TEXT_TILE;
        let ids = self.one(OBS, tile, Priority::Now, Strings::decode).await?;
        Ok(ids.0.into_iter().nth((cell.0 % CELLS_PER_TEXT_TILE) as usize).flatten())
    }

    /// Fetches the tiles of a column, for later.
    ///
    /// # Errors
    /// When there is no such column, or a tile is not to be had.
    pub async fn prefetch_column(&self, name: &str) -> Result<(), FetchError> {
        let tiles: Vec<u32> = self.column_entry(name)?.tiles.iter().flat_map(TileRange::iter).collect();
        self.prefetch(OBS, &tiles).await
    }

    /// Fetches tiles into the cache, when nothing more urgent is to be fetched.
    pub(super) async fn prefetch(&self, pack: &str, tiles: &[u32]) -> Result<(), FetchError> {
        let answers = self.0.fetcher.tiles(&self.0.manifest, pack, tiles, Priority::Background).await;
        answers.into_iter().try_for_each(|answer| answer.map(drop))
    }

    async fn one<T>(
        &self,
        pack: &str,
        tile: u32,
        priority: Priority,
        decode: fn(&[u8]) -> Result<T, DecodeError>,
    ) -> Result<T, FetchError> {
        let mut tiles = self.decoded(pack, &[tile], priority, decode).await?;
        tiles.pop().ok_or_else(|| unknown("tile", &tile_key(pack, tile).to_string()))
    }

    pub(super) async fn decoded<T>(
        &self,
        pack: &str,
        tiles: &[u32],
        priority: Priority,
        decode: fn(&[u8]) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, FetchError> {
        let answers = self.0.fetcher.tiles(&self.0.manifest, pack, tiles, priority).await;
        let mut decoded = Vec::with_capacity(answers.len());
        for (answer, &index) in answers.into_iter().zip(tiles) {
            platform::breathe().await;
            let bytes: TileBytes = answer?;
            let value = decode(&bytes).map_err(|error| FetchError::damaged(tile_key(pack, index), &error))?;
            decoded.push(value);
        }
        Ok(decoded)
    }
}

pub(super) fn tile_key(pack: &str, index: u32) -> TileKey {
    TileKey { pack: pack.into(), index }
}

pub(super) fn unknown(kind: &'static str, name: &str) -> FetchError {
    FetchError::Unknown { kind, name: name.to_owned() }
}
