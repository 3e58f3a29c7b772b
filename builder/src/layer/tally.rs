//! What adds up over the values of a matrix, in any order.

use shared_fbs::manifest::ValueKind;

use super::{log_counts::Rebuild, read::Scan};

/// Counts over some values.
pub struct Tally {
    nonzero_by_gene: Vec<u32>,
    max_abs_by_gene: Vec<f32>,
    n_nan: u64,
    n_infinite: u64,
    has_negative: bool,
}

impl Tally {
    /// Nothing yet, of so many genes.
    pub fn new(n_genes: usize) -> Self {
        Self {
            nonzero_by_gene: vec![0; n_genes],
            max_abs_by_gene: vec![0.0; n_genes],
            n_nan: 0,
            n_infinite: 0,
            has_negative: false,
        }
    }

    /// Takes in a cell's values; says whether all are finite.
    pub fn take_row(&mut self, genes: &[u32], data: &[f32]) -> bool {
        let mut is_finite = true;
        for (&gene, &value) in genes.iter().zip(data) {
            let gene = gene as usize;
            if value.is_finite() {
                self.nonzero_by_gene[gene] += 1;
                self.max_abs_by_gene[gene] = self.max_abs_by_gene[gene].max(value.abs());
                self.has_negative |= value < 0.0;
            } else {
                is_finite = false;
                self.take_odd(value);
            }
        }
        is_finite
    }

    /// Takes in a gene's values; says whether all are finite.
    pub fn take_column(&mut self, gene: u32, data: &[f32]) -> bool {
        let gene = gene as usize;
        let n_finite = data.iter().filter(|value| value.is_finite()).count();
        let finite = || data.iter().copied().filter(|value| value.is_finite());
        self.nonzero_by_gene[gene] += n_finite as u32;
        self.max_abs_by_gene[gene] = finite().map(f32::abs).fold(self.max_abs_by_gene[gene], f32::max);
        self.has_negative |= finite().any(|value| value < 0.0);
        data.iter().copied().filter(|value| !value.is_finite()).for_each(|value| self.take_odd(value));
        n_finite == data.len()
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
        for (mine, &theirs) in self.max_abs_by_gene.iter_mut().zip(&other.max_abs_by_gene) {
            *mine = mine.max(theirs);
        }
        self.n_nan += other.n_nan;
        self.n_infinite += other.n_infinite;
        self.has_negative |= other.has_negative;
    }

    /// Non-zero finite values.
    pub fn n_values(&self) -> u64 {
        self.nonzero_by_gene.iter().map(|&n| u64::from(n)).sum()
    }

    /// What is known of the matrix when these are all its values.
    pub fn into_scan(self, kind: ValueKind, divisors: Vec<f32>, rebuild: Rebuild) -> Scan {
        Scan {
            max_abs: self.max_abs_by_gene.iter().copied().fold(0.0, f32::max),
            nonzero_by_gene: self.nonzero_by_gene,
            max_abs_by_gene: self.max_abs_by_gene,
            n_nan: self.n_nan,
            n_infinite: self.n_infinite,
            has_negative: self.has_negative,
            kind,
            divisors,
            rebuild,
        }
    }
}
