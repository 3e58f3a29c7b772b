//! Which datasets measured which genes.
//!
//! A gene that a dataset does not have says nothing of its cells: they are no cells that do not express it. What is told of
//! a gene is of the cells that measured it.

use std::collections::BTreeMap;

use crate::Sums;

/// Cells of a set, by the numbers of the datasets that they are of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cells {
    /// Ascending.
    of_datasets: Vec<(u32, u64)>,
}

impl Cells {
    /// So many cells of one dataset.
    pub fn of(dataset: u32, n_cells: u64) -> Self {
        Self { of_datasets: vec![(dataset, n_cells)] }
    }

    /// How many they are.
    pub fn n(&self) -> u64 {
        self.of_datasets.iter().map(|(_, n_cells)| n_cells).sum()
    }
}

impl Sums for Cells {
    fn add(&mut self, other: &Self) {
        for &(dataset, n_cells) in &other.of_datasets {
            match self.of_datasets.binary_search_by_key(&dataset, |of| of.0) {
                Ok(at) => self.of_datasets[at].1.add(&n_cells),
                Err(at) => self.of_datasets.insert(at, (dataset, n_cells)),
            }
        }
    }

    fn subtract(&mut self, other: &Self) {
        for &(dataset, n_cells) in &other.of_datasets {
            if let Ok(at) = self.of_datasets.binary_search_by_key(&dataset, |of| of.0) {
                self.of_datasets[at].1.subtract(&n_cells);
            }
        }
    }
}

/// Which datasets have which genes. Genes that the same datasets have share a *pattern*, of which there are few.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    pattern_of: Vec<u32>,
    /// Bits of datasets, the lowest of a byte first; none: all datasets.
    patterns: Vec<Option<Vec<u8>>>,
}

impl Coverage {
    /// All datasets have each of so many genes.
    pub fn whole(n_genes: usize) -> Self {
        Self { pattern_of: vec![0; n_genes], patterns: vec![None] }
    }

    /// From the pattern of every gene, and of every pattern the datasets among so many, as bits.
    ///
    /// # Panics
    /// When a gene has a pattern that there is not.
    pub fn new(pattern_of: Vec<u32>, patterns: Vec<Vec<u8>>, n_datasets: usize) -> Self {
        assert!(pattern_of.iter().all(|&pattern| (pattern as usize) < patterns.len()), "every gene has a pattern");
        let is_whole = |bits: &Vec<u8>| (0..n_datasets).all(|dataset| has(bits, dataset));
        let patterns = patterns.into_iter().map(|bits| if is_whole(&bits) { None } else { Some(bits) }).collect();
        Self { pattern_of, patterns }
    }

    /// From the datasets, among so many, that each gene is in, as bits. Patterns are in the order of their first genes.
    pub fn of_genes(genes: impl IntoIterator<Item = Vec<u8>>, n_datasets: usize) -> Self {
        let mut numbers: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
        let mut number = |bits: Vec<u8>| {
            let next = numbers.len() as u32;
            *numbers.entry(bits).or_insert(next)
        };
        let pattern_of: Vec<u32> = genes.into_iter().map(&mut number).collect();
        let mut patterns = vec![Vec::new(); numbers.len()];
        numbers.into_iter().for_each(|(bits, number)| patterns[number as usize] = bits);
        Self::new(pattern_of, patterns, n_datasets)
    }

    /// How many patterns there are.
    pub fn n_patterns(&self) -> usize {
        self.patterns.len()
    }

    /// The pattern of every gene.
    pub fn pattern_of(&self) -> &[u32] {
        &self.pattern_of
    }

    /// Bytes of bits that tell the datasets of a pattern, of so many.
    ///
    /// # Panics
    /// When there is no such pattern, as in all that follows.
    pub fn bits(&self, pattern: u32, n_datasets: usize) -> Vec<u8> {
        match &self.patterns[pattern as usize] {
            Some(bits) => bits.clone(),
            None => bits_of(0..n_datasets, n_datasets),
        }
    }

    /// Whether all datasets have the genes of a pattern.
    pub fn is_whole(&self, pattern: u32) -> bool {
        self.patterns[pattern as usize].is_none()
    }

