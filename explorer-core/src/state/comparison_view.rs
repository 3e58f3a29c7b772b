//! What is shown of the comparison that is open.

use serde::{Deserialize, Serialize};

use super::Enrichment;

/// What is shown of the comparison that is open, beside its facts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ComparisonView {
    /// The plot.
    pub plot: ComparisonPlot,
    /// The comparison that effects are held against, by its place in the list.
    pub with: Option<u32>,
    /// The gene whose values in both sets are shown, by id.
    pub gene: Option<String>,
    /// How gene sets are tested, where they stand in the place of the genes.
    pub sets: Option<Enrichment>,
}

/// A plot of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComparisonPlot {
    /// The effect of each gene against its evidence.
    #[default]
    Volcano,
    /// The mean expression of each gene against its effect.
    Ma,
    /// The effect of each gene against that in another comparison.
    Effects,
    /// The values of one gene in both sets.
    Gene,
}

impl ComparisonPlot {
    /// All plots, in the order of a menu.
    pub const ALL: [Self; 4] = [Self::Volcano, Self::Ma, Self::Effects, Self::Gene];

    /// Its name in links.
    pub fn name(self) -> &'static str {
        match self {
            Self::Volcano => "volcano",
            Self::Ma => "ma",
            Self::Effects => "effects",
            Self::Gene => "gene",
        }
    }

    /// The plot of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plot| plot.name() == name)
    }
}
