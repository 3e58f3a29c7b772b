//! Cells as tiles, and the exact moments of blocks of consecutive cells that fall off on the way.

use std::io;

use explorer_core::de::{FixedPoints, GeneMoments, Moments, log_normalize};
use rayon::prelude::*;
use shared_fbs::{
    manifest::{BlockLevel, CELLS_PER_CELLS_TILE, ValueKind},
    tile::{Cells, Counts, ExpressionValues},
};

use crate::build::pack::{BULK_LEVEL, Frame, MOMENTS_LEVEL, PackWriter};

/// Blocks of a level that a block of the next holds.
const FAN: u32 = 4;

/// Encodes cells, block by block.
pub struct CellEncoder<'a> {
    pub kind: ValueKind,
    /// In storage order; empty unless the values are log-normalised counts.
    pub divisors: &'a [f32],
    pub fixed: &'a FixedPoints,
    pub n_genes: usize,
    pub n_obs: u32,
}

/// Cells of one block of the finest level: the (gene, bits) of each, genes ascending.
pub type CellValues = Vec<(u32, u32)>;

impl CellEncoder<'_> {
    /// The tiles of the cells of one block, 64 each.
    pub fn frames(&self, cells: &[CellValues]) -> Vec<Frame> {
        cells.par_chunks(CELLS_PER_CELLS_TILE as usize).map(|cells| self.frame(cells)).collect()
    }

    fn frame(&self, cells: &[CellValues]) -> Frame {
        let mut indptr = vec![0];
        let (mut genes, mut bits) = (Vec::new(), Vec::new());
        for values in cells {
            genes.extend(values.iter().map(|&(gene, _)| gene));
            bits.extend(values.iter().map(|&(_, bits)| bits));
            indptr.push(genes.len() as u32);
        }
        let values = match self.kind {
            ValueKind::Float => ExpressionValues::Floats(bits.into_iter().map(f32::from_bits).collect()),
            _ => ExpressionValues::Counts(Counts::narrowest(&bits)),
        };
        Frame::new(&Cells { indptr, genes, values }.encode(), BULK_LEVEL)
    }

    /// The moments over the cells of one block, which begins at cell `first`.
    pub fn moments(&self, first: u32, cells: &[CellValues]) -> Moments {
        let mut moments = Moments { n_cells: cells.len() as u64, ..Moments::empty(self.n_genes) };
        for (cell, values) in (first as usize..).zip(cells) {
            for &(gene, bits) in values {
                let value = match self.kind {
                    ValueKind::Counts => bits as f32,
                    ValueKind::LogNormalizedCounts => log_normalize(bits, self.divisors[cell]),
                    _ => f32::from_bits(bits),
                };
                let fixed = self.fixed.get(gene as usize);
                let x = fixed.encode(value);
                let magnitude = x.unsigned_abs();
                let half = (1 << fixed.square_shift()) >> 1;
                let one = GeneMoments {
                    n_nonzero: 1,
                    sum: x,
                    sum_sq: (magnitude * magnitude + half) >> fixed.square_shift(),
                };
                let entry = &mut moments.genes[gene as usize];
                *entry = entry.checked_add(one).expect("the head-room covers all cells");
            }
        }
        moments
    }
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
    frames: Vec<Frame>,
    /// The block that is being filled.
    open: Option<Moments>,
}

impl Pyramid {
    /// Cells a block of the finest level.
    pub const LEAF_CELLS: u32 = 2048;

    /// Of so many cells, without any block yet.
    pub fn new(n_obs: u32) -> Self {
        let sizes = std::iter::successors(Some(Self::LEAF_CELLS), |cells| cells.checked_mul(FAN));
        let sizes = sizes.take_while(|&block_cells| block_cells < n_obs);
        let levels = sizes.map(|block_cells| Level { block_cells, frames: Vec::new(), open: None }).collect();
        Self { levels, n_cells: 0, n_obs: u64::from(n_obs) }
    }

    /// Takes in the next block of the finest level.
    pub fn push(&mut self, leaf: Moments, fixed: &FixedPoints) {
        self.n_cells += leaf.n_cells;
        let is_last = self.n_cells == self.n_obs;
        let mut block = leaf;
        for level in &mut self.levels {
            match &mut level.open {
                Some(open) => open.merge(&block).expect("the head-room covers all cells"),
                None => level.open = Some(block),
            }
            let is_full = |open: &mut Moments| is_last || open.n_cells == u64::from(level.block_cells);
            let Some(full) = level.open.take_if(is_full) else { return };
            level.frames.push(Frame::new(&full.to_tile(fixed).encode(), MOMENTS_LEVEL));
            block = full;
        }
    }

    /// Appends the tiles, level after level.
    pub fn write(self, pack: &mut PackWriter) -> io::Result<Vec<BlockLevel>> {
        let mut levels = Vec::with_capacity(self.levels.len());
        for level in self.levels {
            let n_bytes = level.frames.iter().map(Frame::n_bytes).sum();
            let tiles = Some(pack.extend(&level.frames)?);
            levels.push(BlockLevel { block_cells: level.block_cells, tiles, n_bytes });
        }
        Ok(levels)
    }
}
