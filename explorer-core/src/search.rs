//! Finding genes: by symbol or id, exactly, by their beginning, or roughly.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::data::GeneIdx;

/// The genes of a layer, ready to be searched.
#[derive(Clone, Debug, Default)]
pub struct GeneIndex {
    /// One a gene: what it is called, lower case.
    symbols: Vec<String>,
    /// One a gene, lower case; empty where genes have no other name than their id.
    ids: Vec<String>,
    /// Symbols and ids as written, symbols first where they clash.
    exact: HashMap<String, GeneIdx>,
    /// Symbols and ids in lower case, and ids without their version.
    folded: HashMap<String, GeneIdx>,
}

/// A gene that a search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The gene.
    pub gene: GeneIdx,
    /// How well it fits.
    pub fit: Fit,
}

/// How well a gene fits a query, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// Symbol or id is the query, in any case.
    Exact,
    /// The symbol begins with it.
    SymbolPrefix,
    /// The id begins with it.
    IdPrefix,
    /// The symbol contains it.
    Within,
    /// The symbol holds its letters in order.
    Fuzzy,
    /// The id contains it.
    WithinId,
}

/// What a pasted list of genes comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GeneList {
    /// The genes, in the list's order, each once.
    pub genes: Vec<GeneIdx>,
    /// The names that no gene has, in the list's order, each once.
    pub unknown: Vec<String>,
}

impl GeneIndex {
    /// An index over genes in layer order, from their ids and, where there are any, symbols (as
    /// many).
    pub fn new(ids: &[String], symbols: Option<&[String]>) -> Self {
        let fold = |names: &[String]| names.iter().map(|name| name.to_lowercase()).collect::<Vec<_>>();
        let mut index = Self::default();
        // Where names clash, the first of them: symbols before ids, denser genes first.
        for names in symbols.into_iter().chain([ids]) {
            for (gene, name) in names.iter().enumerate() {
                let gene = GeneIdx(gene as u32);
                let folded = name.to_lowercase();
                if let Some(stem) = without_version(&folded) {
                    index.folded.entry(stem.to_owned()).or_insert(gene);
                }
                index.folded.entry(folded).or_insert(gene);
                index.exact.entry(name.clone()).or_insert(gene);
            }
        }
        (index.symbols, index.ids) = match symbols {
            Some(symbols) => (fold(symbols), fold(ids)),
            None => (fold(ids), Vec::new()),
        };
        index
    }

    /// The gene of this symbol or id; case matters only where it tells two genes apart, and an
    /// Ensembl id needs no version.
    pub fn find(&self, name: &str) -> Option<GeneIdx> {
        let name = name.trim();
        let folded = || {
            let folded = name.to_lowercase();
            let gene = self.folded.get(&folded);
            gene.or_else(|| self.folded.get(without_version(&folded)?)).copied()
        };
        self.exact.get(name).copied().or_else(folded)
    }

    /// The `limit` genes that fit a query best: by [`Fit`], then by the matcher's score, then the
    /// shorter symbol, then by alphabet. No gene fits an empty query.
    pub fn search(&self, query: &str, limit: usize) -> Vec<Hit> {
        let query: String = query.to_lowercase().split_whitespace().collect();
        if query.is_empty() || limit == 0 {
            return Vec::new();
        }
        let mut hits: Vec<(Hit, u16)> = self.direct_hits(&query);
        if hits.len() < limit {
            self.add_fuzzy_hits(&query, &mut hits);
        }
        let key = |(hit, score): &(Hit, u16)| {
            let symbol = &self.symbols[hit.gene.0 as usize];
            (hit.fit, Reverse(*score), symbol.len(), symbol, hit.gene)
        };
        if hits.len() > limit {
            hits.select_nth_unstable_by(limit, |a, b| key(a).cmp(&key(b)));
            hits.truncate(limit);
        }
        hits.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        hits.into_iter().map(|(hit, _)| hit).collect()
    }

    /// Reads a pasted list: names between commas, semicolons, tabs, line breaks or spaces, with
    /// or without quotes.
    pub fn parse_list(&self, text: &str) -> GeneList {
        let mut list = GeneList::default();
        let (mut genes, mut unknown) = (HashSet::new(), HashSet::new());
        let mut take = |name: &str| match self.find(name) {
            Some(gene) if genes.insert(gene) => list.genes.push(gene),
            None if unknown.insert(name.to_owned()) => list.unknown.push(name.to_owned()),
            _ => {}
        };
        let trim = |part: &'static [char], text: &str| {
            text.trim_matches(|c: char| c.is_whitespace() || part.contains(&c)).to_owned()
        };
        for entry in text.split([',', ';', '\t', '\n', '\r']) {
            let entry = trim(&['"', '\''], entry);
            // Few genes have a space in their name, so it separates unless it does belong.
            if self.find(&entry).is_some() {
                take(&entry);
            } else {
                entry
                    .split_whitespace()
                    .map(|name| trim(&['"', '\''], name))
                    .filter(|name| !name.is_empty())
                    .for_each(|name| take(&name));
            }
        }
        list
    }

    fn direct_hits(&self, query: &str) -> Vec<(Hit, u16)> {
        let fits = (0..self.symbols.len()).filter_map(|gene| {
            let symbol = self.symbols[gene].as_str();
            let id = self.ids.get(gene).map_or("", String::as_str);
            let fit = if symbol == query || id == query {
                Fit::Exact
            } else if symbol.starts_with(query) {
                Fit::SymbolPrefix
            } else if id.starts_with(query) {
                Fit::IdPrefix
            } else if symbol.contains(query) {
                Fit::Within
            } else if id.contains(query) {
                Fit::WithinId
            } else {
                return None;
            };
            Some((Hit { gene: GeneIdx(gene as u32), fit }, 0))
        });
        fits.collect()
    }

    fn add_fuzzy_hits(&self, query: &str, hits: &mut Vec<(Hit, u16)>) {
        let mut matcher = Matcher::new(Config::DEFAULT);
        let (mut needle, mut haystack) = (Vec::new(), Vec::new());
        let needle = Utf32Str::new(query, &mut needle);
        let mut is_hit = vec![false; self.symbols.len()];
        for (hit, _) in hits.iter() {
            is_hit[hit.gene.0 as usize] = true;
        }
        for (gene, symbol) in self.symbols.iter().enumerate().filter(|&(gene, _)| !is_hit[gene]) {
            if let Some(score) = matcher.fuzzy_match(Utf32Str::new(symbol, &mut haystack), needle) {
                hits.push((Hit { gene: GeneIdx(gene as u32), fit: Fit::Fuzzy }, score));
            }
        }
    }
}

