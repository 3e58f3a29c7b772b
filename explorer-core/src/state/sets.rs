//! Sets with names, of cells and of genes, and the comparisons made between them.

use serde::{Deserialize, Serialize};

use super::{CellList, CellQuery, Filters, GeneMean};

/// A named list of genes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeneSet {
    /// Unique among the gene sets.
    pub name: String,
    /// What the set is for; may be empty.
    #[serde(default)]
    pub description: String,
    /// The ids of the genes, each once.
    pub genes: Vec<String>,
}

impl GeneSet {
    /// The mean of its genes in a layer; `None` where it has none.
    pub fn mean(&self, layer: Option<String>) -> Option<GeneMean> {
        GeneMean::new(layer, self.genes.iter().cloned())
    }
}

/// A named set of cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellSet {
    /// Unique among the cell sets.
    pub name: String,
    /// Its cells.
    pub source: CellSource,
}

/// How the cells of a set are known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellSource {
    /// By what was selected when the set was saved.
    Query(CellQuery),
    /// One by one.
    Cells(CellList),
}

/// What a group of cells is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reference {
    /// Every other cell of the universe.
    Rest,
    /// A cell set, by name.
    Set(String),
}

/// The statistic of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestMode {
    /// Welch's t-test.
    #[default]
    Welch,
    /// Welch's t-test as CELLxGENE computes it: both variances divided by the smaller group's size.
    #[serde(rename = "cellxgene")]
    CellxgeneCompatible,
    /// A t-test of samples instead of cells, which are not independent within one: each sample
    /// counts once.
    Samples,
}

/// A question of differential expression. Its answer is not state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// The cell set in question, by name.
    pub group: String,
    /// What it is compared with.
    pub reference: Reference,
    /// The statistic.
    #[serde(default)]
    pub mode: TestMode,
    /// The layer, or `None` for the dataset's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// The levels of the subset that was in view when it was asked for: cells outside are in neither set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub universe: Vec<Filters>,
}

impl Comparison {
    /// Whether its sets are among those that exist, and differ.
    pub(super) fn is_between(&self, exists: impl Fn(&str) -> bool) -> bool {
        exists(&self.group)
            && match &self.reference {
                Reference::Rest => true,
                Reference::Set(name) => *name != self.group && exists(name),
            }
    }

    /// Whether the comparison is about this cell set.
    pub fn uses(&self, set: &str) -> bool {
        self.group == set || matches!(&self.reference, Reference::Set(name) if name == set)
    }

    /// Follows a cell set to its new name.
    pub(super) fn rename_set(&mut self, from: &str, to: &str) {
        if self.group == from {
            to.clone_into(&mut self.group);
        }
        if let Reference::Set(name) = &mut self.reference
            && name == from
        {
            to.clone_into(name);
        }
    }
}
