//! Genes that a search names: which datasets have them, in how many cells, and what they come to in each cell type.

use std::collections::BTreeMap;

use shared_fbs::genes::GeneOfDataset;

use super::text::words_of;
use crate::{
    format::{integer, percent, significant},
    names::visible,
};

/// The genes that have been found, by their names in lower case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoundGenes(BTreeMap<String, FoundGene>);

/// A gene, and the datasets that have it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoundGene(BTreeMap<u32, GeneOfDataset>);

/// What a dataset has of a gene.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneSummary<'a> {
    /// Cells with a value.
    pub n_cells: u32,
    /// The mean in the cells of every label of `cell_type`, largest first; to 4.5 %.
    pub means: Vec<(&'a str, f64)>,
}

impl FoundGenes {
    /// Takes up what there is of a gene.
    pub fn insert(&mut self, name: String, gene: FoundGene) {
        self.0.insert(name, gene);
    }

    /// The gene of a name in lower case.
    pub fn get(&self, name: &str) -> Option<&FoundGene> {
        self.0.get(name)
    }

    /// Those that a text names, in the order of their names.
    pub fn named<'a>(&'a self, text: &str) -> impl Iterator<Item = (&'a str, &'a FoundGene)> {
        let words: Vec<String> = words_of(text).collect();
        self.0.iter().filter(move |(name, _)| words.contains(name)).map(|(name, gene)| (name.as_str(), gene))
    }
}

impl FoundGene {
    /// Of what datasets have of it.
    pub(super) fn of(datasets: Vec<GeneOfDataset>) -> Self {
        let mut gene = Self::default();
        for of in datasets {
            gene.0.insert(of.dataset, of);
        }
        gene
    }

    /// What the dataset of a number has of it.
    pub(super) fn of_dataset(&self, dataset: u32) -> Option<&GeneOfDataset> {
        self.0.get(&dataset)
    }

    /// The datasets that have it.
    pub fn datasets(&self) -> impl Iterator<Item = u32> {
        self.0.keys().copied()
    }
}

impl GeneSummary<'_> {
    /// In words, of a gene of this name and a dataset of so many cells: its largest means, of at most so many labels.
    pub fn text(&self, name: &str, n_obs: u32, most: usize) -> String {
        let share = percent(f64::from(self.n_cells) / f64::from(n_obs.max(1)));
        let name = name.to_uppercase();
        let mut text = format!("{} in {} cells ({share})", visible(&name), integer(self.n_cells.into()));
        let means = self.means.iter().take(most).filter(|(_, mean)| *mean > 0.0);
        for (at, (label, mean)) in means.enumerate() {
            text += if at == 0 { ", mean " } else { ", " };
            text += &format!("{} in {}", significant(*mean, 2), visible(label));
        }
        text
    }
}
