//! The Wilcoxon rank-sum test (Mann–Whitney) from rank sums, by its normal approximation.

use std::f64::consts::LN_10;

use super::{DeTable, Degenerate, GeneRanks, RankSums, Test, adjust_with_log10, student::normal_two_sided_ln_p};

/// What becomes of the variance where cells share a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ties {
    /// It is reduced, as it should be: scanpy's `tie_correct=True`, scipy's `mannwhitneyu(use_continuity=False)`.
    #[default]
    Corrected,
    /// It is taken as if all values differed: scanpy's default. Of genes that most cells do not express, z is too near 0.
    Ignored,
}

/// The result of one test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wilcoxon {
    /// Positive where the group's values are the larger.
    pub z: f64,
    /// Two-sided p-value; 0 where it is below the smallest `f64`.
    pub pval: f64,
    /// Its decimal logarithm, which does not underflow.
    pub log10_pval: f64,
}

/// Tests whether the values of one set are larger than those of another; never NaN. No continuity correction.
///
/// Where all values are equal, or a set has fewer than two cells, z = 0 and p = 1: of one cell among many the normal
/// approximation gives p-values far below the least that ranks can have.
pub fn wilcoxon(ranks: &GeneRanks, ties: Ties) -> (Wilcoxon, Option<Degenerate>) {
    let none = Wilcoxon { z: 0.0, pval: 1.0, log10_pval: 0.0 };
    let GeneRanks { n_group, n_reference, .. } = *ranks;
    if n_group < 2 || n_reference < 2 {
        return (none, Some(Degenerate::TooFewCells));
    }
    let n = n_group + n_reference;
    let n_cubed = u128::from(n).pow(3) - u128::from(n);
    if ranks.ties == n_cubed {
        return (none, Some(Degenerate::NoVariance));
    }
    let correction = match ties {
        Ties::Corrected => (n_cubed - ranks.ties) as f64 / n_cubed as f64,
        Ties::Ignored => 1.0,
    };
    let variance = correction * n_group as f64 * n_reference as f64 * (n as f64 + 1.0) / 12.0;
    // In integers, so that nothing cancels.
    let above = i128::from(ranks.doubled) - i128::from(n_group) * (i128::from(n) + 1);
    let z = above as f64 / 2.0 / variance.sqrt();
    let ln_p = normal_two_sided_ln_p(z);
    (Wilcoxon { z, pval: libm::exp(ln_p), log10_pval: ln_p / LN_10 }, None)
}

impl DeTable {
    /// The same comparison by ranks: z and its p-values take the place of t, and effects, means and percentages stay.
    /// `group` is that of the ranks which is the table's.
    ///
    /// # Panics
    /// When the ranks are not of the table's genes.
    #[must_use]
    pub fn with_ranks(mut self, ranks: &RankSums, group: usize, ties: Ties) -> Self {
        assert_eq!(ranks.genes, 0..self.len() as u32, "ranks of other genes");
        self.test = Test::Wilcoxon(ties);
        for gene in 0..self.len() {
            let (test, degenerate) = wilcoxon(&ranks.of(gene, group), ties);
            self.score[gene] = test.z;
            self.df[gene] = f64::INFINITY;
            self.pval[gene] = test.pval;
            self.log10_pval[gene] = test.log10_pval;
            self.degenerate[gene] = degenerate;
        }
        [self.pval_adj, self.log10_pval_adj] = adjust_with_log10(&self.pval, &self.log10_pval, self.options.adjustment);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_scipy() {
        // mannwhitneyu([3, 0, 5, 5], [0, 0, 1, 5, 2], method="asymptotic", use_continuity=False): U 14, p 0.310494;
        // ranks of the group 6, 2, 8, 8; three zeros, three fives.
        let ranks = GeneRanks { doubled: 48, ties: 48, n_group: 4, n_reference: 5 };
        let (test, degenerate) = wilcoxon(&ranks, Ties::Corrected);
        assert_eq!(degenerate, None);
        let z = 4.0 / (20.0 / 12.0 * (10.0 - 48.0 / 72.0_f64)).sqrt();
        assert!((test.z - z).abs() < 1e-14 && (test.pval - 0.310_494_434_317_234_9).abs() < 1e-12, "{test:?}");
        let (ignored, _) = wilcoxon(&ranks, Ties::Ignored);
        assert!(ignored.z < test.z && ignored.pval > test.pval);
    }

    #[test]
    fn conventions() {
        for (n_group, n_reference) in [(3, 0), (1, 2), (2, 1)] {
            let (test, degenerate) =
                wilcoxon(&GeneRanks { doubled: 6, ties: 0, n_group, n_reference }, Ties::Corrected);
            assert_eq!((test.z, test.pval, degenerate), (0.0, 1.0, Some(Degenerate::TooFewCells)));
        }
        let same = GeneRanks { doubled: 10, ties: 60, n_group: 2, n_reference: 2 };
        for ties in [Ties::Corrected, Ties::Ignored] {
            let (test, degenerate) = wilcoxon(&same, ties);
            assert_eq!((test.z, test.pval, degenerate), (0.0, 1.0, Some(Degenerate::NoVariance)));
        }
    }
}
