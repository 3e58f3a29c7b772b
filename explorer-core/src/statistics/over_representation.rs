//! Over-representation: whether more genes of a set are among some genes than chance would bring there.

use std::f64::consts::LN_10;

use super::Hypergeometric;
use crate::{
    data::GeneIdx,
    de::{Adjustment, adjust_with_log10},
};

/// One set of genes among some of those tested.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OverRepresentation {
    /// Genes of the set that were tested.
    pub n_genes: usize,
    /// Those of them that are among the chosen, in the order of the set.
    pub hits: Vec<GeneIdx>,
    /// How many would be by chance: `n_genes · n_chosen / n_tested`.
    pub expected: f64,
    /// One-sided p-value of the hypergeometric test: of as many hits or more.
    pub pval: f64,
    /// Its decimal logarithm, which does not underflow.
    pub log10_pval: f64,
    /// Adjusted over the sets of which a gene was tested; 1 for others.
    pub pval_adj: f64,
    /// Its decimal logarithm.
    pub log10_pval_adj: f64,
}

impl OverRepresentation {
    /// How many times as many hits there are as by chance; `None` where none was to be expected.
    pub fn fold(&self) -> Option<f64> {
        (self.expected > 0.0).then(|| self.hits.len() as f64 / self.expected)
    }
}

/// Tests sets of genes, one after the other. The universe is the genes tested: those for which `is_tested`, one per gene;
/// `is_chosen` of others counts as false. A gene counts once in a set.
///
/// scipy's `hypergeom.sf(hits − 1, tested, of the set, chosen)`, as gseapy's `enrich` with the genes tested for
/// background; the adjustment is over all sets with a gene tested, of which gseapy leaves out those without a hit.
///
/// # Panics
/// When the two are not of as many genes, or a set names a gene past them.
pub fn over_representation(
    sets: &[Vec<GeneIdx>],
    is_tested: &[bool],
    is_chosen: &[bool],
    adjustment: Adjustment,
) -> Vec<OverRepresentation> {
    assert_eq!(is_tested.len(), is_chosen.len(), "one per gene");
    let is_hit = |gene: usize| is_tested[gene] && is_chosen[gene];
    let n_tested = is_tested.iter().filter(|&&is_tested| is_tested).count() as u64;
    let n_chosen = (0..is_tested.len()).filter(|&gene| is_hit(gene)).count() as u64;
    let mut seen = vec![false; is_tested.len()];
    let mut found: Vec<OverRepresentation> = Vec::with_capacity(sets.len());
    for set in sets {
        let mut genes: Vec<GeneIdx> = Vec::with_capacity(set.len());
        for &gene in set.iter().filter(|gene| is_tested[gene.0 as usize]) {
            if !std::mem::replace(&mut seen[gene.0 as usize], true) {
                genes.push(gene);
            }
        }
        genes.iter().for_each(|gene| seen[gene.0 as usize] = false);
        let hits: Vec<GeneIdx> = genes.iter().copied().filter(|gene| is_hit(gene.0 as usize)).collect();
        let test = Hypergeometric::new(n_tested, genes.len() as u64, n_chosen);
        let ln_p = test.map_or(0.0, |test| test.ln_at_least(hits.len() as u64));
        found.push(OverRepresentation {
            n_genes: genes.len(),
            expected: genes.len() as f64 * n_chosen as f64 / n_tested.max(1) as f64,
            hits,
            pval: libm::exp(ln_p),
            log10_pval: ln_p / LN_10,
            pval_adj: 1.0,
            log10_pval_adj: 0.0,
        });
    }
    let mut tested: Vec<&mut OverRepresentation> = found.iter_mut().filter(|set| set.n_genes > 0).collect();
    let pvals: Vec<f64> = tested.iter().map(|set| set.pval).collect();
    let log10_pvals: Vec<f64> = tested.iter().map(|set| set.log10_pval).collect();
    let [adjusted, log10_adjusted] = adjust_with_log10(&pvals, &log10_pvals, adjustment);
    for (set, (adjusted, log10_adjusted)) in tested.iter_mut().zip(adjusted.into_iter().zip(log10_adjusted)) {
        (set.pval_adj, set.log10_pval_adj) = (adjusted, log10_adjusted);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn genes(numbers: &[u32]) -> Vec<GeneIdx> {
        numbers.iter().copied().map(GeneIdx).collect()
    }

    #[test]
    fn only_genes_that_were_tested_count_and_each_once() {
        let mut is_tested = vec![true; 21];
        is_tested[20] = false;
        let is_chosen: Vec<bool> = (0..21).map(|gene| gene < 5 || gene == 20).collect();
        let sets = [genes(&[0, 1, 2, 2, 9, 20]), genes(&[20]), genes(&[10, 11])];
        let found = over_representation(&sets, &is_tested, &is_chosen, Adjustment::BenjaminiHochberg);
        assert_eq!((found[0].n_genes, found[0].hits.as_slice()), (4, &genes(&[0, 1, 2])[..]));
        assert_eq!((found[0].expected, found[0].fold()), (1.0, Some(3.0)));
        // scipy.stats.hypergeom.sf(2, 20, 4, 5): 155 / 4845.
        assert!((found[0].pval - 155.0 / 4845.0).abs() < 1e-13, "{}", found[0].pval);
        assert!((found[0].pval_adj - 2.0 * found[0].pval).abs() < 1e-13);
        assert_eq!((found[1].n_genes, found[1].pval, found[1].pval_adj, found[1].fold()), (0, 1.0, 1.0, None));
        assert_eq!((found[2].hits.len(), found[2].pval), (0, 1.0));
    }
}
