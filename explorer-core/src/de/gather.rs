//! Moments of genes over two sets of cells, from the genes' tiles.

use std::ops::Range;

use super::{CountTable, FixedPoints, GeneMoments, Moments, MomentsError, gather_counts, gather_floats};
use crate::data::assemble::Rebuild;
use shared_fbs::{
    manifest::CELLS_PER_EXPRESSION_TILE,
    tile::{Counts, Expression, ExpressionValues},
};

/// Sums up genes over the cells of two sets, tile after tile.
pub struct Gather<'a> {
    labels: &'a [u8],
    fixed: &'a FixedPoints,
    /// One a chunk, for normalized counts.
    tables: Vec<CountTable<'a>>,
    sums: [Moments; 2],
}

impl<'a> Gather<'a> {
    /// Nothing summed yet, over a layer of `n_genes` genes.
    pub fn new(labels: &'a [u8], rebuild: Rebuild<'a>, fixed: &'a FixedPoints, n_genes: usize) -> Self {
        let chunk_cells = CELLS_PER_EXPRESSION_TILE as usize;
        let tables = match (rebuild, fixed) {
            (Rebuild::LogNormalized(divisors), FixedPoints::Uniform(fixed)) => divisors
                .chunks(chunk_cells)
                .zip(labels.chunks(chunk_cells))
                .map(|(divisors, labels)| CountTable::new(divisors, labels, *fixed))
                .collect(),
            _ => Vec::new(),
        };
        Self { labels, fixed, tables, sums: [Moments::empty(n_genes), Moments::empty(n_genes)] }
    }

    /// Takes in the tiles of consecutive genes, all chunks of each.
    ///
    /// # Errors
    /// [`MomentsError::Overflow`], which tiles of one dataset cannot cause;
    /// [`MomentsError::Tile`] when a tile names a cell or a gene that there is not.
    pub fn push(&mut self, genes: Range<u32>, tiles: &[Expression]) -> Result<(), MomentsError> {
        let n_genes = self.sums[0].genes.len();
        let misfit = || MomentsError::Tile { n_genes };
        let per_gene = tiles.len() / genes.len().max(1);
        for (gene, tiles) in genes.zip(tiles.chunks(per_gene.max(1))) {
            let gene = gene as usize;
            for (chunk, tile) in tiles.iter().enumerate() {
                let found = self.sum_tile(gene, chunk, tile).ok_or_else(misfit)?;
                for (sums, found) in self.sums.iter_mut().zip(found) {
                    let sum = sums.genes.get_mut(gene).ok_or_else(misfit)?;
                    *sum = sum.checked_add(found).ok_or(MomentsError::Overflow)?;
                }
            }
        }
        Ok(())
    }

    /// One gene over one chunk of cells; `None` when the tile names a cell past the chunk's end.
    fn sum_tile(&self, gene: usize, chunk: usize, tile: &Expression) -> Option<[GeneMoments; 2]> {
        let first = chunk * CELLS_PER_EXPRESSION_TILE as usize;
        let labels = self.labels.get(first..)?;
        let labels = &labels[..labels.len().min(CELLS_PER_EXPRESSION_TILE as usize)];
        if tile.cells.last().is_some_and(|&cell| usize::from(cell) >= labels.len()) {
            return None;
        }
        let fixed = self.fixed.get(gene);
        Some(match (&tile.values, self.tables.get(chunk)) {
            (ExpressionValues::Counts(Counts::U8(counts)), Some(table)) => gather_counts(&tile.cells, counts, table),
            (ExpressionValues::Counts(Counts::U16(counts)), Some(table)) => gather_counts(&tile.cells, counts, table),
            (ExpressionValues::Counts(Counts::U32(counts)), Some(table)) => gather_counts(&tile.cells, counts, table),
            (ExpressionValues::Counts(counts), None) => {
                let values: Vec<f32> = counts.to_u32().into_iter().map(|count| count as f32).collect();
                gather_floats(&tile.cells, &values, labels, fixed)
            }
            (ExpressionValues::Floats(values), _) => gather_floats(&tile.cells, values, labels, fixed),
        })
    }

    /// The sums over group and reference; their numbers of cells are left 0, since every worker
    /// sums over all cells.
    pub fn finish(self) -> [Moments; 2] {
        self.sums
    }
}
