//! Ranked enrichment: gene set enrichment analysis of a ranking (GSEA, preranked).
//!
//! The enrichment score is that of Subramanian et al. (*PNAS* 102, 15545, 2005) with weight 1, as gseapy's `prerank`. Its
//! p-value is by random sets of as many genes of the same ranking; sets of one size share them, and the generator's seed
//! is fixed, so that the same ranking gives the same numbers everywhere.

use super::random::Random;
use crate::{
    data::GeneIdx,
    de::{Adjustment, adjust_with_log10},
    sorting::{map_of, sort_by},
};

/// How sets are tested against a ranking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrerankOptions {
    /// Sets with fewer genes in the ranking are left out.
    pub least_genes: usize,
    /// Sets with more are left out.
    pub most_genes: usize,
    /// Random sets of each size.
    pub n_permutations: u32,
}

impl Default for PrerankOptions {
    /// As gseapy.
    fn default() -> Self {
        Self { least_genes: 15, most_genes: 500, n_permutations: 1000 }
    }
}

/// One set of genes against the ranking.
#[derive(Clone, Debug, PartialEq)]
pub struct RankedEnrichment {
    /// The number of the set.
    pub set: usize,
    /// Genes of the set in the ranking.
    pub n_genes: usize,
    /// Enrichment score, −1 to 1: positive where the set's genes are near the top.
    pub score: f64,
    /// The score over the mean of random sets' scores of its sign; 0 where no random set has one.
    pub normalized_score: f64,
    /// `(1 + b) / (1 + m)`: of `m` random sets with a score of its sign, `b` are as far from 0 or farther. Never 0.
    pub pval: f64,
    /// Adjusted over the sets that were tested.
    pub pval_adj: f64,
    /// The genes up to where the running sum is farthest from 0, from the nearer end of the ranking.
    pub leading_edge: Vec<GeneIdx>,
}

/// A ranking: genes by falling score; equal scores by number.
#[derive(Clone, Debug)]
pub struct Ranking {
    genes: Vec<GeneIdx>,
    weights: Vec<f64>,
    /// Of each gene, its place; `u32::MAX` for genes that are not ranked.
    places: Vec<u32>,
}

impl Ranking {
    /// Of the genes whose score is a finite number.
    pub fn new(scores: &[f64]) -> Self {
        let mut genes: Vec<GeneIdx> =
            (0..).zip(scores).filter(|(_, score)| score.is_finite()).map(|(gene, _)| GeneIdx(gene)).collect();
        let score = |gene: &GeneIdx| scores[gene.0 as usize];
        genes.sort_by(|a, b| score(b).total_cmp(&score(a)));
        let mut places = vec![u32::MAX; scores.len()];
        for (place, gene) in (0..).zip(&genes) {
            places[gene.0 as usize] = place;
        }
        Self { weights: genes.iter().map(|gene| score(gene).abs()).collect(), genes, places }
    }

    /// Number of genes.
    pub fn len(&self) -> usize {
        self.genes.len()
    }

    /// Whether no gene is ranked.
    pub fn is_empty(&self) -> bool {
        self.genes.is_empty()
    }

