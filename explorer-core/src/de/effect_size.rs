//! Cohen's d.

use super::Summary;

/// How the variances of two sets become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pooling {
    /// Variances over n − 1, their sum weighted by n − 1 over `n1 + n2 − 2`: the pooled variance of Student's t.
    #[default]
    Unbiased,
    /// As CELLxGENE has it: variances over n, weighted by n − 1, over `n1 + n2 − 1`.
    Cellxgene,
}

impl Pooling {
    /// What the scatter of both sets is divided by.
    pub fn freedom(self, group: &Dispersion, reference: &Dispersion) -> f64 {
        let less = match self {
            Self::Unbiased => 2.0,
            Self::Cellxgene => 1.0,
        };
        (group.n_cells + reference.n_cells - less).max(1.0)
    }
}

/// What Cohen's d takes of a gene in a set of cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dispersion {
    /// Number of cells.
    pub n_cells: f64,
    /// Mean.
    pub mean: f64,
    /// Variance times n − 1.
    pub scatter: f64,
}

impl Dispersion {
    /// The dispersion of a set for one way of pooling.
    pub fn of(summary: &Summary, pooling: Pooling) -> Self {
        let n = summary.n_cells as f64;
        // `Summary` has the variance over n − 1.
        let scatter = match pooling {
            Pooling::Unbiased => (n - 1.0) * summary.variance,
            Pooling::Cellxgene => (n - 1.0) * summary.variance * ((n - 1.0) / n),
        };
        Self { n_cells: n, mean: summary.mean, scatter }
    }
}

/// Cohen's d: the difference of means over the pooled standard deviation, positive where the group's mean is the larger; 0
/// where neither set varies and the means agree, infinite where neither varies and they differ. The dispersions are of the same
/// pooling.
pub fn cohens_d(group: Dispersion, reference: Dispersion, pooling: Pooling) -> f64 {
    let pooled = (group.scatter + reference.scatter) / pooling.freedom(&group, &reference);
    let d = (group.mean - reference.mean) / pooled.sqrt();
    if d.is_nan() { 0.0 } else { d }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::de::sample_summary;

    const A: [f64; 3] = [1.0, 2.0, 4.0];
    const B: [f64; 4] = [0.0, 0.0, 3.0, 1.0];

    fn d(a: &[f64], b: &[f64], pooling: Pooling) -> f64 {
        let dispersion = |values: &[f64]| Dispersion::of(&sample_summary(values), pooling);
        cohens_d(dispersion(a), dispersion(b), pooling)
    }

    #[test]
    fn as_cellxgene_computes_it_from_sums() {
        let of = |values: &[f64]| {
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            (n, mean, values.iter().map(|value| value * value).sum::<f64>() / n - mean * mean)
        };
        let ((n1, m1, v1), (n2, m2, v2)) = (of(&A), of(&B));
        let expected = (m1 - m2) / (((n1 - 1.0) * v1 + (n2 - 1.0) * v2) / (n1 + n2 - 1.0)).sqrt();
        assert!((d(&A, &B, Pooling::Cellxgene) - expected).abs() < 1e-12);
    }

    #[test]
    fn unbiased_it_is_students_t_over_the_root_of_the_numbers() {
        // scipy.stats.ttest_ind([1, 2, 4], [0, 0, 3, 1]).statistic * sqrt(1 / 3 + 1 / 4)
        let expected = 0.912_870_929_175;
        assert!((d(&A, &B, Pooling::Unbiased) - expected).abs() < 1e-12, "{}", d(&A, &B, Pooling::Unbiased));
    }

    #[test]
    fn sets_that_do_not_vary_are_alike_or_infinitely_far_apart() {
        for pooling in [Pooling::Unbiased, Pooling::Cellxgene] {
            assert_eq!(d(&[1.0, 1.0], &[1.0, 1.0], pooling), 0.0);
            assert_eq!(d(&[2.0, 2.0], &[1.0, 1.0], pooling), f64::INFINITY);
            assert_eq!(d(&[1.0], &[1.0], pooling), 0.0);
        }
    }
}
