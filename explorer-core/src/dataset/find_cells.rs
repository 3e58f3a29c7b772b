//! Cells by the ids that the input's obs index gives them.

use std::collections::HashMap;

use shared_fbs::{
    manifest::{CELLS_PER_TEXT_TILE, TileRange},
    tile::Strings,
};

use super::{Dataset, Priority, Tiles, columns::OBS};
use crate::data::CellIdx;

/// Tiles of ids that are held at a time.
const TILES_AT_A_TIME: usize = 16;

/// What a list of ids stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundCells {
    /// The cells with an id of the list, ascending: several where the input has the id more than once.
    pub cells: Vec<CellIdx>,
    /// Ids that no cell has, in the order of the list.
    pub unknown: Vec<String>,
}

impl<T: Tiles> Dataset<T> {
    /// The cells that have one of these ids. Reads all ids, a few tiles at a time.
    ///
    /// # Errors
    /// When a tile cannot be read.
    pub async fn find_cells(&self, ids: &[String]) -> Result<FoundCells, T::Error> {
        let mut is_found: HashMap<&str, bool> = ids.iter().map(|id| (id.as_str(), false)).collect();
        let mut cells = Vec::new();
        let tiles: Vec<u32> = self.manifest().cell_ids.iter().flat_map(TileRange::iter).collect();
        let mut first_cell = 0;
        for some in tiles.chunks(TILES_AT_A_TIME) {
            for tile in self.read(OBS, some, Priority::Now, Strings::decode).await? {
                for (cell, id) in (first_cell..).zip(&tile.0) {
                    if let Some(found) = id.as_deref().and_then(|id| is_found.get_mut(id)) {
                        *found = true;
                        cells.push(CellIdx(cell));
                    }
                }
                first_cell += CELLS_PER_TEXT_TILE;
                self.breathe().await;
            }
        }
        let unknown = ids.iter().filter(|id| is_found.get(id.as_str()) != Some(&true)).cloned().collect();
        Ok(FoundCells { cells, unknown })
    }
}