    /// The places of a set's genes, ascending, each once.
    fn places_of(&self, set: &[GeneIdx]) -> Vec<u32> {
        let mut places: Vec<u32> = set
            .iter()
            .filter_map(|gene| self.places.get(gene.0 as usize).copied())
            .filter(|&place| place != u32::MAX)
            .collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// The running sum where it is farthest from 0, and how many of the places are up to there.
    fn extreme(&self, places: &[u32]) -> (f64, usize) {
        let total: f64 = places.iter().map(|&place| self.weights[place as usize]).sum();
        let n_misses = (self.len() - places.len()) as f64;
        let (mut highest, mut lowest) = ((0.0, 0), (0.0, 0));
        let mut sum = 0.0;
        for (n_hits, &place) in places.iter().enumerate() {
            let missed = (place as usize - n_hits) as f64 / n_misses;
            // The sum is least before a hit and greatest after one.
            if sum - missed < lowest.0 {
                lowest = (sum - missed, n_hits);
            }
            sum += if total > 0.0 { self.weights[place as usize] / total } else { 1.0 / places.len() as f64 };
            if sum - missed > highest.0 {
                highest = (sum - missed, n_hits + 1);
            }
        }
        if highest.0 >= -lowest.0 { highest } else { lowest }
    }

    /// The scores of random sets of one size.
    fn null(&self, n_genes: usize, n_permutations: u32) -> Null {
        let mut random = Random::new(n_genes as u64);
        let mut scores: Vec<f64> =
            (0..n_permutations).map(|_| self.extreme(&random.some_of(n_genes, self.len())).0).collect();
        scores.sort_unstable_by(f64::total_cmp);
        Null(scores)
    }
}

/// Scores of random sets, ascending.
struct Null(Vec<f64>);

impl Null {
    /// The normalized score and the p-value of a score.
    fn judge(&self, score: f64) -> (f64, f64) {
        let first_positive = self.0.partition_point(|&other| other < 0.0);
        let (below, above) = self.0.split_at(first_positive);
        let (same_sign, n_beyond) = if score >= 0.0 {
            (above, above.len() - above.partition_point(|&other| other < score))
        } else {
            (below, below.partition_point(|&other| other <= score))
        };
        let mean = same_sign.iter().map(|other| other.abs()).sum::<f64>() / same_sign.len() as f64;
        let normalized = if mean > 0.0 { score / mean } else { 0.0 };
        (normalized, (1 + n_beyond) as f64 / (1 + same_sign.len()) as f64)
    }
}

/// Tests sets of genes against a ranking; those with too few or too many genes in it, or with all of it, are left out. By
/// p-value, then by the size of the normalized score.
pub fn prerank(ranking: &Ranking, sets: &[Vec<GeneIdx>], options: PrerankOptions) -> Vec<RankedEnrichment> {
    let sizes = options.least_genes.max(1)..=options.most_genes.min(ranking.len().saturating_sub(1));
    let places: Vec<Vec<u32>> = sets.iter().map(|set| ranking.places_of(set)).collect();
    let tested: Vec<usize> = (0..sets.len()).filter(|&set| sizes.contains(&places[set].len())).collect();
    let mut nulls = map_of(tested.iter().map(|&set| (places[set].len(), None)));
    for (&n_genes, null) in &mut nulls {
        *null = Some(ranking.null(n_genes, options.n_permutations));
    }
    let mut found: Vec<RankedEnrichment> = Vec::with_capacity(tested.len());
    for set in tested {
        let places = &places[set];
        let (score, n_before) = ranking.extreme(places);
        let null = nulls.get(&places.len()).and_then(Option::as_ref);
        let (normalized_score, pval) = null.map_or((0.0, 1.0), |null| null.judge(score));
        let edge: Vec<u32> =
            if score >= 0.0 { places[..n_before].to_vec() } else { places[n_before..].iter().rev().copied().collect() };
        let leading_edge = edge.into_iter().map(|place| ranking.genes[place as usize]).collect();
        found.push(RankedEnrichment {
            set,
            n_genes: places.len(),
            score,
            normalized_score,
            pval,
            pval_adj: 1.0,
            leading_edge,
        });
    }
    let pvals: Vec<f64> = found.iter().map(|set| set.pval).collect();
    let log10_pvals: Vec<f64> = pvals.iter().map(|&p| libm::log10(p)).collect();
    let [adjusted, _] = adjust_with_log10(&pvals, &log10_pvals, Adjustment::BenjaminiHochberg);
    found.iter_mut().zip(adjusted).for_each(|(set, adjusted)| set.pval_adj = adjusted);
    let size = |set: &RankedEnrichment| set.normalized_score.abs();
    sort_by(&mut found, |a, b| a.pval.total_cmp(&b.pval).then(size(b).total_cmp(&size(a))));
    found
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    /// The running sum, gene by gene.
    fn by_walking(ranking: &Ranking, set: &[u32]) -> f64 {
        let total: f64 = set.iter().map(|&place| ranking.weights[place as usize]).sum();
        let n_misses = (ranking.len() - set.len()) as f64;
        let (mut sum, mut highest, mut lowest) = (0.0f64, 0.0f64, 0.0f64);
        for place in 0..ranking.len() as u32 {
            sum += if set.contains(&place) { ranking.weights[place as usize] / total } else { -1.0 / n_misses };
            highest = highest.max(sum);
            lowest = lowest.min(sum);
        }
        if highest >= -lowest - 1e-12 { highest } else { lowest }
    }

    proptest! {
        #[test]
        fn the_score_is_the_extreme_of_the_running_sum(
            scores in vec(-5.0f64..5.0, 3..60),
            picks in vec(any::<prop::sample::Index>(), 1..20),
        ) {
            let ranking = Ranking::new(&scores);
            let set: Vec<GeneIdx> = picks.iter().map(|pick| GeneIdx(pick.index(scores.len()) as u32)).collect();
            let places = ranking.places_of(&set);
            prop_assume!(places.len() < scores.len());
            let (score, n_before) = ranking.extreme(&places);
            let expected = by_walking(&ranking, &places);
            prop_assert!((score.abs() - expected.abs()).abs() < 1e-9, "{score} {expected}");
            prop_assert!(n_before <= places.len() && score.abs() <= 1.0 + 1e-12);
        }
    }

    #[test]
    fn sets_at_the_ends_stand_out_and_others_do_not() {
        let scores: Vec<f64> = (0..1000).map(|gene| f64::from(500 - gene) / 100.0 + 0.001).collect();
        let genes = |range: std::ops::Range<u32>, step| range.step_by(step).map(GeneIdx).collect::<Vec<_>>();
        let sets = [genes(0..20, 1), genes(980..1000, 1), genes(0..1000, 50), genes(0..3, 1)];
        let found = prerank(&Ranking::new(&scores), &sets, PrerankOptions::default());
        let of = |set: usize| found.iter().find(|found| found.set == set);
        assert!(of(3).is_none(), "a set of three genes is too small");
        let (top, bottom, even) = (of(0).unwrap(), of(1).unwrap(), of(2).unwrap());
        assert_eq!((top.score, top.leading_edge.as_slice()), (1.0, sets[0].as_slice()));
        assert!(bottom.score < -0.99 && bottom.normalized_score < -2.0 && bottom.leading_edge[0] == GeneIdx(999));
        assert!(top.pval < 0.01 && bottom.pval < 0.01 && even.pval > 0.05, "{found:?}");
        assert!(top.pval_adj >= top.pval && top.pval > 0.0);
        assert_eq!(found, prerank(&Ranking::new(&scores), &sets, PrerankOptions::default()));
    }

    #[test]
    fn turned_round_scores_turn_the_answer_round() {
        let scores: Vec<f64> = (0..200).map(|gene| f64::from((gene * 37) % 200) / 10.0 - 9.95).collect();
        let turned: Vec<f64> = scores.iter().map(|score| -score).collect();
        let set: Vec<GeneIdx> = (0..200).step_by(9).map(GeneIdx).collect();
        let of = |scores: &[f64]| {
            let ranking = Ranking::new(scores);
            ranking.extreme(&ranking.places_of(&set)).0
        };
        assert!((of(&scores) + of(&turned)).abs() < 1e-12);
    }
}
