//! How gene sets are tested against a comparison, as it is asked for.

use serde::{Deserialize, Serialize};

/// How gene sets are tested against a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Enrichment {
    /// By which question.
    pub by: EnrichmentBy,
    /// Which genes are chosen, where that is the question.
    pub chosen: ChosenGenes,
}

/// The question asked of a gene set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnrichmentBy {
    /// Whether chosen genes are more often of the set than chance would have it (hypergeometric test).
    #[default]
    Chosen,
    /// Whether the set's genes lie at an end of the ranking by score (GSEA, preranked).
    Ranking,
}

/// Which genes of a comparison are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChosenGenes {
    /// On which side.
    pub direction: ChosenDirection,
    /// With an adjusted p-value of at most this.
    pub max_pval: f64,
    /// With at least this effect, in either direction: a log2 fold change, or a difference of means.
    pub min_effect: f64,
}

/// On which side chosen genes are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChosenDirection {
    /// Higher in the group.
    #[default]
    Up,
    /// Lower in the group.
    Down,
    /// Either.
    Both,
}

impl EnrichmentBy {
    /// Both, in the order of a menu.
    pub const ALL: [Self; 2] = [Self::Chosen, Self::Ranking];

    /// Its name in links.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chosen => "chosen",
            Self::Ranking => "ranking",
        }
    }

    /// The question of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.name() == name)
    }
}

impl ChosenDirection {
    /// All, in the order of a menu.
    pub const ALL: [Self; 3] = [Self::Up, Self::Down, Self::Both];

    /// Its name in links.
    pub fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Both => "both",
        }
    }

    /// The side of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|direction| direction.name() == name)
    }

    /// What it means.
    pub fn text(self) -> &'static str {
        match self {
            Self::Up => "higher in the group",
            Self::Down => "lower in the group",
            Self::Both => "higher or lower in the group",
        }
    }
}

impl Default for ChosenGenes {
    fn default() -> Self {
        Self { direction: ChosenDirection::default(), max_pval: 0.05, min_effect: 0.0 }
    }
}
