//! Moments of sets of cells: they come gene by gene, and are written set by set.

use std::io;

use explorer_core::de::FixedPoints;
use shared_fbs::{
    bytes::{take_varint, unzigzag},
    manifest::{ColumnMoments, TileRange},
    tile::Moments,
};

use super::{genes::EncodedGenes, pipeline::in_order, sets::CellSets, spool::Spool};
use crate::{
    environment::Scratch,
    pack::{Frame, MOMENTS_LEVEL, PackWriter},
};

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
            let tile = tile(&self.spool.read(set)?, n_cells, fixed);
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
fn tile(mut sums: &[u8], n_cells: u64, fixed: &FixedPoints) -> Moments {
    let mut tile = Moments { n_cells, ..Moments::default() };
    while !sums.is_empty() {
        let mut number = || take_varint(&mut sums).expect("sums come back as they were written");
        let (gene, n_nonzero, sum, sum_sq) = (number(), number(), number(), number());
        tile.genes.push(gene as u32);
        tile.n_nonzero.push(n_nonzero as u32);
        tile.sums.push(unzigzag(sum));
        tile.sums_sq.push(sum_sq);
    }
    tile.frac_bits = matches!(fixed, FixedPoints::PerGene(_))
        .then(|| tile.genes.iter().map(|&gene| fixed.get(gene as usize).frac_bits()).collect());
    tile
}
