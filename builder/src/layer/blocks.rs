//! The values of a matrix by blocks of consecutive cells, on their way from the input's order to that of tiles.

use std::{io, ops::Range};

use shared_fbs::manifest::{CELLS_PER_CELLS_TILE, CELLS_PER_EXPRESSION_TILE};

use super::{
    Context,
    block::{Block, Entry, Rows},
    log_counts,
    pool::Pool,
    spool::Spool,
};
use crate::BuildError;
use h5ad::{Matrix, Storage};

/// Stored entries of a dense matrix that are looked at first.
const PROBE_ENTRIES: usize = 1 << 16;

/// The values of a matrix by blocks of consecutive cells.
pub struct Blocks<'a> {
    pub spool: Spool<'a>,
    rows: Rows,
    /// A power of two; blocks end where tiles, chunks, and blocks of moments do, or the other way round.
    pub block_cells: u32,
    n_obs: u32,
    /// Whether the spool has floats of which counts are to be made.
    pub has_floats_of_counts: bool,
    pool: Pool<Block>,
}

impl<'a> Blocks<'a> {
    /// Blocks of about as many values as are to be in memory at a time, without any yet.
    pub fn empty(matrix: &Matrix, context: &Context<'a>) -> Result<Self, BuildError> {
        let info = matrix.info();
        let n_obs = info.n_rows as u32;
        let per_cell = match info.nnz {
            Some(nnz) => nnz.div_ceil(u64::from(n_obs.max(1))),
            None => dense_values_per_cell(matrix)?,
        };
        let wanted = context.values_at_a_time() / per_cell.max(1);
        let mut block_cells = CELLS_PER_CELLS_TILE;
        while u64::from(block_cells) * 2 <= wanted && block_cells < CELLS_PER_EXPRESSION_TILE {
            block_cells *= 2;
        }
        let n_blocks = n_obs.div_ceil(block_cells) as usize;
        Ok(Self {
            spool: Spool::new(n_blocks, context.spool_bytes(), context.environment.scratch),
            rows: if info.storage == Storage::Csc { Rows::Genes } else { Rows::Cells },
            block_cells,
            n_obs,
            has_floats_of_counts: false,
            pool: Pool::default(),
        })
    }

    /// Has `work` done on the values of a block, by genes that `gene_of_column` numbers.
    pub fn with<R>(
        &self,
        block: u32,
        gene_of_column: &[u32],
        divisors: &[f32],
        work: impl FnOnce(&Block) -> R,
    ) -> io::Result<R> {
        let runs = self.spool.read(block as usize)?;
        let cells = self.cells(block);
        let mut memory = self.pool.take();
        let to_counts = |cell: usize, entries: &mut [Entry]| {
            if self.has_floats_of_counts {
                log_counts::to_counts(divisors[cells.start as usize + cell], entries);
            }
        };
        memory.read(&runs, self.rows, cells.len(), gene_of_column, to_counts);
        let result = work(&memory);
        self.pool.give(memory);
        Ok(result)
    }

    /// Number of blocks.
    pub fn n_blocks(&self) -> u32 {
        self.spool.n_buckets() as u32
    }

    /// The cells of a block.
    pub fn cells(&self, block: u32) -> Range<u32> {
        block * self.block_cells..self.n_obs.min((block + 1) * self.block_cells)
    }
}

/// About how many values a cell of a dense matrix has, rather more than fewer, from its first cells.
fn dense_values_per_cell(matrix: &Matrix) -> Result<u64, BuildError> {
    let n_genes = matrix.info().n_cols as u64;
    let Some(first) = matrix.slabs(PROBE_ENTRIES).into_iter().next() else { return Ok(n_genes) };
    let n_cells = first.len() as u64;
    Ok((matrix.read(first)?.data.len() as u64 * 4 / n_cells).min(n_genes))
}
