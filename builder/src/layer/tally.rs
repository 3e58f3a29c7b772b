//! What adds up over the values of a matrix, in any order.

use explorer_core::de::{Exponents, Normalization};
use shared_fbs::manifest::ValueKind;

use super::read::Scan;

/// Counts over some values.
pub struct Tally {
    nonzero_by_gene: Vec<u32>,
    /// Of values that are kept as floats; else empty.
    exponents_by_gene: Vec<Exponents>,
    /// Least and largest |value|, zeros left out.
    least: f32,
    largest: f32,
    n_nan: u64,
    n_infinite: u64,
    has_negative: bool,
}

impl Tally {
    /// Nothing yet, of so many genes whose values are kept as one kind.
    pub fn new(n_genes: usize, kind: ValueKind) -> Self {
        let n_with_exponents = if kind == ValueKind::Float { n_genes } else { 0 };
        Self {
            nonzero_by_gene: vec![0; n_genes],
            exponents_by_gene: vec![Exponents::default(); n_with_exponents],
            least: f32::INFINITY,
            largest: 0.0,
            n_nan: 0,
            n_infinite: 0,
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
        self.take_range(data)
    }

    /// Takes in a gene's non-zero values; says whether all are finite.
    pub fn take_column(&mut self, gene: u32, data: &[f32]) -> bool {
        let gene = gene as usize;
        self.nonzero_by_gene[gene] += data.iter().filter(|value| value.is_finite()).count() as u32;
        if let Some(exponents) = self.exponents_by_gene.get_mut(gene) {
            data.iter().for_each(|&value| exponents.insert(value));
        }
        self.take_range(data)
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
                self.take_odd(value);
            }
        }
        is_finite
    }

    fn take_odd(&mut self, value: f32) {
        self.n_nan += u64::from(value.is_nan());
        self.n_infinite += u64::from(value.is_infinite());
    }

    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.nonzero_by_gene.iter_mut().zip(&other.nonzero_by_gene) {
            *mine += theirs;
        }
        for (mine, theirs) in self.exponents_by_gene.iter_mut().zip(&other.exponents_by_gene) {
            mine.merge(theirs);
        }
        self.least = self.least.min(other.least);
        self.largest = self.largest.max(other.largest);
        self.n_nan += other.n_nan;
        self.n_infinite += other.n_infinite;
        self.has_negative |= other.has_negative;
    }

    /// What is known of the matrix when these are all its values.
    pub fn into_scan(self, kind: ValueKind) -> Scan {
        Scan {
            nonzero_by_gene: self.nonzero_by_gene,
            exponents_by_gene: self.exponents_by_gene,
            min_abs: self.least,
            max_abs: self.largest,
            n_nan: self.n_nan,
            n_infinite: self.n_infinite,
            has_negative: self.has_negative,
            kind,
            normalization: Normalization::default(),
        }
    }
}
