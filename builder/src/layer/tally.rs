//! What adds up over the values of a matrix, in any order.

use explorer_core::de::{Exponents, Normalization};
use h5ad::SparseSlab;
use shared_fbs::manifest::ValueKind;

use super::{crowded::Span, odd::OddValues, read::Scan};

/// Counts over some values.
pub struct Tally {
    nonzero_by_gene: Vec<u32>,
    /// Of values that are kept as floats; else empty.
    exponents_by_gene: Vec<Exponents>,
    /// Of numbers that may have been rounded; else empty.
    spans_by_gene: Vec<Span>,
    /// Least and largest |value|, zeros left out.
    least: f32,
    largest: f32,
    odd: OddValues,
    has_negative: bool,
}

impl Tally {
    /// Nothing yet, of so many genes whose values are kept as one kind; whether their numbers may be rounded.
    pub fn new(n_genes: usize, kind: ValueKind, may_round: bool) -> Self {
        let n_with_exponents = if kind == ValueKind::Float { n_genes } else { 0 };
        Self {
            nonzero_by_gene: vec![0; n_genes],
            exponents_by_gene: vec![Exponents::default(); n_with_exponents],
            spans_by_gene: vec![Span::EMPTY; if may_round { n_genes } else { 0 }],
            least: f32::INFINITY,
            largest: 0.0,
            odd: OddValues::default(),
            has_negative: false,
        }
    }

    /// Takes in a cell's non-zero values; says whether all are finite.
    pub fn take_row(&mut self, genes: &[u32], data: &[f32]) -> bool {
        for (&gene, &value) in genes.iter().zip(data) {
            self.nonzero_by_gene[gene as usize] += u32::from(value.is_finite());
        }
        if !self.exponents_by_gene.is_empty() {
            for (&gene, &value) in genes.iter().zip(data) {
                self.exponents_by_gene[gene as usize].insert(value);
            }
        }
        if !self.spans_by_gene.is_empty() {
            for (&gene, &value) in genes.iter().zip(data) {
                self.spans_by_gene[gene as usize].insert(value);
            }
        }
        self.take_range(data) || self.take_odd(genes.iter().copied().zip(data))
    }

    /// Takes in a gene's non-zero values; says whether all are finite.
    pub fn take_column(&mut self, gene: u32, data: &[f32]) -> bool {
        let gene = gene as usize;
        self.nonzero_by_gene[gene] += data.iter().filter(|value| value.is_finite()).count() as u32;
        if let Some(exponents) = self.exponents_by_gene.get_mut(gene) {
            data.iter().for_each(|&value| exponents.insert(value));
        }
        if let Some(span) = self.spans_by_gene.get_mut(gene) {
            data.iter().for_each(|&value| span.insert(value));
        }
        self.take_range(data) || self.take_odd(data.iter().map(|value| (gene as u32, value)))
    }

    /// Takes in how large values are; says whether all are finite.
    fn take_range(&mut self, data: &[f32]) -> bool {
        let mut is_finite = true;
        for &value in data {
            let magnitude = value.abs();
            if magnitude.is_finite() {
                self.least = self.least.min(magnitude);
                self.largest = self.largest.max(magnitude);
                self.has_negative |= value < 0.0;
            } else {
                is_finite = false;
            }
        }
        is_finite
    }

    /// Takes in those values that are not finite, with their genes; says that there are some.
    fn take_odd<'a>(&mut self, values: impl Iterator<Item = (u32, &'a f32)>) -> bool {
        let n_genes = self.nonzero_by_gene.len();
        values.filter(|(_, value)| !value.is_finite()).for_each(|(gene, &value)| self.odd.take(gene, value, n_genes));
        false
    }

    /// Takes in what the values of a slab lost when they became 32-bit floats.
    pub fn take_loss(&mut self, slab: &SparseSlab) {
        self.odd.take_loss(slab, self.nonzero_by_gene.len());
    }

    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.nonzero_by_gene.iter_mut().zip(&other.nonzero_by_gene) {
            *mine += theirs;
        }
        for (mine, theirs) in self.exponents_by_gene.iter_mut().zip(&other.exponents_by_gene) {
            mine.merge(theirs);
        }
        for (mine, theirs) in self.spans_by_gene.iter_mut().zip(&other.spans_by_gene) {
            mine.merge(theirs);
        }
        self.least = self.least.min(other.least);
        self.largest = self.largest.max(other.largest);
        self.odd.merge(&other.odd);
        self.has_negative |= other.has_negative;
    }

    /// What is known of the matrix when these are all its values.
    pub fn into_scan(self, kind: ValueKind) -> Scan {
        Scan {
            nonzero_by_gene: self.nonzero_by_gene,
            exponents_by_gene: self.exponents_by_gene,
            spans_by_gene: self.spans_by_gene,
            min_abs: self.least,
            max_abs: self.largest,
            odd: self.odd,
            has_negative: self.has_negative,
            kind,
            normalization: Normalization::default(),
        }
    }
}
