//! Gene sets against a comparison, as the page and the command line ask for it: which genes count, what comes of it.

use std::collections::BTreeSet;

use super::{
    OverRepresentation, PrerankOptions, RankedEnrichment, Ranking, over_representation, over_representation_to_csv,
    prerank, prerank_to_csv,
};
use crate::{
    data::{GeneFinder, GeneIdx, GeneNames},
    de::{Adjustment, DeRecord, DeTable},
    state::{ChosenDirection, ChosenGenes, Enrichment, EnrichmentBy, GeneSet},
};

/// Gene sets and their genes in a layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KnownSets {
    /// The sets.
    pub sets: Vec<GeneSet>,
    /// Set by set, the genes that the layer has, each once.
    pub genes: Vec<Vec<GeneIdx>>,
    /// Names of the sets' genes that it does not have, in alphabetical order, each once.
    pub unknown: Vec<String>,
}

/// What became of gene sets.
#[derive(Clone, Debug, PartialEq)]
pub enum Enriched {
    /// Set by set, in their order.
    Chosen {
        /// The tests.
        found: Vec<OverRepresentation>,
        /// Which genes were chosen, and how many.
        chosen: String,
    },
    /// The sets with enough genes, and not too many, in their order.
    Ranking {
        /// The tests.
        found: Vec<RankedEnrichment>,
        /// How they were made.
        options: PrerankOptions,
        /// Genes that were tested; without any there is no ranking.
        n_tested: usize,
    },
}

/// Whether a gene is chosen.
fn is_chosen(chosen: &ChosenGenes, table: &DeTable, gene: usize) -> bool {
    let effect = table.effect[gene];
    let is_on_side = match chosen.direction {
        ChosenDirection::Up => effect > 0.0,
        ChosenDirection::Down => effect < 0.0,
        ChosenDirection::Both => effect != 0.0,
    };
    table.pval_adj[gene] <= chosen.max_pval && effect.abs() >= chosen.min_effect && is_on_side
}

/// Which genes were chosen, and how many, in words.
fn chosen_text(
    ChosenGenes { max_pval, min_effect, direction }: ChosenGenes,
    n_chosen: usize,
    n_tested: usize,
) -> String {
    let direction = direction.text();
    format!("{n_chosen} of {n_tested}; {direction}; adjusted p at most {max_pval}; effect at least {min_effect}")
}

impl KnownSets {
    /// Looks up the genes of sets, by id or else by symbol in any case. A gene that a set names in several ways counts once,
    /// where it is named first.
    pub fn new(sets: Vec<GeneSet>, names: &GeneNames) -> Self {
        let finder = GeneFinder::new(names);
        let mut unknown = BTreeSet::new();
        let mut genes = Vec::with_capacity(sets.len());
        for set in &sets {
            let (mut of_set, mut taken) = (Vec::with_capacity(set.genes.len()), BTreeSet::new());
            for name in &set.genes {
                match finder.find(name) {
                    Some(gene) if taken.insert(gene) => of_set.push(gene),
                    Some(_) => {}
                    None => drop(unknown.insert(name.as_str())),
                }
            }
            genes.push(of_set);
        }
        let unknown = unknown.into_iter().map(str::to_owned).collect();
        Self { sets, genes, unknown }
    }

    /// Whether the layer has none of the genes.
    pub fn are_foreign(&self) -> bool {
        self.genes.iter().all(Vec::is_empty)
    }
}

impl Enriched {
    /// Tests sets against a comparison. The universe of chosen genes is the genes tested: those that a cell of either set
    /// expresses, with any variance.
    ///
    /// # Panics
    /// When a set names a gene past the table's.
    pub fn new(asked: Enrichment, options: PrerankOptions, sets: &[Vec<GeneIdx>], table: &DeTable) -> Self {
        let is_tested: Vec<bool> = table.degenerate.iter().map(Option::is_none).collect();
        let n_tested = is_tested.iter().filter(|&&tested| tested).count();
        match asked.by {
            EnrichmentBy::Chosen => {
                let is_chosen: Vec<bool> = (0..table.len()).map(|gene| is_chosen(&asked.chosen, table, gene)).collect();
                let n_chosen = is_tested.iter().zip(&is_chosen).filter(|(tested, chosen)| **tested && **chosen).count();
                let chosen = chosen_text(asked.chosen, n_chosen, n_tested);
                let found = over_representation(sets, &is_tested, &is_chosen, Adjustment::BenjaminiHochberg);
                Self::Chosen { found, chosen }
            }
            EnrichmentBy::Ranking => {
                // All scores are 0 then, and their order that of the genes.
                let sets = if n_tested > 0 { sets } else { &[] };
                Self::Ranking { found: prerank(&Ranking::new(&table.score), sets, options), options, n_tested }
            }
        }
    }

