//! Scores of gene sets as scanpy's `score_genes` (Satija et al. 2015): the mean of the set's genes less that of control
//! genes of like expression.

use std::collections::BTreeSet;

use super::random::Random;
use crate::{data::GeneIdx, sorting::set_of};

/// How control genes are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScoreOptions {
    /// Control genes of each bin that holds a gene of the set.
    pub n_controls: usize,
    /// Bins of expression, less one.
    pub n_bins: usize,
    /// Other seeds choose others.
    pub seed: u64,
}

impl Default for ScoreOptions {
    /// As scanpy.
    fn default() -> Self {
        Self { n_controls: 50, n_bins: 25, seed: 0 }
    }
}

/// No gene is left to compare a set with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no gene outside of the set is expressed like one of its genes, so that there is nothing to compare it with")]
pub struct NoControls;

/// The control genes of a set, ascending: from every bin of expression that holds one of its genes so many others at random, or all that
/// there are. `means` are those of all genes over all cells.
///
/// Bins are scanpy's: the rank of a gene's mean (from 1; equal means have the least of theirs) over
/// `round(genes / (bins − 1))`, rounded down. The generator is another one, so that the same options choose other genes;
/// given the same control genes, scores are equal.
///
/// # Errors
/// [`NoControls`].
///
/// # Panics
/// When the set names a gene past the means.
pub fn control_genes(means: &[f64], set: &[GeneIdx], options: ScoreOptions) -> Result<Vec<GeneIdx>, NoControls> {
    let mut sorted: Vec<f64> = means.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let n_items = (means.len() as f64 / (options.n_bins.max(2) - 1) as f64).round_ties_even().max(1.0) as usize;
    let bin_of = |gene: usize| (sorted.partition_point(|&mean| mean < means[gene]) + 1) / n_items;
    let bins: BTreeSet<usize> = set_of(set.iter().map(|gene| bin_of(gene.0 as usize)));
    let mut is_in_set = vec![false; means.len()];
    set.iter().for_each(|gene| is_in_set[gene.0 as usize] = true);
    let mut random = Random::new(options.seed);
    let mut controls = Vec::new();
    for bin in bins {
        let like: Vec<usize> = (0..means.len()).filter(|&gene| !is_in_set[gene] && bin_of(gene) == bin).collect();
        let picks = random.some_of(options.n_controls, like.len());
        controls.extend(picks.into_iter().map(|pick| GeneIdx(like[pick as usize] as u32)));
    }
    controls.sort_unstable();
    if controls.is_empty() { Err(NoControls) } else { Ok(controls) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_expressed_like_the_set_and_none_of_it() {
        let means: Vec<f64> = (0..1000).map(|gene| f64::from((gene * 7) % 1000)).collect();
        let set = [GeneIdx(3), GeneIdx(400), GeneIdx(401)];
        let controls = control_genes(&means, &set, ScoreOptions { n_controls: 10, ..ScoreOptions::default() }).unwrap();
        // Bins of round(1000 / 24) = 42 genes; means 21, 800 and 807 are ranks 22, 801 and 808, in two bins.
        assert_eq!(controls.len(), 20);
        for control in &controls {
            assert!(!set.contains(control));
            let rank = means[control.0 as usize] as usize + 1;
            assert!([0, 801 / 42].contains(&(rank / 42)), "{rank}");
        }
        let other = control_genes(&means, &set, ScoreOptions { n_controls: 10, seed: 1, ..ScoreOptions::default() });
        assert_ne!(other, Ok(controls));
    }

    #[test]
    fn few_genes_are_all_controls_or_there_are_none() {
        let means = [0.0, 0.0, 0.0, 1.0];
        assert_eq!(control_genes(&means, &[GeneIdx(1)], ScoreOptions::default()), Ok(vec![GeneIdx(0), GeneIdx(2)]));
        assert_eq!(control_genes(&means, &[GeneIdx(3)], ScoreOptions::default()), Err(NoControls));
    }
}
