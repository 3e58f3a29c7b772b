//! What cells are coloured by, and how values become colours.

use super::{GeneKey, Range};

/// What cells are coloured by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ColorBy {
    /// One colour for all.
    #[default]
    None,
    /// A column of `obs`, by name.
    Obs(String),
    /// A gene's expression.
    Gene(GeneKey),
    /// The mean expression of a gene set.
    GeneSet {
        /// The set, by name.
        set: String,
        /// The layer, or `None` for the dataset's default.
        layer: Option<String>,
    },
}

impl ColorBy {
    /// The layer whose values colour the cells; `None` where no layer's do.
    pub(super) fn layer_mut(&mut self) -> Option<&mut Option<String>> {
        match self {
            Self::None | Self::Obs(_) => None,
            Self::Gene(gene) => Some(&mut gene.layer),
            Self::GeneSet { layer, .. } => Some(layer),
        }
    }
}

/// The percentiles outside which a value counts as missing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clip {
    lower: f32,
    upper: f32,
}

impl Clip {
    /// Nothing is clipped.
    pub const NONE: Self = Self { lower: 0.0, upper: 100.0 };

    /// From the `lower` to the `upper` percentile; `None` unless 0 ≤ `lower` < `upper` ≤ 100.
    pub fn new(lower: f32, upper: f32) -> Option<Self> {
        (0.0 <= lower && lower < upper && upper <= 100.0).then_some(Self { lower: lower + 0.0, upper })
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

/// How values become colours.
#[derive(Clone, Debug, PartialEq)]
pub struct ColorOptions {
    /// The colormap's name, or `None` for the default.
    pub colormap: Option<String>,
    /// The values at the ends of the colormap; an infinite one stands for the data's own.
    pub range: Range,
    /// Whether the scale is logarithmic.
    pub log: bool,
    /// Whether zeros are drawn as missing.
    pub zeros_grey: bool,
    /// Percentiles outside which values are drawn as missing.
    pub clip: Clip,
}

impl Default for ColorOptions {
    fn default() -> Self {
        Self { colormap: None, range: Range::ALL, log: false, zeros_grey: false, clip: Clip::NONE }
    }
}
