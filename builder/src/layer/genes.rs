//! Genes as tiles, and the sums over every set of cells.

use std::ops::Range;

use explorer_core::de::GeneMoments;
use shared_fbs::{
    bytes::{push_varint, take_varint, zigzag},
    manifest::CELLS_PER_EXPRESSION_TILE,
    tile::Expression,
};

use super::{
    block::Block,
    runs::{Run, RunWriter},
    sets::CellSets,
    values::{Adder, LayerValues, add_sums},
};
use crate::pack::{BULK_LEVEL, Frame};

/// Genes a group has at most: each has sums of its own for every set of cells.
const MAX_GENES_PER_GROUP: usize = 64;

/// Splits all genes into groups of consecutive ones, of at most `n_values` values together, or one gene.
pub fn groups(nonzero_by_gene: &[u32], n_values: u64) -> Vec<Range<u32>> {
    let mut groups: Vec<Range<u32>> = Vec::new();
    let mut held = 0;
    for (gene, &count) in (0u32..).zip(nonzero_by_gene) {
        let count = u64::from(count);
        match groups.last_mut() {
            Some(group) if held + count <= n_values && group.len() < MAX_GENES_PER_GROUP => {
                group.end = gene + 1;
                held += count;
            }
            _ => {
                groups.push(gene..gene + 1);
                held = count;
            }
        }
    }
    groups
}

/// The values of a block for every group of genes, as bytes for a spool: `bytes[ends[group - 1]..ends[group]]`.
pub struct Pieces {
    pub bytes: Vec<u8>,
    pub ends: Vec<usize>,
}

/// Takes a block apart by groups of genes; it begins at cell `first`.
pub fn pieces(block: &Block, first: u32, groups: &[Range<u32>]) -> Pieces {
    let (mut pieces, mut piece) = (Pieces { bytes: Vec::new(), ends: Vec::with_capacity(groups.len()) }, Vec::new());
    let (mut writer, mut bits) = (RunWriter::default(), Vec::new());
    for group in groups {
        piece.clear();
        for gene in group.clone() {
            let entries = block.by_gene.row(gene as usize);
            if !entries.is_empty() {
                bits.clear();
                bits.extend(entries.iter().map(|entry| entry.bits()));
                writer.push(gene - group.start, entries.iter().map(|entry| entry.place()), &bits, &mut piece);
            }
        }
        if !piece.is_empty() {
            push_varint(u64::from(first), &mut pieces.bytes);
            push_varint(piece.len() as u64, &mut pieces.bytes);
            pieces.bytes.extend_from_slice(&piece);
        }
        pieces.ends.push(pieces.bytes.len());
    }
    pieces
}

/// Encodes groups of genes.
pub struct GeneEncoder<'a> {
    pub values: &'a LayerValues<'a>,
    pub sets: &'a CellSets,
    pub n_obs: u32,
}

/// A group of genes, ready to be written.
pub struct EncodedGenes {
    pub n_genes: u64,
    /// Gene after gene, one a chunk of cells.
    pub frames: Vec<Frame>,
    /// Sums for every set: those of set `s` are `sums[ends[s - 1]..ends[s]]`, as `set_moments` reads them.
    pub sums: Vec<u8>,
    pub ends: Vec<usize>,
}

/// A gene's values in one chunk.
#[derive(Clone, Default)]
struct ChunkOfGene {
    cells: Vec<u16>,
    bits: Vec<u32>,
}

impl GeneEncoder<'_> {
    /// Encodes the genes of a group, from its pieces in the order of their blocks.
    pub fn encode(&self, group: Range<u32>, pieces: &[u8]) -> EncodedGenes {
        let n_chunks = self.n_obs.div_ceil(CELLS_PER_EXPRESSION_TILE) as usize;
        let mut frames: Vec<Vec<Frame>> = Vec::new();
        frames.resize_with(group.len(), || Vec::with_capacity(n_chunks));
        let mut sums = PartSums::new(self.sets, group.len());
        let mut chunk = vec![ChunkOfGene::default(); group.len()];
        let mut rest = pieces;
        let mut next = Piece::take(&mut rest);
        let (mut columns, mut xs) = (Vec::new(), Vec::new());
        for chunk_first in (0..self.n_obs).step_by(CELLS_PER_EXPRESSION_TILE as usize) {
            while let Some(piece) = next.take_if(|piece| piece.first < chunk_first + CELLS_PER_EXPRESSION_TILE) {
                piece.read(chunk_first, &mut columns, &mut chunk);
                next = Piece::take(&mut rest);
            }
            for (at, values) in chunk.iter_mut().enumerate() {
                let gene = group.start as usize + at;
                self.sum(gene, chunk_first, values, &mut xs, sums.of_gene(at));
                let tile = Expression { cells: values.cells.clone(), values: self.values.of_tile(&values.bits) };
                frames[at].push(Frame::new(&tile.encode(), BULK_LEVEL));
                values.cells.clear();
                values.bits.clear();
            }
        }
        let n_genes = group.len() as u64;
        let (sums, ends) = sums.by_set(self.sets, group);
        EncodedGenes { n_genes, frames: frames.into_iter().flatten().collect(), sums, ends }
    }

    /// Adds a gene's values in a chunk to the parts of their cells, partition after partition.
    fn sum(&self, gene: usize, first: u32, chunk: &ChunkOfGene, xs: &mut Vec<i32>, mut sums: &mut [GeneMoments]) {
        xs.clear();
        let values = chunk.cells.iter().zip(&chunk.bits).map(|(&cell, &bits)| (first + u32::from(cell), bits));
        self.values.to_fixed(gene, values, xs);
        let adder = Adder::new(self.values.fixed.get(gene));
        for partition in &self.sets.partitions {
            let (of_partition, others) = sums.split_at_mut(partition.n_parts);
            let part_of_cell = &partition.part_of_cell[first as usize..];
            for (&cell, &x) in chunk.cells.iter().zip(&*xs) {
                adder.add(x, &mut of_partition[usize::from(part_of_cell[usize::from(cell)])]);
            }
            sums = others;
        }
    }
}

