//! The genes of a layer, by number and by name.

use std::{collections::HashSet, sync::Arc};

use shared_fbs::tile::Genes;

use crate::{
    data::{GeneIdx, GeneNames},
    format::plural,
    search::{Fit, GeneIndex, Hit, NoGene},
    state::GeneKey,
};

/// Ids that are listed where a name stands for several genes.
const MOST_CHOICES: usize = 6;

/// One gene found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneHit {
    /// The gene, in a layer that has it.
    pub key: GeneKey,
    /// What it is called: its symbol, or its id.
    pub name: String,
    /// Its id, where it has a symbol, and the layer, where it is not the one chosen.
    pub detail: String,
    /// What tells it from all others, in one text.
    pub label: String,
    /// The characters of `name` that match, ascending, counted in `char`s.
    pub matched: Vec<u32>,
}

/// What a list of names comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResolvedGenes {
    /// The ids of the genes found, in the list's order, each once.
    pub ids: Vec<String>,
    /// The same, and among them the names that stand for no gene, or for several, as they were written.
    pub all: Vec<String>,
    /// The names that stand for no gene, or for several.
    pub unresolved: UnresolvedGenes,
}

impl ResolvedGenes {
    /// What names stand for in the first of some tables that knows them. Without tables all stay as they are.
    pub fn of(names: &[String], tables: &[&GeneTable]) -> Self {
        if tables.is_empty() {
            return Self { ids: names.to_vec(), all: names.to_vec(), ..Self::default() };
        }
        let mut resolved = Self::default();
        let mut listed = HashSet::with_capacity(names.len());
        for name in names {
            let mut found = tables.iter().map(|table| (table, table.find(name)));
            let known = found.find(|(_, found)| *found != Err(NoGene::Unknown));
            let id = match &known {
                Some((table, Ok(gene))) => table.names.id(*gene),
                Some((_, Err(_))) | None => name,
            };
            if !listed.insert(id.to_owned()) {
                continue;
            }
            resolved.all.push(id.to_owned());
            match known {
                Some((_, Ok(_))) => resolved.ids.push(id.to_owned()),
                Some((table, Err(NoGene::Ambiguous(genes)))) => {
                    resolved.unresolved.ambiguous.push((name.clone(), table.choices(&genes)));
                }
                Some((_, Err(NoGene::Unknown))) | None => resolved.unresolved.unknown.push(name.clone()),
            }
        }
        resolved
    }
}

/// Names that stand for no gene, or for several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnresolvedGenes {
    unknown: Vec<String>,
    /// With the ids of the genes of that name.
    ambiguous: Vec<(String, String)>,
}

impl UnresolvedGenes {
    /// Takes in those of another list.
    pub fn extend(&mut self, other: Self) {
        self.unknown.extend(other.unknown.into_iter().filter(|name| !self.unknown.contains(name)).collect::<Vec<_>>());
        let is_new = |name: &(String, String)| !self.ambiguous.contains(name);
        self.ambiguous.extend(other.ambiguous.into_iter().filter(is_new).collect::<Vec<_>>());
    }

    /// What to tell of them, in sentences; empty where there are none.
    pub fn text(&self) -> String {
        let unknown = (!self.unknown.is_empty())
            .then(|| format!("{} not found: {}", plural(self.unknown.len(), "name", "names"), self.unknown.join(", ")));
        let ambiguous =
            self.ambiguous.iter().map(|(name, ids)| format!("{name} is the name of several genes: use one of {ids}"));
        unknown.into_iter().chain(ambiguous).collect::<Vec<_>>().join(". ")
    }
}

/// The genes of a layer, by number and by name.
#[derive(Debug)]
pub struct GeneTable {
    /// What they are called, by number.
    pub names: Arc<GeneNames>,
    /// Finds them.
    pub index: GeneIndex,
}

impl GeneTable {
    /// Indexes a tile.
    pub fn new(Genes { ids, symbols, rows: _ }: Genes) -> Self {
        let index = GeneIndex::new(&ids, symbols.as_deref());
        Self { names: Arc::new(GeneNames::new(ids, symbols)), index }
    }

    /// The gene of an id, symbol or label.
    ///
    /// # Errors
    /// [`NoGene`].
    pub fn find(&self, name: &str) -> Result<GeneIdx, NoGene> {
        self.index.find(name)
    }

    /// The id of the gene that a name stands for; `None` where there is none, or several.
    pub fn id_of(&self, name: &str) -> Option<&str> {
        self.find(name).ok().map(|gene| self.names.id(gene))
    }

    /// What the gene of a name is shown as; the name itself where it stands for none.
    pub fn label_of<'a>(&'a self, name: &'a str) -> &'a str {
        self.find(name).map_or(name, |gene| self.names.label(gene))
    }

    /// The symbol of the gene of a name, or its id where it has none; the name itself where it stands for no gene.
    pub fn symbol_of<'a>(&'a self, name: &'a str) -> &'a str {
        self.find(name).map_or(name, |gene| self.names.symbol(gene))
    }

