//! A percentile, averaged over bootstrap samples, in closed form.

/// The mean over all bootstrap samples of a percentile of `n` values.
///
/// CELLxGENE averages 100 samples drawn at random. The mean over all samples there can be is a weighted sum of the sorted
/// values with binomial weights: exact, the same on every run, and independent of a seed.
#[derive(Clone, Debug)]
pub struct BootstrapPercentile {
    n: usize,
    /// Of the smallest value first; what follows the last has no weight.
    weights: Vec<f64>,
}

impl BootstrapPercentile {
    /// Of `n` values (one or more), `percentile` from 0 to 100.
    ///
    /// # Panics
    /// When `n` is 0.
    pub fn new(n: usize, percentile: f64) -> Self {
        let mut weights = weights(n, percentile);
        let n_weights = weights.iter().rposition(|&weight| weight > 0.0).map_or(0, |last| last + 1);
        weights.truncate(n_weights);
        Self { n, weights }
    }

    /// How many of the smallest values have weight.
    pub fn n_weights(&self) -> usize {
        self.weights.len()
    }

    /// The mean for these values, none of them NaN, whose order changes.
    ///
    /// # Panics
    /// When there are not as many values as it was made for.
    pub fn mean(&self, values: &mut [f64]) -> f64 {
        assert_eq!(values.len(), self.n, "the weights are those of another number of values");
        // Values without weight need no order, and an infinite one among them must not meet its weight of zero.
        let n_weights = self.weights.len();
        if n_weights < values.len() {
            values.select_nth_unstable_by(n_weights, f64::total_cmp);
        }
        values[..n_weights].sort_unstable_by(f64::total_cmp);
        let weighted = values.iter().zip(&self.weights).filter(|(_, weight)| **weight > 0.0);
        weighted.map(|(value, weight)| value * weight).sum()
    }
}

/// How much each of `n` values, sorted, weighs in the mean over all bootstrap samples of a percentile.
///
/// A sample draws `n` of the values with replacement; its percentile is the `round(percentile / 100 · n)`-th smallest
/// of them, counted from 0 (CELLxGENE's rounding: ties to even). That is at most the r-th smallest value when over k
/// of the n draws fall among the first r, which is a matter of the binomial distribution.
fn weights(n: usize, percentile: f64) -> Vec<f64> {
    let k = ((percentile / 100.0 * n as f64).round_ties_even() as usize).min(n - 1);
    let ln_choose: Vec<f64> = (0..=n)
        .map(|i| libm::lgamma(n as f64 + 1.0) - libm::lgamma(i as f64 + 1.0) - libm::lgamma((n - i) as f64 + 1.0))
        .collect();
    let at_most = |r: usize| binomial_above(&ln_choose, r as f64 / n as f64, k);
    let weights = (1..=n).map(|r| at_most(r) - at_most(r - 1));
    // What rounding leaves of probabilities below 1e-15 is no weight.
    weights.map(|weight| if weight < 1e-15 { 0.0 } else { weight }).collect()
}

/// The probability of more than `k` successes in n trials, from the logarithms of the n + 1 binomial coefficients.
fn binomial_above(ln_choose: &[f64], p: f64, k: usize) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return 1.0;
    }
    let n = ln_choose.len() - 1;
    let (ln_p, ln_q) = (libm::log(p), libm::log1p(-p));
    let term = |i: usize| libm::exp(ln_choose[i] + i as f64 * ln_p + (n - i) as f64 * ln_q);
    // The shorter tail, so that nothing cancels.
    if (k as f64) < n as f64 * p { 1.0 - (0..=k).map(term).sum::<f64>() } else { (k + 1..=n).map(term).sum() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_a_distribution_around_the_percentile() {
        for n in [1, 2, 3, 10, 59, 200] {
            for percentile in [0.0, 10.0, 50.0, 100.0] {
                let weights = weights(n, percentile);
                assert_eq!(weights.len(), n);
                assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{n} {percentile}: {weights:?}");
                assert!(weights.iter().all(|weight| (0.0..=1.0).contains(weight)));
            }
        }
        // Of two values, the smaller of two draws is the larger one in a quarter of all samples.
        let weights = weights(2, 10.0);
        assert!((weights[0] - 0.75).abs() < 1e-12 && (weights[1] - 0.25).abs() < 1e-12);
    }

    #[test]
    fn weights_are_what_a_bootstrap_comes_to() {
        let values: Vec<f64> = (0..13).map(|i| f64::from(i * i % 11)).collect();
        let n = values.len();
        let k = 1; // round(1.3)
        let mut state = 42u64;
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            values[(state >> 33) as usize % n]
        };
        let replicates = 20_000;
        let mut sum = 0.0;
        for _ in 0..replicates {
            let mut sample: Vec<f64> = (0..n).map(|_| draw()).collect();
            sample.sort_unstable_by(f64::total_cmp);
            sum += sample[k];
        }
        let mut sorted = values.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let exact: f64 = sorted.iter().zip(weights(n, 10.0)).map(|(value, weight)| value * weight).sum();
        assert!((sum / f64::from(replicates) - exact).abs() < 0.02, "{} {exact}", sum / f64::from(replicates));
    }
}
