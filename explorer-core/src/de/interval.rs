//! Confidence intervals of effects.

use super::{DeTable, student::t_quantile};

/// What intervals leave out, on both sides together.
pub const LEFT_OUT: f64 = 0.05;

impl DeTable {
    /// The 95 % confidence interval of a gene's effect, lower end first: the effect and [`Self::effect_error`] times the
    /// quantile of t by the test's degrees of freedom (of the normal distribution, where ranks were tested). Unbounded
    /// where a fold change has none, since a set does not express the gene.
    ///
    /// # Panics
    /// When there is no such gene.
    pub fn interval(&self, gene: usize) -> [f64; 2] {
        let error = self.effect_error[gene];
        let half = if error > 0.0 { error * t_quantile(LEFT_OUT, self.df[gene]) } else { 0.0 };
        [self.effect[gene] - half, self.effect[gene] + half]
    }
}
