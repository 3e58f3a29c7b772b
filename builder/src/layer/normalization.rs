//! The tiles that say how counts of a layer become its values.

use std::io;

use explorer_core::de::{Normalization, NormalizedCells};
use shared_fbs::{
    manifest::{CELLS_PER_COLUMN_TILE, TileRange},
    tile::Corrections,
};

use crate::{
    columns,
    pack::{CAREFUL_LEVEL, Frame, PackWriter},
};

/// Where they lie in the pack of columns; absent where a layer has none.
pub struct NormalizationTiles {
    pub divisor: Option<TileRange>,
    pub corrections: Option<TileRange>,
}

/// Writes them.
pub fn write(normalization: &Normalization, pack: &mut PackWriter) -> io::Result<NormalizationTiles> {
    let cells = normalization.cells();
    if cells.is_empty() {
        return Ok(NormalizationTiles { divisor: None, corrections: None });
    }
    let divisor = Some(columns::write_values(normalization.divisors(), pack)?);
    let frame = |cells: NormalizedCells<'_>| Frame::new(&tile(cells).encode(), CAREFUL_LEVEL);
    let frames = || cells.chunks(CELLS_PER_COLUMN_TILE as usize).map(frame).collect::<Vec<_>>();
    let corrections = normalization.is_corrected().then(|| pack.extend(&frames())).transpose()?;
    Ok(NormalizationTiles { divisor, corrections })
}

fn tile(cells: NormalizedCells<'_>) -> Corrections {
    let mut tile = Corrections { indptr: vec![0], counts: Vec::new(), differences: Vec::new() };
    for cell in cells.iter() {
        tile.counts.extend(cell.corrections().iter().map(|correction| correction.count));
        tile.differences.extend(cell.corrections().iter().map(|correction| correction.difference));
        tile.indptr.push(tile.counts.len() as u32);
    }
    tile
}
