//! Moments of genes over two sets of cells, from the genes' tiles.

use std::ops::Range;

use super::{
    CountTable, FixedPoints, GeneMoments, Moments, MomentsError, Summing, gather_banded, gather_counts, gather_floats,
};
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
    n_genes: usize,
    sums: [Vec<GeneMoments>; 2],
}

impl<'a> Gather<'a> {
    /// Nothing summed yet, over a layer of `n_genes` genes.
    pub fn new(labels: &'a [u8], rebuild: Rebuild<'a>, fixed: &'a FixedPoints, n_genes: usize) -> Self {
        let chunk_cells = CELLS_PER_EXPRESSION_TILE as usize;
        let tables = match (rebuild, fixed) {
            (Rebuild::LogNormalized(cells), FixedPoints::Uniform(fixed)) => cells
                .chunks(chunk_cells)
                .zip(labels.chunks(chunk_cells))
                .map(|(cells, labels)| CountTable::new(cells, labels, *fixed))
                .collect(),
            _ => Vec::new(),
        };
        let empty = vec![GeneMoments::default(); fixed.n_entries(n_genes)];
        Self { labels, fixed, tables, n_genes, sums: [empty.clone(), empty] }
    }

    /// Takes in the tiles of consecutive genes, all chunks of each.
    ///
    /// # Errors
    /// [`MomentsError::Overflow`] and [`MomentsError::Magnitude`], which tiles of one dataset cannot cause;
    /// [`MomentsError::Tile`] when a tile names a cell or a gene that there is not.
    pub fn push(&mut self, genes: Range<u32>, tiles: &[Expression]) -> Result<(), MomentsError> {
        let per_gene = tiles.len() / genes.len().max(1);
        for (gene, tiles) in genes.zip(tiles.chunks(per_gene.max(1))) {
            for (chunk, tile) in tiles.iter().enumerate() {
                self.add_tile(gene as usize, chunk, tile)?;
            }
        }
        Ok(())
    }

    /// One gene over one chunk of cells.
    fn add_tile(&mut self, gene: usize, chunk: usize, tile: &Expression) -> Result<(), MomentsError> {
        let misfit = || MomentsError::Tile { n_entries: self.sums[0].len() };
        let first = chunk * CELLS_PER_EXPRESSION_TILE as usize;
        let labels = self.labels.get(first..).ok_or_else(misfit)?;
        let labels = &labels[..labels.len().min(CELLS_PER_EXPRESSION_TILE as usize)];
        if gene >= self.n_genes || tile.cells.last().is_some_and(|&cell| usize::from(cell) >= labels.len()) {
            return Err(misfit());
        }
        let cells = &tile.cells;
        let as_floats = |counts: &Counts| counts.to_u32().into_iter().map(|count| count as f32).collect::<Vec<_>>();
        let found = match (&tile.values, self.tables.get(chunk), self.fixed) {
            (ExpressionValues::Counts(Counts::U8(counts)), Some(table), _) => gather_counts(cells, counts, table),
            (ExpressionValues::Counts(Counts::U16(counts)), Some(table), _) => gather_counts(cells, counts, table),
            (ExpressionValues::Counts(Counts::U32(counts)), Some(table), _) => gather_counts(cells, counts, table),
            (ExpressionValues::Counts(counts), None, FixedPoints::Uniform(fixed)) => {
                gather_floats(cells, &as_floats(counts), labels, *fixed)
            }
            (ExpressionValues::Floats(values), _, FixedPoints::Uniform(fixed)) => {
                gather_floats(cells, values, labels, *fixed)
            }
            (ExpressionValues::Counts(counts), None, FixedPoints::Banded(bands)) => {
                return gather_banded(cells, &as_floats(counts), labels, (bands, gene), &mut self.sums);
            }
            (ExpressionValues::Floats(values), _, FixedPoints::Banded(bands)) => {
                return gather_banded(cells, values, labels, (bands, gene), &mut self.sums);
            }
        };
        for (sums, found) in self.sums.iter_mut().zip(found) {
            sums[gene] = sums[gene].checked_add(found).ok_or(MomentsError::Overflow)?;
        }
        Ok(())
    }

    /// The sums over group and reference, to be merged with those of other genes.
    pub fn finish_share(self) -> Summing {
        Summing::of(self.fixed, &self.sums)
    }

    /// The sums over group and reference; their numbers of cells are left 0, since every worker
    /// sums over all cells.
    pub fn finish(self) -> [Moments; 2] {
        self.sums.map(|entries| Moments { n_cells: 0, entries })
    }
}
