//! Genes: those that a question names, and all of several parts.

use std::{
    cell::LazyCell,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use explorer_core::dataset::Tiles;
use shared_fbs::tile::Genes;

use crate::{Corpus, Gene};

impl<T: Tiles> Corpus<T> {
    /// The genes that a question names, looked up in some parts.
    ///
    /// # Errors
    /// When the genes of a part cannot be read.
    pub(crate) async fn genes_asked(&self, names: &[String], parts: &[usize]) -> Result<GenesFound, T::Error> {
        let mut asked = GenesAsked::new(names);
        for &part in parts {
            asked.find_in(part, self.genes(part).await?);
        }
        Ok(asked.found())
    }
}

/// Genes that a question names, looked up part by part.
struct GenesAsked<'a> {
    names: Vec<&'a str>,
    /// Of every name: its id and symbol where they are known, and its number in parts.
    found: Vec<Option<(Gene, BTreeMap<usize, u32>)>>,
}

/// What was found of them.
pub(crate) struct GenesFound {
    /// In the order of the question.
    pub(crate) genes: Vec<Gene>,
    numbers: Vec<BTreeMap<usize, u32>>,
    /// Names of no gene.
    pub(crate) unknown: Vec<String>,
}

impl<'a> GenesAsked<'a> {
    fn new(names: &'a [String]) -> Self {
        let mut seen = BTreeSet::new();
        let names: Vec<&str> = names.iter().map(String::as_str).filter(|&name| seen.insert(name)).collect();
        Self { found: vec![None; names.len()], names }
    }

    /// Looks for the names in a part: first among the ids, then among the symbols, in any case of letters.
    fn find_in(&mut self, part: usize, genes: &Genes) {
        let symbols = genes.symbols.as_deref().unwrap_or_default();
        // Names are ids most often.
        let by_symbol = LazyCell::new(|| -> HashMap<String, usize> {
            let numbers = (0..genes.ids.len()).rev();
            numbers.filter_map(|number| Some((genes.name(number)?.to_lowercase(), number))).collect()
        });
        for (name, found) in self.names.iter().zip(&mut self.found) {
            let by_id = |id: &str| genes.ids.binary_search_by(|other| other.as_str().cmp(id)).ok();
            // A gene that another part has told the id of goes by that.
            let number = match &found {
                Some((gene, _)) => by_id(&gene.id),
                None => by_id(name).or_else(|| by_symbol.get(&name.to_lowercase()).copied()),
            };
            let Some(number) = number else { continue };
            let id = genes.ids[number].clone();
            let symbol = symbols.get(number).cloned().unwrap_or_else(|| id.clone());
            found.get_or_insert_with(|| (Gene { id, symbol }, BTreeMap::new())).1.insert(part, number as u32);
        }
    }

    /// What was found; of two names of one gene the first.
    fn found(self) -> GenesFound {
        let mut all = GenesFound { genes: Vec::new(), numbers: Vec::new(), unknown: Vec::new() };
        for (name, found) in self.names.into_iter().zip(self.found) {
            match found {
                None => all.unknown.push(name.to_owned()),
                Some((gene, numbers)) if !all.genes.iter().any(|other| other.id == gene.id) => {
                    all.genes.push(gene);
                    all.numbers.push(numbers);
                }
                Some(_) => {}
            }
        }
        all
    }
}

impl GenesFound {
    /// The place and the number in a part of every gene that the part has.
    pub(crate) fn numbers_in(&self, part: usize) -> impl Iterator<Item = (usize, u32)> {
        self.numbers.iter().enumerate().filter_map(move |(gene, numbers)| Some((gene, *numbers.get(&part)?)))
    }
}

/// The genes of several parts together.
#[derive(Default)]
pub(crate) struct AllGenes {
    /// By ascending id.
    pub(crate) genes: Vec<Gene>,
    /// Of every part the number that each of its genes has among all.
    pub(crate) numbers: Vec<Vec<u32>>,
}

impl AllGenes {
    /// Those of some parts, each by ascending id.
    pub(crate) fn of(parts: &[&Genes]) -> Self {
        let mut symbols: BTreeMap<&str, &str> = BTreeMap::new();
        for genes in parts {
            for (number, id) in genes.ids.iter().enumerate() {
                let symbol = genes.name(number).unwrap_or(id);
                let known = symbols.entry(id).or_insert(symbol);
                // A dataset without symbols does not hide those of others.
                if *known == id {
                    *known = symbol;
                }
            }
        }
        let number_of: HashMap<&str, u32> = symbols.keys().copied().zip(0..).collect();
        let numbers = parts.iter().map(|genes| genes.ids.iter().map(|id| number_of[id.as_str()]).collect()).collect();
        let gene = |(&id, &symbol): (&&str, &&str)| Gene { id: id.to_owned(), symbol: symbol.to_owned() };
        Self { genes: symbols.iter().map(gene).collect(), numbers }
    }
}
