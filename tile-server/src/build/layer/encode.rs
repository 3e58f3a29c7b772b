//! Genes as tiles, and the exact moments that fall off on the way.

use std::io;

use explorer_core::de::{FixedPoint, FixedPoints, GeneMoments, Moments, log_normalize, scatter_floats};
use rayon::prelude::*;
use shared_fbs::{
    manifest::{self, CELLS_PER_EXPRESSION_TILE, ColumnMoments, ValueKind},
    tile::{Counts, Expression, ExpressionValues},
};

use super::MomentsColumn;
use crate::build::pack::{BULK_LEVEL, Frame, MOMENTS_LEVEL, PackWriter};

/// Encodes genes, one at a time, on any thread.
pub struct Encoder<'a> {
    pub kind: ValueKind,
    /// In storage order; empty unless the values are log-normalised counts.
    pub divisors: &'a [f32],
    /// The fixed point of all genes, unless each has its own.
    pub shared_fixed: Option<FixedPoint>,
    pub columns: &'a [&'a MomentsColumn],
    pub n_obs: u64,
}

/// A gene, ready to be written.
pub struct EncodedGene {
    /// One a chunk of cells.
    pub frames: Vec<Frame>,
    pub fixed: FixedPoint,
    pub moments: GeneOfAllSets,
}

/// One gene's moments over all cells, and over every label of every column (missing last).
pub struct GeneOfAllSets {
    total: GeneMoments,
    columns: Vec<Vec<GeneMoments>>,
}

impl Encoder<'_> {
    /// Encodes a gene, given its values as (cell, bits) in any order.
    pub fn encode(&self, values: &[(u32, u32)]) -> EncodedGene {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by_key(|&(cell, _)| cell);
        let (cells, bits): (Vec<u32>, Vec<u32>) = sorted.into_iter().unzip();
        let floats: Vec<f32> = match self.kind {
            ValueKind::Counts => bits.iter().map(|&count| count as f32).collect(),
            ValueKind::LogNormalizedCounts => cells
                .iter()
                .zip(&bits)
                .map(|(&cell, &count)| log_normalize(count, self.divisors[cell as usize]))
                .collect(),
            _ => bits.iter().map(|&bits| f32::from_bits(bits)).collect(),
        };
        let fixed = self.shared_fixed.unwrap_or_else(|| {
            let max_abs = floats.iter().fold(0f32, |max, value| max.max(value.abs()));
            FixedPoint::for_values(max_abs, self.n_obs)
        });
        EncodedGene { frames: self.frames(&cells, &bits), fixed, moments: self.moments(&cells, &floats, fixed) }
    }

    fn frames(&self, cells: &[u32], bits: &[u32]) -> Vec<Frame> {
        let n_chunks = self.n_obs.div_ceil(u64::from(CELLS_PER_EXPRESSION_TILE));
        let mut start = 0;
        (1..=n_chunks)
            .map(|chunk| {
                let limit = chunk * u64::from(CELLS_PER_EXPRESSION_TILE);
                let end = start + cells[start..].partition_point(|&cell| u64::from(cell) < limit);
                let (cells, bits) = (&cells[start..end], &bits[start..end]);
                start = end;
                let values = match self.kind {
                    ValueKind::Float => {
                        ExpressionValues::Floats(bits.iter().map(|&bits| f32::from_bits(bits)).collect())
                    }
                    _ => ExpressionValues::Counts(Counts::narrowest(bits)),
                };
                let cells = cells.iter().map(|&cell| (cell % CELLS_PER_EXPRESSION_TILE) as u16).collect();
                Frame::new(&Expression { cells, values }.encode(), BULK_LEVEL)
            })
            .collect()
    }

    fn moments(&self, cells: &[u32], values: &[f32], fixed: FixedPoint) -> GeneOfAllSets {
        let columns: Vec<Vec<GeneMoments>> = self
            .columns
            .iter()
            .map(|column| {
                let mut sums = vec![GeneMoments::default(); column.n_categories + 1];
                scatter_floats(cells, values, &column.codes, fixed, &mut sums);
                sums
            })
            .collect();
        let mut total = [GeneMoments::default()];
        let everywhere = vec![0u8; cells.len()];
        let places: Vec<u32> = (0..cells.len() as u32).collect();
        scatter_floats(&places, values, &everywhere, fixed, &mut total);
        GeneOfAllSets { total: total[0], columns }
    }
}

/// Moments of all genes over all cells, and over every label of every column (missing last).
pub struct LayerMoments<'a> {
    total: Moments,
    columns: Vec<(&'a MomentsColumn, Vec<Moments>)>,
}

impl<'a> LayerMoments<'a> {
    /// Nothing yet.
    pub fn new(columns: &[&'a MomentsColumn], n_obs: u64, n_genes: usize) -> Self {
        let columns = columns
            .iter()
            .map(|&column| {
                let mut labels = vec![Moments::empty(n_genes); column.n_categories + 1];
                for &code in &column.codes {
                    labels[code as usize].n_cells += 1;
                }
                (column, labels)
            })
            .collect();
        Self { total: Moments { n_cells: n_obs, ..Moments::empty(n_genes) }, columns }
    }

    /// Takes in a gene.
    pub fn set(&mut self, gene: usize, moments: GeneOfAllSets) {
        self.total.genes[gene] = moments.total;
        for ((_, labels), sums) in self.columns.iter_mut().zip(moments.columns) {
            for (label, sum) in labels.iter_mut().zip(sums) {
                label.genes[gene] = sum;
            }
        }
    }

    /// Writes the tiles: the total's, and those of every column; gives their ranges.
    pub fn write(
        self,
        fixed: &FixedPoints,
        pack: &mut PackWriter,
    ) -> io::Result<(manifest::TileRange, Vec<ColumnMoments>)> {
        let frame = |moments: &Moments| Frame::new(&moments.to_tile(fixed).encode(), MOMENTS_LEVEL);
        let total = pack.extend([&frame(&self.total)])?;
        let mut columns = Vec::with_capacity(self.columns.len());
        for (column, labels) in self.columns {
            let has_missing = labels.last().is_some_and(|missing| missing.n_cells > 0);
            let n_labels = column.n_categories + usize::from(has_missing);
            let frames: Vec<Frame> = labels[..n_labels].par_iter().map(frame).collect();
            columns.push(ColumnMoments { column: column.name.clone(), tiles: Some(pack.extend(&frames)?) });
        }
        Ok((total, columns))
    }
}
