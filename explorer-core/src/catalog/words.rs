//! Searching the texts of datasets: by words, parts of words, and words that are spelled almost so.

use std::collections::HashMap;

use roaring::RoaringBitmap;

/// The words of all datasets, and which datasets have each.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    words: Vec<(String, RoaringBitmap)>,
}

impl Words {
    /// The words of these texts: of each dataset, by its number.
    pub(super) fn of<'a>(texts: impl IntoIterator<Item = (u32, &'a str)>) -> Self {
        let mut words: HashMap<String, RoaringBitmap> = HashMap::new();
        for (dataset, text) in texts {
            for word in words_of(text) {
                words.entry(word).or_default().insert(dataset);
            }
        }
        Self { words: words.into_iter().collect() }
    }

    /// The datasets that have every word of a query, or a word that contains it. Where no dataset has a word, those that
    /// have one spelled almost so. An empty query asks for nothing: `None`.
    pub(super) fn search(&self, query: &str) -> Option<RoaringBitmap> {
        words_of(query).map(|word| self.with_word(&word)).reduce(|all, found| all & found)
    }

    fn with_word(&self, wanted: &str) -> RoaringBitmap {
        let union = |is_meant: &dyn Fn(&str) -> bool| -> RoaringBitmap {
            let mut found = RoaringBitmap::new();
            for (_, datasets) in self.words.iter().filter(|(word, _)| is_meant(word)) {
                found |= datasets;
            }
            found
        };
        let found = union(&|word| word.contains(wanted));
        let most = slips(wanted);
        if !found.is_empty() || most == 0 {
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

/// What stands between spaces and brackets, in lower case. Marks within a word belong to it: `10x`, `3'`, `CD4+`,
/// `10.1038/s41586`.
fn words_of(text: &str) -> impl Iterator<Item = String> {
    let lower = text.to_lowercase();
    let is_between = |c: char| c.is_whitespace() || "()[]{}\"“”,;".contains(c);
    let words: Vec<String> = lower
        .split(is_between)
        .map(|word| word.trim_end_matches(['.', ':']))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    words.into_iter()
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
        Words::of(texts).search(query).map(|found| found.iter().collect())
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
            let words = Words::of((0..).zip(texts.iter().map(String::as_str)));
            for (dataset, text) in (0..).zip(&texts) {
                if let Some(found) = words.search(text) {
                    prop_assert!(found.contains(dataset));
                }
            }
        }
    }
}
