//! Moments of sets of cells: they come gene by gene, and are written set by set.

use std::io;

use explorer_core::de::FixedPoints;
use shared_fbs::{
    bytes::{take_varint, take_wide_varint, unzigzag},
    manifest::{ColumnMoments, TileRange},
    tile::Moments,
};

use super::{genes::EncodedGenes, pipeline::in_order, sets::CellSets, spool::Spool};
use crate::{
    environment::Scratch,
    pack::{Frame, MOMENTS_LEVEL, PackWriter},
};

/// What the spool gives back is what was put in.
const INTACT: &str = "sums come back as they were written";

/// The moments of every set, as far as the genes have come.
pub struct SetMoments<'a> {
    sets: &'a CellSets,
    /// A bucket a set.
    spool: Spool<'a>,
}

/// Where the tiles of all sets lie.
pub struct SetTiles {
    pub total: TileRange,
    pub columns: Vec<ColumnMoments>,
    pub cube: Option<TileRange>,
}

impl<'a> SetMoments<'a> {
    /// Nothing yet; beyond about `memory_bytes` it waits in a file in `scratch`.
    pub fn new(sets: &'a CellSets, memory_bytes: u64, scratch: &'a dyn Scratch) -> Self {
        Self { sets, spool: Spool::new(sets.n_cells.len(), memory_bytes, scratch) }
    }

    /// Takes in the sums of the next genes.
    pub fn push(&mut self, genes: &EncodedGenes) -> io::Result<()> {
        let mut start = 0;
        for (set, &end) in genes.ends.iter().enumerate() {
            self.spool.append(set, &genes.sums[start..end])?;
            start = end;
        }
        Ok(())
    }

    /// Writes the tiles: that of all cells, those of every column, those of pairs.
    pub fn write(self, fixed: &FixedPoints, pack: &mut PackWriter) -> io::Result<SetTiles> {
        let frame = |(set, &n_cells): (usize, &u64)| -> io::Result<Frame> {
            let mut tile = tile(&self.spool.read(set)?, n_cells);
            if self.sets.cube.as_ref().is_some_and(|pairs| pairs.contains(&set)) {
                tile.max = None;
            }
            if let (0, FixedPoints::Banded(bands)) = (set, fixed) {
                bands.describe_in(&mut tile);
            }
            Ok(Frame::new(&tile.encode(), MOMENTS_LEVEL))
        };
        let mut first = None;
        let keep = |frame: Frame| {
            let index = pack.push(&frame)?;
            first.get_or_insert(index);
            Ok(())
        };
        in_order(self.sets.n_cells.iter().enumerate(), frame, keep)?;
        let first = first.expect("there is the set of all cells");
        let tiles =
            |sets: &std::ops::Range<usize>| TileRange { first: first + sets.start as u32, count: sets.len() as u32 };
        let of_column = |(name, sets): &(String, _)| ColumnMoments { column: name.clone(), tiles: Some(tiles(sets)) };
        Ok(SetTiles {
            total: TileRange { first, count: 1 },
            columns: self.sets.columns.iter().map(of_column).collect(),
            cube: self.sets.cube.as_ref().map(tiles),
        })
    }
}

/// The tile of a set's moments, from what [`EncodedGenes`] says of it.
fn tile(mut sums: &[u8], n_cells: u64) -> Moments {
    let mut entries = Vec::new();
    while let Some(entry) = take_varint(&mut sums) {
        let mut number = || take_varint(&mut sums).expect(INTACT);
        let (n_nonzero, sum) = (number() as u32, unzigzag(number()));
        let sum_sq = take_wide_varint(&mut sums).expect(INTACT);
        let (max, rest) = sums.split_first_chunk().expect(INTACT);
        sums = rest;
        entries.push((entry as u32, n_nonzero, sum, sum_sq, f32::from_le_bytes(*max)));
    }
    // Genes come in order; the further bands of some are between them.
    entries.sort_unstable_by_key(|entry| entry.0);
    Moments {
        n_cells,
        entries: entries.iter().map(|entry| entry.0).collect(),
        n_nonzero: entries.iter().map(|entry| entry.1).collect(),
        sums: entries.iter().map(|entry| entry.2).collect(),
        sums_sq: entries.iter().map(|entry| entry.3).collect(),
        max: Some(entries.iter().map(|entry| entry.4).collect()),
        ..Moments::default()
    }
}
