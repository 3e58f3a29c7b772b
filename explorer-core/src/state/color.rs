//! What cells are colored by, and how values become colors.

use serde::{Deserialize, Serialize};
use shared_fbs::manifest::Manifest;

use super::{
    GeneKey, Range, SetValue,
    json::{ClipJson, JsonError},
    limits::PERCENTILES,
};

/// What cells are colored by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColorBy {
    /// One color for all.
    #[default]
    None,
    /// A column of `obs`, by name.
    Obs(String),
    /// A gene's expression.
    Gene(GeneKey),
    /// The mean expression of a gene set, or its score.
    GeneSet {
        /// The set, by name.
        set: String,
        /// The layer, or `None` for the dataset's default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layer: Option<String>,
        /// What its genes come to.
        #[serde(default, skip_serializing_if = "SetValue::is_mean")]
        value: SetValue,
    },
    /// The expression of two genes, blended.
    TwoGenes {
        /// Their ids.
        genes: [String; 2],
        /// The layer, or `None` for the dataset's default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layer: Option<String>,
    },
}

impl ColorBy {
    /// The name of the column of `obs`, where one colors the cells.
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::Obs(column) => Some(column),
            Self::None | Self::Gene(_) | Self::GeneSet { .. } | Self::TwoGenes { .. } => None,
        }
    }

    /// What colors the cells when a dataset is opened without a link: its main label, which is what everybody does first.
    pub fn first_of(manifest: &Manifest) -> Self {
        manifest.main_label.clone().map_or(Self::None, Self::Obs)
    }

    /// The gene, where one colors the cells.
    pub fn gene(&self) -> Option<&GeneKey> {
        match self {
            Self::Gene(gene) => Some(gene),
            Self::None | Self::Obs(_) | Self::GeneSet { .. } | Self::TwoGenes { .. } => None,
        }
    }

    /// The two genes, where two are blended.
    pub fn pair(&self) -> Option<[GeneKey; 2]> {
        match self {
            Self::TwoGenes { genes, layer } => {
                Some(genes.each_ref().map(|gene| GeneKey { layer: layer.clone(), gene: gene.clone() }))
            }
            Self::None | Self::Obs(_) | Self::Gene(_) | Self::GeneSet { .. } => None,
        }
    }

    /// The name of the gene set, where its mean colors the cells.
    pub fn gene_set(&self) -> Option<&str> {
        match self {
            Self::GeneSet { set, .. } => Some(set),
            Self::None | Self::Obs(_) | Self::Gene(_) | Self::TwoGenes { .. } => None,
        }
    }

    /// The layer whose values color the cells; `None` where no layer's do.
    pub(super) fn layer_mut(&mut self) -> Option<&mut Option<String>> {
        match self {
            Self::None | Self::Obs(_) => None,
            Self::Gene(gene) => Some(&mut gene.layer),
            Self::GeneSet { layer, .. } | Self::TwoGenes { layer, .. } => Some(layer),
        }
    }
}

/// The percentiles outside which a value counts as missing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ClipJson", into = "ClipJson")]
pub struct Clip {
    lower: f32,
    upper: f32,
}

impl Clip {
    /// Nothing is clipped.
    pub const NONE: Self = Self { lower: 0.0, upper: 100.0 };

    /// From the `lower` to the `upper` percentile; `None` unless 0 ≤ `lower` < `upper` ≤ 100.
    pub fn new(lower: f32, upper: f32) -> Option<Self> {
        let is_possible = lower < upper && PERCENTILES.contains(&lower) && PERCENTILES.contains(&upper);
        is_possible.then_some(Self { lower: lower + 0.0, upper })
    }

    /// The lower percentile, 0 to 100.
    pub fn lower(self) -> f32 {
        self.lower
    }

    /// The upper percentile, 0 to 100.
    pub fn upper(self) -> f32 {
        self.upper
    }
}

impl TryFrom<ClipJson> for Clip {
    type Error = JsonError;

    fn try_from(ClipJson { lower, upper }: ClipJson) -> Result<Self, JsonError> {
        Self::new(lower, upper).ok_or(JsonError::Clip)
    }
}

impl From<Clip> for ClipJson {
    fn from(clip: Clip) -> Self {
        Self { lower: clip.lower(), upper: clip.upper() }
    }
}

/// Which cells are drawn above others. Selected ones are always drawn above those that are not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellOrder {
    /// Those of higher values.
    #[default]
    Highest,
    /// Those of lower values.
    Lowest,
    /// Any, the same ones each time.
    Random,
}

/// How values become colors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ColorOptions {
    /// The colormap's name, or `None` for the default.
    pub colormap: Option<String>,
    /// The values at the ends of the colormap; an infinite one stands for the data's own.
    pub range: Range,
    /// Whether the scale is logarithmic.
    pub log: bool,
    /// Whether zeros are drawn as missing.
    pub zeros_gray: bool,
    /// Percentiles outside which values are drawn as missing, and histograms do not count them.
    pub clip: Clip,
    /// Which cells are drawn above others, where numbers color them.
    pub order: CellOrder,
}

impl Default for ColorOptions {
    fn default() -> Self {
        Self {
            colormap: None,
            range: Range::ALL,
            log: false,
            zeros_gray: false,
            clip: Clip::NONE,
            order: CellOrder::default(),
        }
    }
}