/// The values of a group's genes in one block.
struct Piece<'a> {
    /// First cell of the block.
    first: u32,
    runs: &'a [u8],
}

impl<'a> Piece<'a> {
    /// Takes the first piece off the front of `bytes`.
    fn take(bytes: &mut &'a [u8]) -> Option<Self> {
        let first = take_varint(bytes)? as u32;
        let n_bytes = take_varint(bytes)?;
        let (runs, rest) = bytes.split_at(n_bytes as usize);
        *bytes = rest;
        Some(Self { first, runs })
    }

    fn read(&self, chunk_first: u32, columns: &mut Vec<u32>, chunk: &mut [ChunkOfGene]) {
        let offset = self.first - chunk_first;
        let mut runs = self.runs;
        while !runs.is_empty() {
            let run = Run::take(&mut runs);
            let gene = &mut chunk[run.row as usize];
            columns.clear();
            run.columns(columns);
            gene.cells.extend(columns.iter().map(|&cell| (offset + cell) as u16));
            run.bits(&mut gene.bits);
        }
    }
}

/// The sums of some genes over every part of every partition.
struct PartSums {
    /// Gene after gene, partition after partition.
    sums: Vec<GeneMoments>,
    n_parts: usize,
}

impl PartSums {
    fn new(sets: &CellSets, n_genes: usize) -> Self {
        let n_parts = sets.partitions.iter().map(|partition| partition.n_parts).sum();
        Self { sums: vec![GeneMoments::default(); n_genes * n_parts], n_parts }
    }

    fn of_gene(&mut self, at: usize) -> &mut [GeneMoments] {
        &mut self.sums[at * self.n_parts..(at + 1) * self.n_parts]
    }

    /// The sums of every set, as bytes, with where those of each set end.
    fn by_set(&self, sets: &CellSets, genes: Range<u32>) -> (Vec<u8>, Vec<usize>) {
        let n_sets = sets.n_cells.len();
        let mut of_sets = vec![GeneMoments::default(); genes.len() * n_sets];
        for (of_sets, mut of_parts) in of_sets.chunks_mut(n_sets).zip(self.sums.chunks(self.n_parts)) {
            for partition in &sets.partitions {
                for (part, &sum) in
                    of_parts[..partition.n_parts].iter().enumerate().filter(|(_, sum)| sum.n_nonzero > 0)
                {
                    for set in partition.set_of_part.iter().filter_map(|set_of_part| set_of_part[part]) {
                        add_sums(sum, &mut of_sets[set as usize]);
                    }
                }
                of_parts = &of_parts[partition.n_parts..];
            }
        }
        let (mut bytes, mut ends) = (Vec::new(), Vec::with_capacity(n_sets));
        for set in 0..n_sets {
            for (gene, of_sets) in genes.clone().zip(of_sets.chunks(n_sets)) {
                let sum = of_sets[set];
                if sum.n_nonzero > 0 {
                    for number in [u64::from(gene), u64::from(sum.n_nonzero), zigzag(sum.sum), sum.sum_sq] {
                        push_varint(number, &mut bytes);
                    }
                }
            }
            ends.push(bytes.len());
        }
        (bytes, ends)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn groups_hold_all_genes_in_order(
            nonzero in prop::collection::vec(0u32..100, 0..300),
            n_values in 1u64..1000,
        ) {
            let groups = groups(&nonzero, n_values);
            prop_assert!(groups.iter().cloned().flatten().eq(0..nonzero.len() as u32));
            for group in groups {
                let held: u64 = group.clone().map(|gene| u64::from(nonzero[gene as usize])).sum();
                prop_assert!(group.len() == 1 || held <= n_values);
                prop_assert!((1..=MAX_GENES_PER_GROUP).contains(&group.len()));
            }
        }
    }
}
