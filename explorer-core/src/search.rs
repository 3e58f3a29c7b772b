//! Finding genes: by symbol or id, exactly, by their beginning, or roughly.

use std::cmp::Reverse;
use std::collections::{HashMap, hash_map::Entry};

use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::data::GeneIdx;

/// The genes of a layer, ready to be searched.
#[derive(Clone, Debug, Default)]
pub struct GeneIndex {
    /// One a gene: what it is called, lower case.
    symbols: Vec<String>,
    /// One a gene, lower case; empty where genes have no other name than their id.
    ids: Vec<String>,
    /// Ids as written.
    by_id: HashMap<String, GeneIdx>,
    /// Symbols as written.
    by_symbol: HashMap<String, Bearers>,
    /// Symbols and ids in lower case, and ids without their version.
    folded: HashMap<String, Bearers>,
}

/// The genes of one name.
#[derive(Clone, Debug)]
enum Bearers {
    One(GeneIdx),
    Several(Vec<GeneIdx>),
}

/// Why a name stands for no gene.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoGene {
    /// No gene has it.
    Unknown,
    /// Several genes have it, and none as its id.
    Ambiguous(Vec<GeneIdx>),
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

impl GeneIndex {
    /// An index over genes in layer order, from their ids and, where there are any, symbols (as
    /// many).
    pub fn new(ids: &[String], symbols: Option<&[String]>) -> Self {
        let fold = |names: &[String]| names.iter().map(|name| name.to_lowercase()).collect::<Vec<_>>();
        let mut index = Self::default();
        for (gene, id) in (0..).map(GeneIdx).zip(ids) {
            index.by_id.entry(id.clone()).or_insert(gene);
        }
        for (gene, symbol) in (0..).map(GeneIdx).zip(symbols.unwrap_or_default()) {
            note(&mut index.by_symbol, symbol.clone(), gene);
        }
        (index.symbols, index.ids) = match symbols {
            Some(symbols) => (fold(symbols), fold(ids)),
            None => (fold(ids), Vec::new()),
        };
        for names in [&index.symbols, &index.ids] {
            for (gene, name) in (0..).map(GeneIdx).zip(names) {
                if let Some(stem) = without_version(name) {
                    note(&mut index.folded, stem.to_owned(), gene);
                }
                note(&mut index.folded, name.clone(), gene);
            }
        }
        index
    }

    /// The gene of a name: the one with this id, else the only one with this symbol, else the only one with either in
    /// any case; an Ensembl id needs no version. A [label](crate::data::GeneNames) is understood, too.
    ///
    /// # Errors
    /// [`NoGene`].
    pub fn find(&self, name: &str) -> Result<GeneIdx, NoGene> {
        let trimmed = name.trim();
        let in_label = trimmed.strip_suffix(')').and_then(|text| text.rsplit_once(" ("));
        let by_id = [Some(name), Some(trimmed), in_label.map(|(_, id)| id)];
        if let Some(&gene) = by_id.into_iter().flatten().find_map(|id| self.by_id.get(id)) {
            return Ok(gene);
        }
        let folded = trimmed.to_lowercase();
        let bearers = self.by_symbol.get(trimmed).or_else(|| self.folded.get(&folded));
        match bearers.or_else(|| self.folded.get(without_version(&folded)?)) {
            None => Err(NoGene::Unknown),
            Some(Bearers::One(gene)) => Ok(*gene),
            Some(Bearers::Several(genes)) => Err(NoGene::Ambiguous(genes.clone())),
        }
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

/// Notes that a gene has a name.
fn note(bearers: &mut HashMap<String, Bearers>, name: String, gene: GeneIdx) {
    match bearers.entry(name) {
        Entry::Vacant(entry) => drop(entry.insert(Bearers::One(gene))),
        Entry::Occupied(mut entry) => match entry.get_mut() {
            Bearers::One(first) if *first == gene => {}
            Bearers::One(first) => {
                let both = vec![*first, gene];
                entry.insert(Bearers::Several(both));
            }
            Bearers::Several(genes) if genes.contains(&gene) => {}
            Bearers::Several(genes) => genes.push(gene),
        },
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
        assert_eq!(index.find("CD4"), Ok(GeneIdx(1)));
        assert_eq!(index.find("Cd4"), Ok(GeneIdx(7)));
        assert_eq!(index.find("cd4"), Err(NoGene::Ambiguous(vec![GeneIdx(1), GeneIdx(7)])));
        assert_eq!(index.find(" tp53 "), Ok(GeneIdx(5)));
        assert_eq!(index.find("ENSG00000141510"), Ok(GeneIdx(5)));
        assert_eq!(index.find("ENSG00000141510.17"), Ok(GeneIdx(5)));
        assert_eq!(index.find("ENSG00000141510.99"), Ok(GeneIdx(5)));
        assert_eq!(index.find("TP54"), Err(NoGene::Unknown));
    }

    #[test]
    fn an_id_comes_before_the_symbols_of_others() {
        let texts = |texts: [&str; 4]| texts.map(str::to_owned).to_vec();
        let (ids, symbols) = (texts(["A", "B", "C", " D"]), texts(["B", "twice", "twice", "D"]));
        let index = GeneIndex::new(&ids, Some(&symbols));
        assert_eq!(["A", "B", "C", " D"].map(|id| index.find(id)), [0, 1, 2, 3].map(|gene| Ok(GeneIdx(gene))));
        assert_eq!(index.find("twice"), Err(NoGene::Ambiguous(vec![GeneIdx(1), GeneIdx(2)])));
        assert_eq!(index.find("twice (C)"), Ok(GeneIdx(2)));
    }

    proptest! {
        #[test]
        fn any_text_is_searched_without_a_panic(query: String, names in prop::collection::vec(any::<String>(), 0..20)) {
            let index = GeneIndex::new(&names, None);
            let hits = index.search(&query, 5);
            prop_assert!(hits.len() <= 5 && hits.is_sorted_by_key(|hit| hit.fit));
            let _ = index.find(&query);
        }

        #[test]
        fn every_gene_finds_itself(names in prop::collection::hash_set("[A-Za-z0-9.-]{1,8}", 1..30)) {
            let names: Vec<String> = names.into_iter().collect();
            let index = GeneIndex::new(&names, None);
            for (gene, name) in names.iter().enumerate() {
                prop_assert_eq!(index.find(name), Ok(GeneIdx(gene as u32)));
                let hits = index.search(name, names.len());
                prop_assert!(hits.iter().any(|hit| hit.gene.0 == gene as u32 && hit.fit == Fit::Exact));
            }
        }
    }
}