    /// The ids of some genes, with commas between; not all of many.
    pub fn choices(&self, genes: &[GeneIdx]) -> String {
        let ids: Vec<&str> = genes.iter().take(MOST_CHOICES).map(|&gene| self.names.id(gene)).collect();
        let rest = if genes.len() > MOST_CHOICES { ", …" } else { "" };
        ids.join(", ") + rest
    }

    /// The genes that a search finds, at most so many, best first, with how well they fit. `layer` is how the state names
    /// theirs.
    pub fn hits(&self, query: &str, layer: Option<&str>, most: usize) -> Vec<(Fit, GeneHit)> {
        let hit = |Hit { gene, fit }: Hit| {
            let (id, name) = (self.names.id(gene).to_owned(), self.names.symbol(gene).to_owned());
            let hit = GeneHit {
                detail: if name == id { String::new() } else { id.clone() },
                label: self.names.label(gene).to_owned(),
                matched: matched(&name, query),
                key: GeneKey { layer: layer.map(str::to_owned), gene: id },
                name,
            };
            (fit, hit)
        };
        self.index.search(query, most).into_iter().map(hit).collect()
    }

    /// The id of the gene of a name, where its label does not say it.
    pub fn detail_of(&self, name: &str) -> &str {
        let Ok(gene) = self.find(name) else { return "" };
        let (id, label) = (self.names.id(gene), self.names.label(gene));
        if label == self.names.symbol(gene) && label != id { id } else { "" }
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
    use proptest::prelude::*;

    use super::*;

    fn table() -> GeneTable {
        let texts = |texts: [&str; 4]| texts.map(str::to_owned).to_vec();
        GeneTable::new(Genes {
            ids: texts(["ENSG01", "ENSG02", "ENSG03", "ENSG04"]),
            symbols: Some(texts(["LYZ", "CD3D", "TBCE", "TBCE"])),
            ..Genes::default()
        })
    }

    #[test]
    fn names_are_resolved_to_ids_from_symbols_and_ids_in_any_case() {
        let names = ["ensg02", "lyz", "nothing", "CD3D", "TBCE"].map(str::to_owned);
        let resolved = ResolvedGenes::of(&names, &[&table()]);
        assert_eq!(resolved.ids, ["ENSG02", "ENSG01"]);
        assert_eq!(resolved.all, ["ENSG02", "ENSG01", "nothing", "TBCE"]);
        let told = "1 name not found: nothing. TBCE is the name of several genes: use one of ENSG03, ENSG04";
        assert_eq!(resolved.unresolved.text(), told);
        let mut twice = resolved.unresolved.clone();
        twice.extend(resolved.unresolved);
        assert_eq!(twice.text(), told);
        assert_eq!(UnresolvedGenes::default().text(), "");
    }

    #[test]
    fn a_gene_of_several_of_one_symbol_is_shown_with_its_id() {
        let table = table();
        assert_eq!(table.label_of("ENSG04"), "TBCE (ENSG04)");
        assert_eq!((table.id_of("TBCE"), table.id_of("TBCE (ENSG04)")), (None, Some("ENSG04")));
        let hits = table.hits("tbce", None, 10);
        let found = hits.iter().map(|(_, hit)| (hit.key.gene.as_str(), hit.name.as_str(), hit.detail.as_str()));
        let found: Vec<_> = found.collect();
        assert_eq!(found, [("ENSG03", "TBCE", "ENSG03"), ("ENSG04", "TBCE", "ENSG04")]);
    }

    proptest! {
        #[test]
        fn every_gene_is_found_by_its_id_and_by_its_label(
            ids in prop::collection::hash_set("[A-Za-z0-9]{1,2}", 1..30),
            picks in prop::collection::vec((0_usize..40, "[A-Za-z0-9]{1,2}"), 30),
        ) {
            let ids: Vec<String> = ids.into_iter().collect();
            // Some of the symbols are ids.
            let symbols = picks.into_iter().take(ids.len()).map(|(pick, own)| ids.get(pick).cloned().unwrap_or(own));
            let symbols = Some(symbols.collect());
            let table = GeneTable::new(Genes { rows: vec![0; ids.len()], ids, symbols });
            for gene in (0..table.names.len() as u32).map(GeneIdx) {
                prop_assert_eq!(table.find(table.names.id(gene)), Ok(gene));
                prop_assert_eq!(table.find(table.names.label(gene)), Ok(gene));
            }
        }
    }

    #[test]
    fn the_id_stands_beside_a_label_that_does_not_say_it() {
        assert_eq!(["ENSG02", "ENSG03", "none"].map(|id| table().detail_of(id).to_owned()), ["ENSG02", "", ""]);
    }

    #[test]
    fn what_a_search_names_is_marked_in_one_piece_where_there_is_one() {
        let hits = table().hits("d3", None, 10);
        assert_eq!(hits.first().map(|(_, hit)| (hit.name.as_str(), hit.matched.clone())), Some(("CD3D", vec![1, 2])));
        assert_eq!(matched("CD3D", "cdd"), [0, 1, 3]);
    }
}