    /// Whether a dataset has the genes of a pattern.
    pub fn has(&self, pattern: u32, dataset: u32) -> bool {
        self.patterns[pattern as usize].as_ref().is_none_or(|bits| has(bits, dataset as usize))
    }

    /// How many of some cells measured the genes of a pattern.
    pub fn n_measured(&self, pattern: u32, cells: &Cells) -> u64 {
        let measured = cells.of_datasets.iter().filter(|(dataset, _)| self.has(pattern, *dataset));
        measured.map(|(_, n_cells)| n_cells).sum()
    }

    /// The same of some genes, by their numbers, which come to be numbered in this order.
    #[must_use]
    pub fn of_some(&self, genes: impl IntoIterator<Item = u32>) -> Self {
        let pattern_of = genes.into_iter().map(|gene| self.pattern_of[gene as usize]).collect();
        Self { pattern_of, patterns: self.patterns.clone() }
    }

    /// The genes of each pattern that has some, ascending.
    pub fn genes_by_pattern(&self) -> BTreeMap<u32, Vec<u32>> {
        let mut genes: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (gene, &pattern) in (0..).zip(&self.pattern_of) {
            genes.entry(pattern).or_default().push(gene);
        }
        genes
    }

    /// The genes that the same numbers of several sets of cells measured, with those numbers.
    pub fn genes_by_measured(&self, sets: &[&Cells]) -> BTreeMap<Vec<u64>, Vec<u32>> {
        let mut genes: BTreeMap<Vec<u64>, Vec<u32>> = BTreeMap::new();
        for (pattern, of_pattern) in self.genes_by_pattern() {
            let measured = sets.iter().map(|cells| self.n_measured(pattern, cells)).collect();
            genes.entry(measured).or_default().extend(of_pattern);
        }
        genes.values_mut().for_each(|genes| genes.sort_unstable());
        genes
    }
}

/// Some datasets, of so many, as bits.
pub fn bits_of(datasets: impl IntoIterator<Item = usize>, n_datasets: usize) -> Vec<u8> {
    let mut bits = vec![0; n_datasets.div_ceil(8)];
    datasets.into_iter().for_each(|dataset| bits[dataset / 8] |= 1 << (dataset % 8));
    bits
}

fn has(bits: &[u8], dataset: usize) -> bool {
    bits.get(dataset / 8).is_some_and(|byte| byte >> (dataset % 8) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn cells_that_measured_a_gene_are_those_of_datasets_that_have_it(
            genes in prop::collection::vec(prop::collection::btree_set(0_usize..11, 0..11), 1..9),
            cells in prop::collection::vec((0_u32..11, 1_u64..9), 0..20),
        ) {
            let coverage = Coverage::of_genes(genes.iter().map(|of| bits_of(of.iter().copied(), 11)), 11);
            prop_assert_eq!(coverage.n_patterns(), genes.iter().collect::<BTreeSet<_>>().len());
            let mut all = Cells::default();
            cells.iter().for_each(|&(dataset, n)| all.add(&Cells::of(dataset, n)));
            prop_assert_eq!(all.n(), cells.iter().map(|(_, n)| n).sum::<u64>());
            for (of_gene, &pattern) in genes.iter().zip(coverage.pattern_of()) {
                let measured = cells.iter().filter(|(dataset, _)| of_gene.contains(&(*dataset as usize)));
                prop_assert_eq!(coverage.n_measured(pattern, &all), measured.map(|(_, n)| n).sum::<u64>());
                prop_assert_eq!(coverage.is_whole(pattern), of_gene.len() == 11);
                prop_assert_eq!(coverage.bits(pattern, 11), bits_of(of_gene.iter().copied(), 11));
            }
            let measured = coverage.genes_by_measured(&[&all]);
            prop_assert_eq!(measured.values().flatten().copied().collect::<BTreeSet<_>>().len(), genes.len());
            let mut none = all.clone();
            none.subtract(&all);
            prop_assert_eq!(none.n(), 0);
        }
    }

    #[test]
    fn whole_coverage_counts_every_cell() {
        let coverage = Coverage::whole(3);
        assert_eq!((coverage.n_measured(0, &Cells::of(7, 5)), coverage.n_patterns()), (5, 1));
        assert_eq!(coverage.of_some([2, 0]).pattern_of(), [0, 0]);
    }
}
