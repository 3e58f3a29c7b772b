//! Cells as tiles, and the exact moments of blocks of consecutive cells.

use std::io;

use explorer_core::de::Moments;
use shared_fbs::{
    manifest::{BlockLevel, CELLS_PER_CELLS_TILE},
    tile::Cells,
};

use super::{block::Block, values::LayerValues};
use crate::{
    environment::Scratch,
    pack::{BULK_LEVEL, Frame, FrameFile, MOMENTS_LEVEL, PackWriter},
};

/// Blocks of a level that a block of the next holds.
const FAN: u32 = 4;

/// The tiles of `n_cells` cells, 64 each.
pub fn frames(block: &Block, n_cells: usize, values: &LayerValues<'_>) -> Vec<Frame> {
    let first_cells = (0..n_cells).step_by(CELLS_PER_CELLS_TILE as usize);
    let frame = |first: usize| {
        let cells = first..n_cells.min(first + CELLS_PER_CELLS_TILE as usize);
        let (starts, entries) = block.by_cell.rows(cells);
        let bits: Vec<u32> = entries.iter().map(|entry| entry.bits()).collect();
        let tile = Cells {
            indptr: starts.iter().map(|start| start - starts[0]).collect(),
            genes: entries.iter().map(|entry| entry.place()).collect(),
            values: values.of_tile(&bits),
        };
        Frame::new(&tile.encode(), BULK_LEVEL)
    };
    first_cells.map(frame).collect()
}

/// The moments of the cells `first..first + n_cells` of the dataset, which are those of `block`, split where
/// blocks of the finest level end.
pub fn moments(block: &Block, first: u32, n_cells: usize, n_genes: usize, values: &LayerValues<'_>) -> Vec<Moments> {
    let leaf = Pyramid::LEAF_CELLS as usize;
    let n_entries = values.fixed.n_entries(n_genes);
    let empty = |start: usize| Moments { n_cells: leaf.min(n_cells - start) as u64, ..Moments::empty(n_entries) };
    let mut moments: Vec<Moments> = (0..n_cells).step_by(leaf).map(empty).collect();
    let mut terms = Vec::new();
    for gene in 0..n_genes {
        let entries = block.by_gene.row(gene);
        if entries.is_empty() {
            continue;
        }
        terms.clear();
        values.to_terms(gene, entries.iter().map(|entry| (first + entry.place(), entry.bits())), &mut terms);
        for term in &terms {
            let of_leaf = &mut moments[(term.cell - first) as usize / leaf];
            of_leaf.entries[term.entry as usize].push(term.x, values.square(term.x));
        }
    }
    moments
}

/// Moments of blocks of cells, level over level. A level of one block would be the total, so there is
/// none: no level at all for up to [`Pyramid::LEAF_CELLS`] cells.
pub struct Pyramid {
    levels: Vec<Level>,
    n_cells: u64,
    n_obs: u64,
}

struct Level {
    block_cells: u32,
    frames: FrameFile,
    /// The block that is being filled.
    open: Option<Moments>,
}

impl Pyramid {
    /// Cells a block of the finest level.
    pub const LEAF_CELLS: u32 = 2048;

    /// Of so many cells, without any block yet. Tiles wait in files in `scratch`.
    pub fn new(n_obs: u32, scratch: &dyn Scratch) -> io::Result<Self> {
        let sizes = std::iter::successors(Some(Self::LEAF_CELLS), |cells| cells.checked_mul(FAN));
        let sizes = sizes.take_while(|&block_cells| block_cells < n_obs);
        let level = |block_cells| Ok(Level { block_cells, frames: FrameFile::create(scratch)?, open: None });
        Ok(Self { levels: sizes.map(level).collect::<io::Result<_>>()?, n_cells: 0, n_obs: u64::from(n_obs) })
    }

    /// Takes in the moments of the next cells, which belong to one block of the finest level.
    pub fn push(&mut self, moments: Moments) -> io::Result<()> {
        self.n_cells += moments.n_cells;
        let is_last = self.n_cells == self.n_obs;
        let mut block = moments;
        for level in &mut self.levels {
            match &mut level.open {
                Some(open) => open.merge(&block).expect("the head-room covers all cells"),
                None => level.open = Some(block),
            }
            let is_full = |open: &mut Moments| is_last || open.n_cells == u64::from(level.block_cells);
            let Some(full) = level.open.take_if(is_full) else { return Ok(()) };
            level.frames.push(&Frame::new(&full.to_tile().encode(), MOMENTS_LEVEL))?;
            block = full;
        }
        Ok(())
    }

    /// Appends the tiles, level after level.
    pub fn write(self, pack: &mut PackWriter) -> io::Result<Vec<BlockLevel>> {
        let write = |level: Level| {
            let n_bytes = level.frames.n_bytes();
            Ok(BlockLevel { block_cells: level.block_cells, tiles: Some(pack.append(level.frames)?), n_bytes })
        };
        self.levels.into_iter().map(write).collect()
    }
}
