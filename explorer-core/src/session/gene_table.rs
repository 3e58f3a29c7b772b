//! The genes of a layer, by number and by name.

use std::sync::Arc;

use shared_fbs::tile::Genes;

use crate::{
    data::GeneIdx,
    search::{GeneIndex, Hit},
};

/// One gene found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneHit {
    /// The name it goes by.
    pub name: String,
    /// Its other name, where it has one: the id, say.
    pub detail: String,
    /// The characters of `name` that match, ascending, counted in `char`s.
    pub matched: Vec<u32>,
}

/// The genes of a layer, by number and by name.
#[derive(Debug)]
pub struct GeneTable {
    /// As in the tile.
    pub genes: Genes,
    /// What people call them, by number.
    pub names: Arc<[String]>,
    /// Finds them.
    pub index: GeneIndex,
}

impl GeneTable {
    /// Indexes a tile.
    pub fn new(genes: Genes) -> Self {
        let names = (0..genes.ids.len()).map(|gene| genes.name(gene).unwrap_or_default().to_owned()).collect();
        Self { names, index: GeneIndex::new(&genes.ids, genes.symbols.as_deref()), genes }
    }

    /// The gene of a name or id.
    pub fn find(&self, name: &str) -> Option<GeneIdx> {
        self.index.find(name)
    }

    /// The name that a gene goes by, from that name or its id, in any case.
    pub fn resolve(&self, name: &str) -> Option<&String> {
        self.names.get(self.find(name)?.0 as usize)
    }

    /// The names that genes go by, from those names or their ids, and the names that no gene has.
    pub fn resolve_all(&self, names: &[String]) -> (Vec<String>, Vec<String>) {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for name in names {
            match self.resolve(name) {
                Some(gene) => known.push(gene.clone()),
                None => unknown.push(name.clone()),
            }
        }
        (known, unknown)
    }

    /// The genes that a search finds, at most so many, best first.
    pub fn hits(&self, query: &str, most: usize) -> Vec<GeneHit> {
        let hit = |hit: Hit| {
            let name = self.names[hit.gene.0 as usize].clone();
            GeneHit { detail: self.detail(hit.gene).to_owned(), matched: matched(&name, query), name }
        };
        self.index.search(query, most).into_iter().map(hit).collect()
    }

    /// A gene's other name: its id, where it has a symbol.
    pub fn detail(&self, gene: GeneIdx) -> &str {
        match &self.genes.symbols {
            Some(_) => self.genes.ids.get(gene.0 as usize).map_or("", String::as_str),
            None => "",
        }
    }
}

/// The characters of a name that a query names: in one piece where there is one, else in order.
fn matched(name: &str, query: &str) -> Vec<u32> {
    let fold = |text: &str| -> Vec<String> { text.chars().map(|c| c.to_lowercase().collect()).collect() };
    let (name, query) = (fold(name), fold(query.trim()));
    if let Some(start) = name.windows(query.len().max(1)).position(|window| window == query) {
        return (start as u32..(start + query.len()) as u32).collect();
    }
    let mut wanted = query.iter().peekable();
    (0u32..)
        .zip(&name)
        .filter(|(_, character)| wanted.next_if(|next| next == character).is_some())
        .map(|(at, _)| at)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> GeneTable {
        let texts = |texts: [&str; 2]| texts.map(str::to_owned).to_vec();
        GeneTable::new(Genes {
            ids: texts(["ENSG01", "ENSG02"]),
            symbols: Some(texts(["LYZ", "CD3D"])),
            ..Genes::default()
        })
    }

    #[test]
    fn names_are_resolved_from_symbols_and_ids_in_any_case() {
        let names = ["ensg02", "lyz", "nothing"].map(str::to_owned);
        let (known, unknown) = table().resolve_all(&names);
        assert_eq!((known, unknown), (vec!["CD3D".to_owned(), "LYZ".to_owned()], vec!["nothing".to_owned()]));
    }

    #[test]
    fn the_other_name_of_a_gene_with_a_symbol_is_its_id() {
        assert_eq!(table().detail(GeneIdx(1)), "ENSG02");
    }

    #[test]
    fn what_a_search_names_is_marked_in_one_piece_where_there_is_one() {
        let hits = table().hits("d3", 10);
        assert_eq!(hits.first().map(|hit| (hit.name.as_str(), hit.matched.clone())), Some(("CD3D", vec![1, 2])));
        assert_eq!(matched("CD3D", "cdd"), [0, 1, 3]);
    }
}