/// An Ensembl id without its version: `ensg00000141510` of `ensg00000141510.17`.
fn without_version(id: &str) -> Option<&str> {
    let (stem, version) = id.split_once('.')?;
    let is_versioned = stem.starts_with("ens") && !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit());
    is_versioned.then_some(stem)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GENES: [(&str, &str); 9] = [
        ("ENSG00000198938.2", "MT-CO3"),
        ("ENSG00000010610.10", "CD4"),
        ("ENSG00000153563.16", "CD8A"),
        ("ENSG00000117877.11", "CD3EAP"),
        ("ENSG00000198851.10", "CD3E"),
        ("ENSG00000141510.17", "TP53"),
        ("ENSG00000067369.14", "TP53BP1"),
        ("ENSG00000999999.1", "Cd4"),
        ("ENSG00000000001.1", "CYP4D1"),
    ];

    fn index() -> GeneIndex {
        let ids: Vec<String> = GENES.iter().map(|(id, _)| (*id).to_owned()).collect();
        let symbols: Vec<String> = GENES.iter().map(|(_, symbol)| (*symbol).to_owned()).collect();
        GeneIndex::new(&ids, Some(&symbols))
    }

    fn found(query: &str) -> Vec<&'static str> {
        index().search(query, 10).iter().map(|hit| GENES[hit.gene.0 as usize].1).collect()
    }

    #[test]
    fn exact_then_prefix_then_within_then_fuzzy() {
        assert_eq!(found("cd3e"), ["CD3E", "CD3EAP"]);
        assert_eq!(found("tp53"), ["TP53", "TP53BP1"]);
        assert_eq!(found("53"), ["TP53", "TP53BP1", "CD8A"]);
        assert_eq!(found("co3"), ["MT-CO3"]);
        assert_eq!(found("tpbp"), ["TP53BP1"]);
        assert_eq!(found("cd4"), ["CD4", "Cd4"]);
        assert_eq!(found("ensg00000141510"), ["TP53"]);
        assert_eq!(found("zzz"), [""; 0]);
        assert_eq!(found("  "), [""; 0]);
        assert_eq!(index().search("cd", 2).len(), 2);
    }

    #[test]
    fn find_minds_case_only_where_it_must() {
        let index = index();
        assert_eq!(index.find("CD4"), Some(GeneIdx(1)));
        assert_eq!(index.find("Cd4"), Some(GeneIdx(7)));
        assert_eq!(index.find("cd4"), Some(GeneIdx(1)));
        assert_eq!(index.find(" tp53 "), Some(GeneIdx(5)));
        assert_eq!(index.find("ENSG00000141510"), Some(GeneIdx(5)));
        assert_eq!(index.find("ENSG00000141510.17"), Some(GeneIdx(5)));
        assert_eq!(index.find("ENSG00000141510.99"), Some(GeneIdx(5)));
        assert_eq!(index.find("TP54"), None);
    }

    #[test]
    fn pasted_lists_keep_what_is_known_and_report_the_rest() {
        let list = index().parse_list("TP53, 'CD8A';nope\n\"CD3E\"\tcd4 nope  CD4\r\n,,ENSG00000198938");
        assert_eq!(list.genes, [5, 2, 4, 1, 0].map(GeneIdx));
        assert_eq!(list.unknown, ["nope"]);
        let spaced = GeneIndex::new(&["Gene 1".to_owned(), "1".to_owned()], None);
        assert_eq!(spaced.parse_list("gene 1").genes, [GeneIdx(0)]);
        assert_eq!(spaced.parse_list(""), GeneList::default());
    }

    proptest! {
        #[test]
        fn any_text_is_searched_without_a_panic(query: String, names in prop::collection::vec(any::<String>(), 0..20)) {
            let index = GeneIndex::new(&names, None);
            let hits = index.search(&query, 5);
            prop_assert!(hits.len() <= 5 && hits.is_sorted_by_key(|hit| hit.fit));
            index.parse_list(&query);
        }

        #[test]
        fn every_gene_finds_itself(names in prop::collection::hash_set("[A-Za-z0-9.-]{1,8}", 1..30)) {
            let names: Vec<String> = names.into_iter().collect();
            let index = GeneIndex::new(&names, None);
            for (gene, name) in names.iter().enumerate() {
                prop_assert_eq!(index.find(name), Some(GeneIdx(gene as u32)));
                let hits = index.search(name, names.len());
                prop_assert!(hits.iter().any(|hit| hit.gene.0 == gene as u32 && hit.fit == Fit::Exact));
            }
        }
    }
}
