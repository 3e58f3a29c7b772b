//! What adds up over disjoint sets of cells.

use explorer_core::de::GeneMoments;

/// Sums over a set of cells, or over nothing yet (the default).
pub trait Sums: Clone + Default {
    /// Adds those of a disjoint set. Sums of no corpus, past the range of their numbers, stay at its end.
    fn add(&mut self, other: &Self);

    /// Takes those of a subset away; of what is no subset, as far as zero.
    fn subtract(&mut self, other: &Self);
}

impl Sums for u64 {
    fn add(&mut self, other: &Self) {
        *self = self.saturating_add(*other);
    }

    fn subtract(&mut self, other: &Self) {
        *self = self.saturating_sub(*other);
    }
}

impl Sums for GeneMoments {
    fn add(&mut self, other: &Self) {
        self.n_nonzero = self.n_nonzero.saturating_add(other.n_nonzero);
        self.sum = self.sum.saturating_add(other.sum);
        self.sum_sq = self.sum_sq.saturating_add(other.sum_sq);
    }

    fn subtract(&mut self, other: &Self) {
        self.n_nonzero = self.n_nonzero.saturating_sub(other.n_nonzero);
        self.sum = self.sum.saturating_sub(other.sum);
        self.sum_sq = self.sum_sq.saturating_sub(other.sum_sq);
    }
}

/// Number of cells, and what a gene adds up to over them.
impl<A: Sums, B: Sums> Sums for (A, B) {
    fn add(&mut self, other: &Self) {
        self.0.add(&other.0);
        self.1.add(&other.1);
    }

    fn subtract(&mut self, other: &Self) {
        self.0.subtract(&other.0);
        self.1.subtract(&other.1);
    }
}
