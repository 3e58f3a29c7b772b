//! Genes as tiles, and the sums over every set of cells.

use std::ops::Range;

use explorer_core::de::FixedPoints;
use shared_fbs::{
    bytes::{push_varint, push_wide_varint, take_varint, zigzag},
    manifest::CELLS_PER_EXPRESSION_TILE,
    tile::Expression,
};

use super::{
    block::Block,
    runs::{Run, RunWriter},
    sets::CellSets,
    values::{EntrySums, LayerValues, Term},
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
        let mut sums = PartSums::new(self.sets, self.values, group.clone());
        let mut chunk = vec![ChunkOfGene::default(); group.len()];
        let mut rest = pieces;
        let mut next = Piece::take(&mut rest);
        let (mut columns, mut terms) = (Vec::new(), Vec::new());
        for chunk_first in (0..self.n_obs).step_by(CELLS_PER_EXPRESSION_TILE as usize) {
            while let Some(piece) = next.take_if(|piece| piece.first < chunk_first + CELLS_PER_EXPRESSION_TILE) {
                piece.read(chunk_first, &mut columns, &mut chunk);
                next = Piece::take(&mut rest);
            }
            for (at, values) in chunk.iter_mut().enumerate() {
                let gene = group.start as usize + at;
                self.sum(gene, chunk_first, values, &mut terms, &mut sums);
                let tile = Expression { cells: values.cells.clone(), values: self.values.of_tile(&values.bits) };
                frames[at].push(Frame::new(&tile.encode(), BULK_LEVEL));
                values.cells.clear();
                values.bits.clear();
            }
        }
        let (sums, ends) = sums.by_set(self.sets, &self.values.fixed);
        EncodedGenes { n_genes: group.len() as u64, frames: frames.into_iter().flatten().collect(), sums, ends }
    }

    /// Adds a gene's values in a chunk to the parts of their cells, partition after partition.
    fn sum(&self, gene: usize, first: u32, chunk: &ChunkOfGene, terms: &mut Vec<Term>, sums: &mut PartSums) {
        terms.clear();
        let values = chunk.cells.iter().zip(&chunk.bits).map(|(&cell, &bits)| (first + u32::from(cell), bits));
        self.values.to_terms(gene, values, terms);
        let mut first_part = 0;
        for partition in &self.sets.partitions {
            for term in &*terms {
                let part = usize::from(partition.part_of_cell[term.cell as usize]);
                sums.of_entry(term.entry)[first_part + part].push(term.x, self.values.square(term.x));
            }
            first_part += partition.n_parts;
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
    /// Entry after entry, first those of the genes' numbers; partition after partition.
    sums: Vec<EntrySums>,
    n_parts: usize,
    genes: Range<u32>,
    /// Entries of the genes' further bands.
    further: Range<u32>,
}

impl PartSums {
    fn new(sets: &CellSets, values: &LayerValues<'_>, genes: Range<u32>) -> Self {
        let n_parts = sets.partitions.iter().map(|partition| partition.n_parts).sum();
        let further = match &values.fixed {
            FixedPoints::Uniform(_) => 0..0,
            FixedPoints::Banded(bands) => {
                let last = genes.end as usize - 1;
                bands.further(genes.start as usize).start as u32..bands.further(last).end as u32
            }
        };
        let n_entries = genes.len() + further.len();
        Self { sums: vec![EntrySums::EMPTY; n_entries * n_parts], n_parts, genes, further }
    }

    #[inline]
    fn of_entry(&mut self, entry: u32) -> &mut [EntrySums] {
        let at = if entry < self.genes.end {
            (entry - self.genes.start) as usize
        } else {
            self.genes.len() + (entry - self.further.start) as usize
        };
        &mut self.sums[at * self.n_parts..(at + 1) * self.n_parts]
    }

    /// The sums of every set, as bytes, with where those of each set end.
    fn by_set(&self, sets: &CellSets, fixed: &FixedPoints) -> (Vec<u8>, Vec<usize>) {
        let n_sets = sets.n_cells.len();
        let mut of_sets = vec![EntrySums::EMPTY; self.sums.len() / self.n_parts * n_sets];
        for (of_sets, mut of_parts) in of_sets.chunks_mut(n_sets).zip(self.sums.chunks(self.n_parts)) {
            for partition in &sets.partitions {
                for (part, &sum) in
                    of_parts[..partition.n_parts].iter().enumerate().filter(|(_, sum)| sum.n_nonzero > 0)
                {
                    for set in partition.set_of_part.iter().filter_map(|set_of_part| set_of_part[part]) {
                        of_sets[set as usize].merge(sum);
                    }
                }
                of_parts = &of_parts[partition.n_parts..];
            }
        }
        let (mut bytes, mut ends) = (Vec::new(), Vec::with_capacity(n_sets));
        for set in 0..n_sets {
            let entries = self.genes.clone().chain(self.further.clone());
            for (entry, of_sets) in entries.zip(of_sets.chunks(n_sets)) {
                let sum = of_sets[set];
                if sum.n_nonzero > 0 {
                    for number in [u64::from(entry), u64::from(sum.n_nonzero), zigzag(sum.sum)] {
                        push_varint(number, &mut bytes);
                    }
                    push_wide_varint(sum.sum_sq, &mut bytes);
                    let max = (f64::from(sum.max_x) * fixed.step(entry as usize)) as f32;
                    bytes.extend(max.to_le_bytes());
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
