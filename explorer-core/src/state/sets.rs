//! Sets with names, of cells and of genes, and the comparisons made between them.

use serde::{Deserialize, Serialize};

use super::{CellList, CellQuery, Filters, GeneMean};
use crate::de::{Adjustment, Method, Test, Ties};

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
    /// Welch's t-test as scanpy's `t-test_overestim_var`: both variances divided by the group's size.
    #[serde(rename = "overestim_var")]
    OverestimatedVariance,
    /// The Wilcoxon rank-sum test, corrected for ties.
    Wilcoxon,
    /// The same without that correction, as scanpy has it by default.
    WilcoxonUncorrected,
    /// A t-test of samples instead of cells, which are not independent within one: each sample
    /// counts once.
    Samples,
}

impl TestMode {
    /// Every statistic, in the order of a menu.
    pub const ALL: [Self; 6] = [
        Self::Welch,
        Self::CellxgeneCompatible,
        Self::OverestimatedVariance,
        Self::Wilcoxon,
        Self::WilcoxonUncorrected,
        Self::Samples,
    ];

    /// Its name in links and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Welch => "welch",
            Self::CellxgeneCompatible => "cellxgene",
            Self::OverestimatedVariance => "overestim_var",
            Self::Wilcoxon => "wilcoxon",
            Self::WilcoxonUncorrected => "wilcoxon_uncorrected",
            Self::Samples => "samples",
        }
    }

    /// The statistic of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }

    /// Its name on the page.
    pub fn title(self) -> &'static str {
        match self {
            Self::Welch => "Welch’s t-test",
            Self::CellxgeneCompatible => "Welch’s t-test as in CELLxGENE",
            Self::OverestimatedVariance => "t-test, overestimated variance",
            Self::Wilcoxon => "Wilcoxon rank-sum",
            Self::WilcoxonUncorrected => "Wilcoxon, ties not corrected",
            Self::Samples => "t-test of samples",
        }
    }

    /// What a list of comparisons says of it; nothing of the usual one.
    pub fn note(self) -> &'static str {
        match self {
            Self::Welch => "",
            Self::CellxgeneCompatible => ", as in CELLxGENE",
            Self::OverestimatedVariance => ", overestimated variance",
            Self::Wilcoxon => ", Wilcoxon",
            Self::WilcoxonUncorrected => ", Wilcoxon uncorrected",
            Self::Samples => ", by samples",
        }
    }

    /// How cells are compared; `None` where samples are.
    pub fn test(self) -> Option<(Method, Test)> {
        match self {
            Self::Welch => Some((Method::Welch, Test::T)),
            Self::CellxgeneCompatible => Some((Method::CellxgeneCompatible, Test::T)),
            Self::OverestimatedVariance => Some((Method::OverestimatedVariance, Test::T)),
            Self::Wilcoxon => Some((Method::Welch, Test::Wilcoxon(Ties::Corrected))),
            Self::WilcoxonUncorrected => Some((Method::Welch, Test::Wilcoxon(Ties::Ignored))),
            Self::Samples => None,
        }
    }

    /// The correction for ties, where values are ranked: that reads every gene.
    pub fn ranks(self) -> Option<Ties> {
        match self.test() {
            Some((_, Test::Wilcoxon(ties))) => Some(ties),
            Some((_, Test::T)) | None => None,
        }
    }
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
    /// How p-values are adjusted for the number of genes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub adjustment: Adjustment,
    /// The layer, or `None` for the dataset's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// The levels of the subset that was in view when it was asked for: cells outside are in neither set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub universe: Vec<Filters>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
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
