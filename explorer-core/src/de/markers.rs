//! Markers: the genes that tell each label of a column from all others, from label moments alone.

use super::{DeOptions, DeTable, FixedPoints, Moments, MomentsError, RankSums, Summary, Ties, compare};
use crate::state::MarkerOrder;

/// How the markers of a label are ranked.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum MarkerRank {
    /// By the score against all other labels together, t or z: scanpy's `rank_genes_groups`.
    #[default]
    Score,
    /// By a low percentile of the effect sizes against each other label: a gene is only as good a marker as it is
    /// against the labels most like this one. CELLxGENE's Gene Expression takes the 10th percentile.
    EffectPercentile(f64),
}

/// CELLxGENE's percentile.
pub const CELLXGENE_PERCENTILE: f64 = 10.0;

impl MarkerRank {
    /// What the page ranks genes by.
    pub fn of(order: MarkerOrder) -> Self {
        match order {
            MarkerOrder::Score => Self::Score,
            MarkerOrder::Effect => Self::EffectPercentile(CELLXGENE_PERCENTILE),
        }
    }
}

/// Genes with fewer expressing cells in the label are no candidates for [`MarkerRank::EffectPercentile`], as CELLxGENE
/// has it.
pub const LEAST_EXPRESSING: u64 = 25;

/// One marker of a label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Marker {
    /// The gene.
    pub gene: u32,
    /// What it is ranked by: t or z, or the percentile of effect sizes (Cohen's d).
    pub rank: f64,
    /// t or z against the rest.
    pub score: f64,
    /// Log2 fold change or mean difference against the rest, by the options.
    pub effect: f64,
    /// Decimal logarithm of the p-value.
    pub log10_pval: f64,
    /// Adjusted p-value.
    pub pval_adj: f64,
    /// Percentage of the label's cells that express it.
    pub pct_group: f64,
    /// Percentage of all other cells that express it.
    pub pct_reference: f64,
}

impl Marker {
    /// A gene of a comparison, by its number, and what it is ranked by.
    ///
    /// # Panics
    /// When there is no such gene.
    pub fn of(table: &DeTable, gene: u32, rank: f64) -> Self {
        let at = gene as usize;
        Self {
            gene,
            rank,
            score: table.score[at],
            effect: table.effect[at],
            log10_pval: table.log10_pval[at],
            pval_adj: table.pval_adj[at],
            pct_group: table.pct_group[at],
            pct_reference: table.pct_reference[at],
        }
    }
}

/// Finds the markers of the labels of one column.
pub struct MarkerFinder<'a> {
    labels: &'a [Moments],
    total: &'a Moments,
    fixed: &'a FixedPoints,
    options: DeOptions,
    rank: MarkerRank,
    ranks: Option<(&'a RankSums, Ties)>,
    /// Of every label and gene; empty unless effects against each other label are asked for.
    spreads: Vec<Vec<Spread>>,
}

/// What Cohen's d takes of a gene in a label.
#[derive(Clone, Copy)]
struct Spread {
    mean: f64,
    /// Variance over n, times n − 1.
    scatter: f64,
}

impl<'a> MarkerFinder<'a> {
    /// `labels` holds the moments of every label of the column (missing among them, if cells lack one), `total` those
    /// of all cells.
    pub fn new(
        labels: &'a [Moments],
        total: &'a Moments,
        fixed: &'a FixedPoints,
        options: DeOptions,
        rank: MarkerRank,
    ) -> Self {
        let spreads = match rank {
            MarkerRank::Score => Vec::new(),
            MarkerRank::EffectPercentile(_) => labels.iter().map(|label| spreads(label, fixed)).collect(),
        };
        Self { labels, total, fixed, options, rank, ranks: None, spreads }
    }

    /// The same with genes tested by their ranks. The groups of the ranks are the labels.
    #[must_use]
    pub fn by_ranks(self, ranks: &'a RankSums, ties: Ties) -> Self {
        Self { ranks: Some((ranks, ties)), ..self }
    }

