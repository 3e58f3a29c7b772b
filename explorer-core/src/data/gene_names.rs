//! What the genes of a layer are called.

use std::collections::{HashMap, HashSet};

use super::GeneIdx;

/// What the genes of a layer are called, one gene after the other: an id, which is a gene's own, and a label for people.
///
/// The label is the symbol. Where another gene has it too, as symbol or id, the id stands beside it:
/// `TBCE (ENSG00000285053)`. A gene without a symbol goes by its id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GeneNames {
    ids: Vec<String>,
    /// Absent where genes have no other name than their id.
    symbols: Option<Symbols>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Symbols {
    symbols: Vec<String>,
    labels: Vec<String>,
}

impl GeneNames {
    /// Of genes with these ids and, where there are any, symbols (as many).
    pub fn new(ids: Vec<String>, symbols: Option<Vec<String>>) -> Self {
        let symbols = symbols.map(|symbols| Symbols { labels: labels(&ids, &symbols), symbols });
        Self { ids, symbols }
    }

    /// How many genes.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no gene.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The ids: the file's var index.
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// The symbols; `None` where genes have no other name than their id.
    pub fn symbols(&self) -> Option<&[String]> {
        self.symbols.as_ref().map(|names| names.symbols.as_slice())
    }

    /// What people are shown: no two genes have the same, unless a symbol is written like a label with an id.
    pub fn labels(&self) -> &[String] {
        self.symbols.as_ref().map_or(&self.ids, |names| &names.labels)
    }

    /// The symbol of a gene, or its id where it has none; empty where there is no such gene.
    pub fn symbol(&self, gene: GeneIdx) -> &str {
        name(self.symbols().unwrap_or(&self.ids), gene)
    }

    /// The id of a gene; empty where there is no such gene.
    pub fn id(&self, gene: GeneIdx) -> &str {
        name(&self.ids, gene)
    }

    /// The label of a gene; empty where there is no such gene.
    pub fn label(&self, gene: GeneIdx) -> &str {
        name(self.labels(), gene)
    }

    /// The number of the gene with an id.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.ids.iter().position(|known| known == id)
    }

    /// Whether the label or the id of a gene contains a text, which is in lower case.
    ///
    /// # Panics
    /// When there is no such gene.
    pub fn contain(&self, gene: usize, text: &str) -> bool {
        let holds = |names: &[String]| names[gene].to_lowercase().contains(text);
        text.is_empty() || holds(self.labels()) || (self.symbols.is_some() && holds(&self.ids))
    }
}

/// Finds many genes by what they are called.
pub struct GeneFinder<'a> {
    by_id: HashMap<&'a str, GeneIdx>,
    by_symbol: HashMap<String, GeneIdx>,
}

impl<'a> GeneFinder<'a> {
    /// Among these names.
    pub fn new(names: &'a GeneNames) -> Self {
        let mut finder = Self { by_id: HashMap::new(), by_symbol: HashMap::new() };
        for (gene, id) in (0..).zip(names.ids()) {
            finder.by_id.entry(id).or_insert(GeneIdx(gene));
        }
        for (gene, symbol) in (0..).zip(names.symbols().unwrap_or(names.ids())) {
            finder.by_symbol.entry(symbol.to_lowercase()).or_insert(GeneIdx(gene));
        }
        finder
    }

    /// The gene of an id, or else of a symbol, in any case; of several genes with one symbol the densest.
    pub fn find(&self, name: &str) -> Option<GeneIdx> {
        self.by_id.get(name).or_else(|| self.by_symbol.get(&name.to_lowercase())).copied()
    }
}

fn name(names: &[String], gene: GeneIdx) -> &str {
    names.get(gene.0 as usize).map_or("", String::as_str)
}

fn labels(ids: &[String], symbols: &[String]) -> Vec<String> {
    let mut counts: HashMap<&str, u32> = HashMap::with_capacity(symbols.len());
    for symbol in symbols {
        *counts.entry(symbol).or_default() += 1;
    }
    let known: HashSet<&String> = ids.iter().collect();
    let label = |(id, symbol): (&String, &String)| {
        let is_others = symbol != id && (counts[symbol.as_str()] > 1 || known.contains(symbol));
        if is_others { format!("{symbol} ({id})") } else { symbol.clone() }
    };
    ids.iter().zip(symbols).map(label).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_repeated_symbol_is_shown_with_its_id() {
        let texts = |texts: [&str; 4]| texts.map(str::to_owned).to_vec();
        let names = GeneNames::new(texts(["E1", "E2", "E3", "E4"]), Some(texts(["TBCE", "LYZ", "TBCE", "E4"])));
        assert_eq!(names.labels(), ["TBCE (E1)", "LYZ", "TBCE (E3)", "E4"]);
        assert_eq!((names.symbol(GeneIdx(2)), names.label(GeneIdx(9))), ("TBCE", ""));
        assert!(names.contain(1, "e2") && names.contain(1, "ly") && !names.contain(1, "e3"));
        assert_eq!(names.position("E3"), Some(2));
    }

    #[test]
    fn genes_are_found_by_id_before_symbol_and_the_densest_of_one_symbol() {
        let texts = |texts: [&str; 3]| texts.map(str::to_owned).to_vec();
        let names = GeneNames::new(texts(["E1", "E2", "LYZ"]), Some(texts(["Lyz", "CD4", "CD4"])));
        let finder = GeneFinder::new(&names);
        let found = ["LYZ", "lyz", "cd4", "E2", "none"].map(|name| finder.find(name));
        assert_eq!(found, [Some(GeneIdx(2)), Some(GeneIdx(0)), Some(GeneIdx(1)), Some(GeneIdx(1)), None]);
    }

    proptest! {
        #[test]
        fn labels_tell_genes_apart(
            ids in prop::collection::hash_set("[A-Z0-9]{1,3}", 1..30),
            picks in prop::collection::vec(0_usize..8, 30),
        ) {
            let ids: Vec<String> = ids.into_iter().collect();
            // Some of the symbols are other genes' ids.
            let symbols = picks.iter().take(ids.len()).map(|&pick| ids[pick % ids.len()].clone()).collect();
            let names = GeneNames::new(ids, Some(symbols));
            let labels: HashSet<&String> = names.labels().iter().collect();
            prop_assert_eq!(labels.len(), names.len());
        }
    }
}
