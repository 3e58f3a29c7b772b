//! Confidence intervals of effects.

use super::{DeTable, student::t_quantile};
use crate::format::signed;

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

    /// The same as it is shown: `+0.52 to +1.20`; `None` where it is unbounded.
    ///
    /// # Panics
    /// When there is no such gene.
    pub fn interval_text(&self, gene: usize) -> Option<String> {
        let ends = self.interval(gene);
        let [low, high] = ends.map(signed);
        ends.iter().all(|end| end.is_finite()).then(|| format!("{low} to {high}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::de::{DeOptions, FixedPoint, FixedPoints, GeneMoments, Moments, compare};

    #[test]
    fn an_interval_is_told_where_it_has_ends() {
        let fixed = FixedPoint::for_log_counts(7);
        let one = fixed.encode(1.0);
        let square = |x: i64| (x * x) as u128 >> fixed.square_shift();
        let gene = |n_nonzero, sum, sum_sq| GeneMoments { n_nonzero, sum, sum_sq };
        let set = |n_cells, entries| Moments { n_cells, entries };
        let group = set(3, vec![gene(1, one, square(one)), gene(2, 3 * one, 5 * square(one))]);
        let reference = set(4, vec![gene(1, one, square(one)), gene(0, 0, 0)]);
        let table = compare(&group, &reference, &FixedPoints::Uniform(fixed), DeOptions::default()).unwrap();
        let [low, high] = table.interval(0).map(signed);
        assert_eq!(table.interval_text(0), Some(format!("{low} to {high}")));
        assert_eq!(table.interval_text(1), None, "the reference does not express it");
    }
}