    /// The `n_top` best markers of one label against all other cells, best first; none where one of the two has fewer than
    /// two cells, so that nothing can be tested, and of a ranking by effects where no gene has [`LEAST_EXPRESSING`] cells.
    ///
    /// # Errors
    /// [`MomentsError`] when the moments do not belong together.
    ///
    /// # Panics
    /// When there is no label of that number.
    pub fn markers_of(&self, label: usize, n_top: usize) -> Result<Vec<Marker>, MomentsError> {
        let group = &self.labels[label];
        let mut rest = self.total.clone();
        rest.subtract(group)?;
        if group.n_cells.min(rest.n_cells) < 2 {
            return Ok(Vec::new());
        }
        let mut table = compare(group, &rest, self.fixed, self.options)?;
        if let Some((ranks, ties)) = self.ranks {
            table = table.with_ranks(ranks, label, ties);
        }
        let mut ranks: Vec<(f64, u32)> = match self.rank {
            MarkerRank::Score => (0..).zip(&table.score).map(|(gene, &score)| (score, gene)).collect(),
            MarkerRank::EffectPercentile(percentile) => self.effect_percentiles(label, percentile),
        };
        let best = |a: &(f64, u32), b: &(f64, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if n_top < ranks.len() {
            ranks.select_nth_unstable_by(n_top, best);
            ranks.truncate(n_top);
        }
        ranks.sort_unstable_by(best);
        Ok(ranks.into_iter().map(|(rank, gene)| Marker::of(&table, gene, rank)).collect())
    }

    /// The percentile of Cohen's d against each other label that has cells, with the gene's number.
    ///
    /// CELLxGENE takes the mean of the percentile over 100 bootstrap samples of the other labels. The mean over all
    /// samples there can be is a weighted sum of the sorted effects ([`bootstrap_weights`]), so this is exact, the same
    /// on every run, and does not depend on a seed.
    fn effect_percentiles(&self, label: usize, percentile: f64) -> Vec<(f64, u32)> {
        let others: Vec<(f64, &[Spread])> = self
            .labels
            .iter()
            .zip(&self.spreads)
            .enumerate()
            .filter(|(other, (moments, _))| *other != label && moments.n_cells > 0)
            .map(|(_, (moments, spreads))| (moments.n_cells as f64, spreads.as_slice()))
            .collect();
        if others.is_empty() {
            return Vec::new();
        }
        // Effects without weight need no order, and an infinite one among them must not meet its weight of zero.
        let mut weights = bootstrap_weights(others.len(), percentile);
        let n_weights = weights.iter().rposition(|&weight| weight > 0.0).map_or(0, |last| last + 1);
        weights.truncate(n_weights);
        let group = &self.labels[label];
        let (n_group, spreads) = (group.n_cells as f64, &self.spreads[label]);
        let mut effects = Vec::with_capacity(others.len());
        let genes = (0..spreads.len()).filter(|&gene| self.fixed.n_nonzero(group, gene) >= LEAST_EXPRESSING);
        genes
            .map(|gene| {
                effects.clear();
                let of_group = (n_group, spreads[gene]);
                effects.extend(others.iter().map(|&(n, spreads)| cohens_d(of_group, (n, spreads[gene]))));
                if n_weights < effects.len() {
                    effects.select_nth_unstable_by(n_weights, f64::total_cmp);
                }
                effects[..n_weights].sort_unstable_by(f64::total_cmp);
                let weighted = effects.iter().zip(&weights).filter(|(_, weight)| **weight > 0.0);
                (weighted.map(|(effect, weight)| effect * weight).sum(), gene as u32)
            })
            .collect()
    }
}

/// The spread of every gene in a label.
fn spreads(label: &Moments, fixed: &FixedPoints) -> Vec<Spread> {
    let n = label.n_cells as f64;
    let spread = |gene: usize| {
        let Summary { mean, variance, .. } = fixed.summary(label, gene);
        // `Summary` has the variance over n − 1.
        Spread { mean, scatter: (n - 1.0) * variance * ((n - 1.0) / n) }
    };
    (0..fixed.n_genes(label.entries.len())).map(spread).collect()
}

/// Cohen's d as CELLxGENE has it, of two sets by their numbers of cells: the difference of means over the pooled
/// standard deviation, with variances over n and `n1 + n2 − 1` below; 0 where neither set varies and the means agree.
fn cohens_d((n_group, group): (f64, Spread), (n_reference, reference): (f64, Spread)) -> f64 {
    let pooled = (group.scatter + reference.scatter) / (n_group + n_reference - 1.0);
    let d = (group.mean - reference.mean) / pooled.sqrt();
    if d.is_nan() { 0.0 } else { d }
}

/// How much each of `n` values, sorted, weighs in the mean over all bootstrap samples of a percentile.
///
/// A sample draws `n` of the values with replacement; its percentile is the `round(percentile / 100 · n)`-th smallest
/// of them, counted from 0 (CELLxGENE's rounding: ties to even). That is at most the r-th smallest value when over k
/// of the n draws fall among the first r, which is a matter of the binomial distribution.
fn bootstrap_weights(n: usize, percentile: f64) -> Vec<f64> {
    let k = ((percentile / 100.0 * n as f64).round_ties_even() as usize).min(n - 1);
    let at_most = |r: usize| binomial_above(n, r as f64 / n as f64, k);
    let weights = (1..=n).map(|r| at_most(r) - at_most(r - 1));
    // What rounding leaves of probabilities below 1e-15 is no weight.
    weights.map(|weight| if weight < 1e-15 { 0.0 } else { weight }).collect()
}

/// The probability of more than `k` successes in `n` trials.
fn binomial_above(n: usize, p: f64, k: usize) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return 1.0;
    }
    let ln_choose =
        |i: usize| libm::lgamma(n as f64 + 1.0) - libm::lgamma(i as f64 + 1.0) - libm::lgamma((n - i) as f64 + 1.0);
    let term = |i: usize| libm::exp(ln_choose(i) + i as f64 * libm::log(p) + (n - i) as f64 * libm::log1p(-p));
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
                let weights = bootstrap_weights(n, percentile);
                assert_eq!(weights.len(), n);
                assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{n} {percentile}: {weights:?}");
                assert!(weights.iter().all(|weight| (0.0..=1.0).contains(weight)));
            }
        }
        // Of two values, the smaller of two draws is the larger one in a quarter of all samples.
        let weights = bootstrap_weights(2, 10.0);
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
        let exact: f64 = sorted.iter().zip(bootstrap_weights(n, 10.0)).map(|(value, weight)| value * weight).sum();
        assert!((sum / f64::from(replicates) - exact).abs() < 0.02, "{} {exact}", sum / f64::from(replicates));
    }

    #[test]
    fn cohens_d_is_cellxgenes() {
        // As CELLxGENE computes it, from sums.
        let spread = |values: &[f64]| {
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
            (n, Spread { mean, scatter: (n - 1.0) * variance })
        };
        let (a, b) = ([1.0, 2.0, 4.0], [0.0, 0.0, 3.0, 1.0]);
        let of = |values: &[f64]| {
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            (n, mean, values.iter().map(|value| value * value).sum::<f64>() / n - mean * mean)
        };
        let ((n1, m1, v1), (n2, m2, v2)) = (of(&a), of(&b));
        let expected = (m1 - m2) / (((n1 - 1.0) * v1 + (n2 - 1.0) * v2) / (n1 + n2 - 1.0)).sqrt();
        assert!((cohens_d(spread(&a), spread(&b)) - expected).abs() < 1e-12);
        assert_eq!(cohens_d(spread(&[1.0, 1.0]), spread(&[1.0, 1.0])), 0.0);
        assert_eq!(cohens_d(spread(&[2.0, 2.0]), spread(&[1.0, 1.0])), f64::INFINITY);
    }
}