    /// The tests as CSV; those of chosen genes by p-value. `table` is that of the comparison.
    pub fn to_csv(&self, sets: &[GeneSet], table: &DeTable, names: &GeneNames, record: &DeRecord) -> String {
        match self {
            Self::Chosen { found, chosen } => over_representation_to_csv(found, sets, (table, chosen), names, record),
            Self::Ranking { found, options, .. } => prerank_to_csv(found, sets, (table, *options), names, record),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::de::Degenerate;

    #[test]
    fn genes_are_chosen_by_side_evidence_and_size() {
        let table = DeTable {
            effect: vec![2.0, 0.5, -3.0, 0.0, 2.0],
            score: vec![9.0, 8.0, -9.0, 0.0, 1.0],
            pval_adj: vec![0.01, 0.01, 0.01, 0.01, 0.2],
            degenerate: vec![None; 5],
            ..DeTable::default()
        };
        let sets = [(0..5).map(GeneIdx).collect::<Vec<_>>()];
        let hits = |chosen: ChosenGenes| {
            let asked = Enrichment { by: EnrichmentBy::Chosen, chosen };
            match Enriched::new(asked, PrerankOptions::default(), &sets, &table) {
                Enriched::Chosen { found, chosen } => (found[0].hits.iter().map(|gene| gene.0).collect(), chosen),
                Enriched::Ranking { .. } => (Vec::new(), String::new()),
            }
        };
        let (up, text) = hits(ChosenGenes::default());
        assert_eq!(up, [0, 1]);
        assert_eq!(text, "2 of 5; higher in the group; adjusted p at most 0.05; effect at least 0");
        let of = |direction| ChosenGenes { direction, min_effect: 1.0, ..ChosenGenes::default() };
        assert_eq!(hits(of(ChosenDirection::Down)).0, [2]);
        assert_eq!(hits(of(ChosenDirection::Both)).0, [0, 2]);
    }

    #[test]
    fn where_nothing_was_tested_no_set_is_enriched() {
        let n = 40;
        let table = |degenerate| DeTable {
            effect: vec![0.0; n],
            score: vec![0.0; n],
            pval_adj: vec![1.0; n],
            degenerate: vec![degenerate; n],
            ..DeTable::default()
        };
        let asked = Enrichment { by: EnrichmentBy::Ranking, ..Enrichment::default() };
        let n_found = |degenerate| {
            let sets = [(0..20).map(GeneIdx).collect::<Vec<_>>()];
            match Enriched::new(asked, PrerankOptions::default(), &sets, &table(degenerate)) {
                Enriched::Ranking { found, n_tested, .. } => (found.len(), n_tested),
                Enriched::Chosen { .. } => (usize::MAX, 0),
            }
        };
        assert_eq!((n_found(Some(Degenerate::TooFewCells)), n_found(None)), ((0, 0), (1, n)));
    }

    #[test]
    fn genes_of_sets_are_found_by_id_and_symbol_and_each_counts_once() {
        let texts = |texts: [&str; 2]| texts.map(str::to_owned).to_vec();
        let names = GeneNames::new(texts(["E1", "E2"]), Some(texts(["CD3D", "LYZ"])));
        let set =
            |genes: &[&str]| GeneSet { genes: genes.iter().map(|&gene| gene.to_owned()).collect(), ..<_>::default() };
        let known = KnownSets::new(vec![set(&["lyz", "E1", "LYZ", "zz", "aa", "cd3d", "E2"]), set(&["zz"])], &names);
        assert_eq!(known.genes, [vec![GeneIdx(1), GeneIdx(0)], Vec::new()]);
        assert_eq!((known.unknown.as_slice(), known.are_foreign()), (&texts(["aa", "zz"])[..], false));
    }
}
