//! Searching the texts of datasets: by words, parts of words, and words that are spelled almost so.

use std::collections::HashMap;

use fixedbitset::FixedBitSet;

use super::{genes::FoundGenes, text::words_of};

/// The words of all datasets, and which datasets have each.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    words: HashMap<String, FixedBitSet>,
    n_datasets: usize,
}

impl Words {
    /// No words, of so many datasets.
    pub(super) fn new(n_datasets: usize) -> Self {
        Self { words: HashMap::new(), n_datasets }
    }

    /// Takes up the words of a text that one dataset has.
    pub(super) fn insert(&mut self, text: &str, dataset: u32) {
        for word in words_of(text) {
            self.datasets_of(word).insert(dataset as usize);
        }
    }

    /// Takes up the words of a text that several datasets have: most have labels in common, so that this is quicker than
    /// dataset after dataset.
    pub(super) fn insert_all(&mut self, text: &str, datasets: &FixedBitSet) {
        for word in words_of(text) {
            self.datasets_of(word).union_with(datasets);
        }
    }

    fn datasets_of(&mut self, word: String) -> &mut FixedBitSet {
        let n_datasets = self.n_datasets;
        self.words.entry(word).or_insert_with(|| FixedBitSet::with_capacity(n_datasets))
    }

    /// The datasets that have every word of a query, a word that contains it, or the gene of that name. Where there is
    /// neither, those that have a word that is spelled almost so. An empty query asks for nothing: `None`.
    pub(super) fn search(&self, query: &str, genes: &FoundGenes) -> Option<FixedBitSet> {
        words_of(query).map(|word| self.with_word(&word, genes)).reduce(|mut all, found| {
            all.intersect_with(&found);
            all
        })
    }

    fn with_word(&self, wanted: &str, genes: &FoundGenes) -> FixedBitSet {
        let union = |is_meant: &dyn Fn(&str) -> bool| -> FixedBitSet {
            let mut found = FixedBitSet::with_capacity(self.n_datasets);
            for (_, datasets) in self.words.iter().filter(|(word, _)| is_meant(word)) {
                found.union_with(datasets);
            }
            found
        };
        let mut found = union(&|word| word.contains(wanted));
        if let Some(gene) = genes.get(wanted) {
            found.extend(gene.datasets().map(|dataset| dataset as usize).filter(|&dataset| dataset < self.n_datasets));
        }
        let most = slips(wanted);
        if !found.is_clear() || most == 0 {
            return found;
        }
        let n_chars = wanted.chars().count();
        union(&|word| word.chars().count().abs_diff(n_chars) <= most && strsim::osa_distance(word, wanted) <= most)
    }
}

/// How many letters of a word may be wrong, missing, too many or exchanged with the next. None in an accession: another
/// number is another study.
fn slips(word: &str) -> usize {
    if word.contains(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    match word.chars().count() {
        0..=4 => 0,
        5..=8 => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(query: &str) -> Option<Vec<u32>> {
        let texts = [
            (0, "Cells of the adult human lung (Travaglini et al., 2020) GSE123456"),
            (1, "CD4+ T cells in melanoma; 10x 3' v3"),
            (2, "Fetal liver haematopoiesis 10.1038/s41586-019-1652-y"),
        ];
        let mut words = Words::new(texts.len());
        texts.iter().for_each(|(dataset, text)| words.insert(text, *dataset));
        let found = words.search(query, &FoundGenes::default());
        found.map(|found| found.ones().map(|dataset| dataset as u32).collect())
    }

    #[test]
    fn every_word_must_be_there() {
        assert_eq!(found("cells"), Some(vec![0, 1]));
        assert_eq!(found("cells LUNG"), Some(vec![0]));
        assert_eq!(found("cells brain"), Some(vec![]));
        assert_eq!(found(" ( ) "), None);
    }

    #[test]
    fn parts_and_marks_are_found() {
        assert_eq!(found("travag"), Some(vec![0]));
        assert_eq!(found("cd4+"), Some(vec![1]));
        assert_eq!(found("10x 3'"), Some(vec![1]));
        assert_eq!(found("s41586-019-1652-y"), Some(vec![2]));
    }

    #[test]
    fn slips_are_forgiven_but_not_in_accessions() {
        assert_eq!(found("melamoma"), Some(vec![1]));
        assert_eq!(found("hematopoiesis"), Some(vec![2]));
        assert_eq!(found("travalgini"), Some(vec![0]));
        assert_eq!(found("gse123456"), Some(vec![0]));
        assert_eq!(found("gse123465"), Some(vec![]));
        assert_eq!(found("lunk"), Some(vec![]));
    }

    proptest! {
        #[test]
        fn every_dataset_is_found_by_its_words(texts in prop::collection::vec("[a-zé0-9+ ,]{0,20}", 1..8)) {
            let mut words = Words::new(texts.len());
            (0..).zip(&texts).for_each(|(dataset, text)| words.insert(text, dataset));
            for (dataset, text) in texts.iter().enumerate() {
                if let Some(found) = words.search(text, &FoundGenes::default()) {
                    prop_assert!(found.contains(dataset));
                }
            }
        }
    }
}
