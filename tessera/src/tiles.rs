//! The tiles of a dataset, from the files of its packs.

use std::{io, sync::Arc};

use explorer_core::dataset::{Pace, Priority, Tiles};
use shared_fbs::{
    TileKey,
    manifest::{Manifest, Pack},
};

use crate::{
    dataset::DatasetError,
    files::Files,
    packs::{FrameError, PackIndex},
};

/// The packs of a dataset. Each is opened when first read, and stays open.
pub struct FileTiles(Vec<PackIndex>);

impl FileTiles {
    /// The packs that a manifest names, in its order.
    pub fn new(files: &Arc<dyn Files>, manifest: &Manifest) -> Self {
        Self::of_packs(files, manifest.packs.iter().cloned())
    }

    /// Packs among these files, in any order.
    pub fn of_packs(files: &Arc<dyn Files>, packs: impl IntoIterator<Item = Pack>) -> Self {
        Self(packs.into_iter().map(|pack| PackIndex::new(Arc::clone(files), pack)).collect())
    }

    /// Where the tiles lie.
    pub fn packs(&self) -> &[PackIndex] {
        &self.0
    }

    fn pack(&self, pack: &Pack) -> Option<&PackIndex> {
        self.0.iter().find(|known| **known.file() == *pack.file)
    }

    fn tile(&self, pack: &Pack, index: u32) -> Result<Vec<u8>, DatasetError> {
        let tile = || TileKey { pack: pack.name.as_str().into(), index };
        let missing = || DatasetError::NoTile(tile());
        let read = |source| DatasetError::Read { tile: tile(), source };
        let pack = self.pack(pack).ok_or_else(missing)?;
        let slot = pack.slot(index).map_err(read)?.ok_or_else(missing)?;
        let confirmed = pack.confirmed(&slot).map_err(|error| match error {
            FrameError::Broken(source) => DatasetError::Tile { tile: tile(), source },
            FrameError::Read(_) | FrameError::Sent { .. } => read(error.into()),
        });
        Ok(confirmed?.content)
    }

    /// Gets several tiles at one time, where that is quicker. What cannot be found is said by who reads it.
    fn prepare(&self, pack: &Pack, tiles: &[u32]) -> io::Result<()> {
        let (Some(pack), [_, _, ..]) = (self.pack(pack), tiles) else { return Ok(()) };
        let slots = tiles.iter().filter_map(|&index| pack.slot(index).ok()?);
        pack.prepare(&slots.map(|slot| slot.range()).collect::<Vec<_>>())
    }
}

impl Tiles for FileTiles {
    type Bytes = Vec<u8>;
    type Error = DatasetError;

    const PACE: Pace = Pace::AT_HAND;

    /// Reads while it is polled, and is ready at once.
    async fn tiles(&self, pack: &Pack, tiles: &[u32], _: Priority) -> Vec<Result<Vec<u8>, DatasetError>> {
        if let Err(error) = self.prepare(pack, tiles) {
            let failed = |&index: &u32| {
                let tile = TileKey { pack: pack.name.as_str().into(), index };
                let source = io::Error::new(error.kind(), error.to_string()).into();
                Err(DatasetError::Read { tile, source })
            };
            return tiles.iter().map(failed).collect();
        }
        tiles.iter().map(|&index| self.tile(pack, index)).collect()
    }
}
