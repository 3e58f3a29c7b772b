//! Cells by the ids that the input's obs index gives them.

use std::collections::{HashMap, HashSet};

use shared_fbs::{
    manifest::{CELLS_PER_TEXT_TILE, TileRange},
    tile::Strings,
};

use super::{Dataset, Priority, Tiles, columns::OBS};
use crate::{data::CellIdx, screen::gene_names, sorting::set_of};

/// Tiles of ids that are held at a time.
const TILES_AT_A_TIME: usize = 16;

/// The lines of a text, each once, without the quotation marks around one.
fn lines_of(text: &str) -> Vec<String> {
    let mut known = HashSet::new();
    let lines = text.lines().map(unquoted).filter(|line| !line.is_empty());
    lines.filter(|&line| known.insert(line)).map(str::to_owned).collect()
}

/// What stands between commas, semicolons or tabs.
fn between_separators(line: &str) -> Vec<String> {
    let parts = line.split([',', ';', '\t']).map(unquoted);
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// A text without blanks and quotation marks around it.
fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inner.filter(|inner| !inner.contains('"')).unwrap_or(text)
}

/// What a list of ids stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundCells {
    /// The cells with an id of the list, ascending: several where the input has the id more than once.
    pub cells: Vec<CellIdx>,
    /// Ids that no cell has, in the order of the list.
    pub unknown: Vec<String>,
}

impl<T: Tiles> Dataset<T> {
    /// The cells that a list as people paste it names: an id a line, which may hold blanks and commas and stand in
    /// quotation marks. A line that is no cell's id is taken for several with commas, semicolons or tabs between them, and
    /// what is none then for several with blanks between them.
    ///
    /// # Errors
    /// When a tile cannot be read.
    pub async fn find_pasted_cells(&self, text: &str) -> Result<FoundCells, T::Error> {
        let mut found = self.find_cells(&lines_of(text)).await?;
        for split in [between_separators, gene_names] {
            let parts: Vec<String> = found.unknown.iter().flat_map(|line| split(line)).collect();
            if parts != found.unknown {
                let more = self.find_cells(&parts).await?;
                found.cells = set_of(found.cells.into_iter().chain(more.cells)).into_iter().collect();
                found.unknown = more.unknown;
            }
        }
        Ok(found)
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_an_id_whatever_it_holds() {
        let text = "AAAC-1\n\n  \"donor 1, AAAC\" \r\ndonor 1, AAAC\n\"a\", \"b\"\n";
        assert_eq!(lines_of(text), ["AAAC-1", "donor 1, AAAC", "\"a\", \"b\""]);
    }
}
