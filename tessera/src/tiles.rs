//! The tiles of a dataset, from the files of its packs.

use std::path::Path;

use explorer_core::dataset::{Pace, Priority, Tiles};
use shared_fbs::{
    TileKey, frame,
    manifest::{Manifest, Pack},
};

use crate::{dataset::DatasetError, packs::PackIndex};

/// The packs of a dataset in a directory. Each is opened when first read, and stays open.
pub struct FileTiles(Vec<PackIndex>);

impl FileTiles {
    /// The packs that a manifest in the directory names, in its order.
    pub fn new(directory: &Path, manifest: &Manifest) -> Self {
        Self(manifest.packs.iter().map(|pack| PackIndex::new(directory, pack.clone())).collect())
    }

    /// Where the tiles lie.
    pub fn packs(&self) -> &[PackIndex] {
        &self.0
    }

    fn tile(&self, pack: &Pack, index: u32) -> Result<Vec<u8>, DatasetError> {
        let tile = || TileKey { pack: pack.name.as_str().into(), index };
        let missing = || DatasetError::NoTile(tile());
        let read = |source| DatasetError::Read { tile: tile(), source };
        let broken = |source| DatasetError::Tile { tile: tile(), source };
        let pack = self.0.iter().find(|known| **known.file() == *pack.file).ok_or_else(missing)?;
        let slot = pack.slot(index).map_err(read)?.ok_or_else(missing)?;
        let frame = pack.read(&slot).map_err(|error| read(error.into()))?;
        let content = frame::inflate(&frame).map_err(broken)?;
        frame::verify(&content, slot.checksum).map_err(broken)?;
        Ok(content.into_owned())
    }
}

impl Tiles for FileTiles {
    type Bytes = Vec<u8>;
    type Error = DatasetError;

    const PACE: Pace = Pace::AT_HAND;

    /// Reads while it is polled, and is ready at once.
    async fn tiles(&self, pack: &Pack, tiles: &[u32], _: Priority) -> Vec<Result<Vec<u8>, DatasetError>> {
        tiles.iter().map(|&index| self.tile(pack, index)).collect()
    }
}
