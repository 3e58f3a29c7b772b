//! Sums while they grow, in as few bits as hold them.

use super::{FixedPoint, GeneMoments};

/// What values add up to, modulo the width of each number: [`GeneMoments`], or [`NarrowMoments`] where 64 bits hold the
/// squares of all cells. In WebAssembly a sum of 128 bits takes nearly twice as long.
pub(super) trait Sums: Copy + Default + PartialEq {
    /// Whether `X` has 31 bits at most.
    const IS_NARROW: bool;

    /// What one non-zero value adds.
    fn of_value(x: i64, fixed: FixedPoint) -> Self;

    /// Those of other cells added.
    fn add(&mut self, other: &Self);

    /// What takes these away when it is added.
    fn negated(self) -> Self;

    /// What is finished, or comes from elsewhere.
    fn of_moments(moments: &GeneMoments) -> Self;

    /// Finished.
    fn moments(self) -> GeneMoments;
}

/// [`GeneMoments`] with squares of 64 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct NarrowMoments {
    n_nonzero: u32,
    sum: i64,
    sum_sq: u64,
}

impl Sums for NarrowMoments {
    const IS_NARROW: bool = true;

    #[inline]
    fn of_value(x: i64, fixed: FixedPoint) -> Self {
        Self { n_nonzero: 1, sum: x, sum_sq: fixed.narrow_square(x) }
    }

    #[inline]
    fn add(&mut self, other: &Self) {
        self.n_nonzero = self.n_nonzero.wrapping_add(other.n_nonzero);
        self.sum = self.sum.wrapping_add(other.sum);
        self.sum_sq = self.sum_sq.wrapping_add(other.sum_sq);
    }

    #[inline]
    fn negated(self) -> Self {
        Self {
            n_nonzero: self.n_nonzero.wrapping_neg(),
            sum: self.sum.wrapping_neg(),
            sum_sq: self.sum_sq.wrapping_neg(),
        }
    }

    #[inline]
    fn of_moments(moments: &GeneMoments) -> Self {
        Self { n_nonzero: moments.n_nonzero, sum: moments.sum, sum_sq: moments.sum_sq as u64 }
    }

    #[inline]
    fn moments(self) -> GeneMoments {
        GeneMoments { n_nonzero: self.n_nonzero, sum: self.sum, sum_sq: self.sum_sq.into() }
    }
}

impl Sums for GeneMoments {
    const IS_NARROW: bool = false;

    #[inline]
    fn of_value(x: i64, fixed: FixedPoint) -> Self {
        Self { n_nonzero: 1, sum: x, sum_sq: fixed.square(x) }
    }

    #[inline]
    fn add(&mut self, other: &Self) {
        self.n_nonzero = self.n_nonzero.wrapping_add(other.n_nonzero);
        self.sum = self.sum.wrapping_add(other.sum);
        self.sum_sq = self.sum_sq.wrapping_add(other.sum_sq);
    }

    #[inline]
    fn negated(self) -> Self {
        Self {
            n_nonzero: self.n_nonzero.wrapping_neg(),
            sum: self.sum.wrapping_neg(),
            sum_sq: self.sum_sq.wrapping_neg(),
        }
    }

    #[inline]
    fn of_moments(moments: &GeneMoments) -> Self {
        *moments
    }

    #[inline]
    fn moments(self) -> GeneMoments {
        self
    }
}
