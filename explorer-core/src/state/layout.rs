//! What is open around the panels.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{CellQuery, Comparison, ComparisonView, Filters, Inquiry, Plot, query::canonical_levels};

/// What is open around the panels, and how the page looks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Layout {
    /// Whether the left sidebar is open.
    pub left: bool,
    /// Whether the right sidebar is open.
    pub right: bool,
    /// Width of the left sidebar in CSS pixels, within [`SIDEBAR_WIDTHS_PX`](super::SIDEBAR_WIDTHS_PX); `None` is the usual one.
    pub left_px: Option<u16>,
    /// Width of the right one.
    pub right_px: Option<u16>,
    /// Whether the labels that color the cells are written over the picture.
    pub labels: bool,
    /// Whether the cameras of panels that show the same move together.
    pub linked: bool,
    /// Whether contours of their density are drawn over the cells.
    pub density: bool,
    /// Columns whose labels are listed.
    pub expanded: BTreeSet<String>,
    /// The result that is open.
    pub result: Option<ResultPanel>,
    /// What is shown of a comparison.
    pub comparison: ComparisonView,
    /// Light or dark.
    pub theme: Theme,
}

impl Layout {
    /// How wide a sidebar is on a wide screen, in CSS pixels.
    pub fn width_px(&self, side: Side) -> u16 {
        let chosen = match side {
            Side::Left => self.left_px,
            Side::Right => self.right_px,
        };
        chosen.unwrap_or(side.usual_width_px())
    }
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            left: true,
            right: true,
            left_px: None,
            right_px: None,
            labels: false,
            linked: false,
            density: false,
            expanded: BTreeSet::new(),
            result: None,
            comparison: ComparisonView::default(),
            theme: Theme::System,
        }
    }
}

/// A result that is open, by its question: its answer is not state. One is open at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultPanel {
    /// A comparison of cell sets, by cells or by samples as its test says. It may no longer be in the
    /// list, after an undo.
    Comparison(Comparison),
    /// The markers of every label of a column.
    Markers(Markers),
    /// A plot of cells by group.
    Plot(Plot),
    /// Another question about some cells.
    Inquiry(Inquiry),
}

impl ResultPanel {
    /// The comparison, where that is what is open.
    pub fn comparison(&self) -> Option<&Comparison> {
        match self {
            Self::Comparison(comparison) => Some(comparison),
            Self::Markers(_) | Self::Plot(_) | Self::Inquiry(_) => None,
        }
    }

    /// The same, its universe without levels that every cell passes.
    pub(super) fn canonical(mut self) -> Self {
        match &mut self {
            Self::Comparison(Comparison { universe, .. }) | Self::Markers(Markers { universe, .. }) => {
                *universe = canonical_levels(std::mem::take(universe));
            }
            Self::Plot(plot) => *plot = std::mem::take(plot).canonical(),
            Self::Inquiry(inquiry) => *inquiry = std::mem::take(inquiry).canonical(),
        }
        self
    }

    /// The levels of filters by which cells count.
    pub(super) fn levels_mut(&mut self) -> impl Iterator<Item = &mut Filters> {
        let (universe, filters) = match self {
            Self::Comparison(Comparison { universe, .. })
            | Self::Markers(Markers { universe, .. })
            | Self::Plot(Plot { universe, .. }) => (universe, None),
            Self::Inquiry(Inquiry { cells: CellQuery { subset, filters }, .. }) => (subset, Some(filters)),
        };
        universe.iter_mut().chain(filters)
    }

    /// The plot, where that is what is open.
    pub fn plot(&self) -> Option<&Plot> {
        match self {
            Self::Plot(plot) => Some(plot),
            Self::Comparison(_) | Self::Markers(_) | Self::Inquiry(_) => None,
        }
    }

    /// The markers, where these are what is open.
    pub fn markers(&self) -> Option<&Markers> {
        match self {
            Self::Markers(markers) => Some(markers),
            Self::Comparison(_) | Self::Plot(_) | Self::Inquiry(_) => None,
        }
    }

    /// The question about some cells, where that is what is open.
    pub fn inquiry(&self) -> Option<&Inquiry> {
        match self {
            Self::Inquiry(inquiry) => Some(inquiry),
            Self::Comparison(_) | Self::Markers(_) | Self::Plot(_) => None,
        }
    }
}

/// The markers of every label of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Markers {
    /// The column.
    pub column: String,
    /// What the genes are ranked by.
    #[serde(default)]
    pub rank: MarkerOrder,
    /// The levels of the subset that was in view when they were asked for: cells outside do not count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub universe: Vec<Filters>,
}

/// What the markers of a label are ranked by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkerOrder {
    /// Welch's t against all other cells of the universe.
    #[default]
    Score,
    /// A low percentile of the effect sizes against each other label.
    Effect,
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Side {
    /// How wide the sidebar is unless the user says otherwise, in CSS pixels.
    pub fn usual_width_px(self) -> u16 {
        match self {
            Self::Left => 296,
            Self::Right => 312,
        }
    }
}

/// One of the two sidebars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Columns of `obs`.
    Left,
    /// Genes, sets and comparisons.
    Right,
}
