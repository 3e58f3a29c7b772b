//! The state: what a link holds, and what only the moment does.

use std::collections::BTreeSet;

use crate::data::CellIdx;

use super::{CellQuery, CellSet, ColorBy, ColorOptions, Comparison, Dimension, GeneMean, GeneSet, Label, Reference};

/// Everything the page shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AppState {
    /// What a link restores.
    pub view: ViewSpec,
    /// What it does not.
    pub transient: Transient,
}

impl AppState {
    /// Every filter and subset level in force, with its dimension.
    pub fn active_dimensions(&self) -> Vec<Dimension<'_>> {
        self.view.analysis.query.active_dimensions()
    }
}

/// The view: all that a link holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ViewSpec {
    /// The dataset's id, or `None` before one is chosen.
    pub dataset: Option<String>,
    /// What was chosen about the data; the part that undo covers.
    pub analysis: Analysis,
    /// Where the embedding is looked at from, or `None` to fit it.
    pub camera: Option<Camera>,
    /// What dragging on the embedding does.
    pub tool: Tool,
    /// Size and opacity of the dots.
    pub points: PointStyle,
    /// What is open around the embedding.
    pub panels: Panels,
}

/// What was chosen about the data. Undo and redo restore this and nothing else.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Analysis {
    /// The embedding's key in `obsm`, or `None` for the dataset's default.
    pub embedding: Option<String>,
    /// What cells are coloured by.
    pub color: ColorBy,
    /// How values become colours.
    pub color_options: ColorOptions,
    /// The layer new questions about genes ask, or `None` for the dataset's default.
    pub layer: Option<String>,
    /// Which cells are selected, of which subset.
    pub query: CellQuery,
    /// Genes listed one by one, each once.
    pub genes: Vec<String>,
    /// Gene sets; names are unique.
    pub gene_sets: Vec<GeneSet>,
    /// Cell sets; names are unique.
    pub cell_sets: Vec<CellSet>,
    /// Comparisons asked for, oldest first, each once; the sets they name exist.
    pub comparisons: Vec<Comparison>,
}

impl Analysis {
    /// The cell set of that name.
    pub fn cell_set(&self, name: &str) -> Option<&CellSet> {
        self.cell_sets.iter().find(|set| set.name == name)
    }

    /// The gene set of that name.
    pub fn gene_set(&self, name: &str) -> Option<&GeneSet> {
        self.gene_sets.iter().find(|set| set.name == name)
    }

    /// The mean that colours the cells, where that of a gene set does which has genes.
    pub fn color_mean(&self) -> Option<GeneMean> {
        match &self.color {
            ColorBy::GeneSet { set, layer } => self.gene_set(set)?.mean(layer.clone()),
            _ => None,
        }
    }

    /// Whether the sets that a comparison names exist and differ.
    pub(super) fn can_compare(&self, comparison: &Comparison) -> bool {
        self.cell_set(&comparison.group).is_some()
            && match &comparison.reference {
                Reference::Rest => true,
                Reference::Set(name) => *name != comparison.group && self.cell_set(name).is_some(),
            }
    }
}

/// Where an embedding is looked at from, in its own coordinates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    x: f64,
    y: f64,
    width: f64,
}

impl Camera {
    /// Looks at (`x`, `y`) so that `width` embedding units span the picture's width.
    ///
    /// `None` unless `width` is positive and all are finite (and below 1e100 in size).
    pub fn new(x: f64, y: f64, width: f64) -> Option<Self> {
        let sizes = 1e-100..=1e100;
        (x.abs() <= *sizes.end() && y.abs() <= *sizes.end() && sizes.contains(&width)).then_some(Self {
            x: x + 0.0,
            y: y + 0.0,
            width,
        })
    }

    /// The horizontal coordinate at the picture's centre.
    pub fn x(self) -> f64 {
        self.x
    }

    /// The vertical coordinate at the picture's centre.
    pub fn y(self) -> f64 {
        self.y
    }

    /// Embedding units across the picture's width; positive.
    pub fn width(self) -> f64 {
        self.width
    }

    /// The camera as a link writes it: `width` to five significant digits, the centre to a
    /// hundred-thousandth of it, which no screen shows.
    pub(super) fn canonical(self) -> Self {
        let width = format!("{:.4e}", self.width);
        let magnitude = width
            .split_once('e')
            .and_then(|(_, exponent)| exponent.parse::<i32>().ok())
            .expect("numbers in scientific notation end in an integer");
        let decimals = usize::try_from(5 - magnitude).unwrap_or(0);
        let rounded = |text: String| -> f64 { text.parse().expect("a formatted number is a number") };
        Self {
            x: rounded(format!("{:.decimals$}", self.x)) + 0.0,
            y: rounded(format!("{:.decimals$}", self.y)) + 0.0,
            width: rounded(width),
        }
    }
}

/// What dragging on the embedding does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tool {
    /// Moves the view.
    Pan,
    /// Draws an outline.
    #[default]
    Lasso,
    /// Draws a rectangle.
    Rectangle,
}

/// Size and opacity of the dots.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PointStyle {
    size: Option<f32>,
    opacity: f32,
}

impl PointStyle {
    /// Dots `size_px` CSS pixels wide (`None` lets the picture choose; kept within 0.1 to 100) and
    /// `opacity` opaque (kept within 0 to 1). What is not a number becomes the default.
    pub fn new(size_px: Option<f32>, opacity: f32) -> Self {
        Self {
            size: size_px.filter(|size| !size.is_nan()).map(|size| size.clamp(0.1, 100.0)),
            opacity: if opacity.is_nan() { 1.0 } else { opacity.clamp(0.0, 1.0) + 0.0 },
        }
    }

    /// Width of a dot in CSS pixels, or `None` to let the picture choose.
    pub fn size_px(self) -> Option<f32> {
        self.size
    }

    /// 0 (invisible) to 1 (opaque).
    pub fn opacity(self) -> f32 {
        self.opacity
    }
}

impl Default for PointStyle {
    fn default() -> Self {
        Self::new(None, 1.0)
    }
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// One of the two sidebars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Columns of `obs`.
    Left,
    /// Genes, sets and comparisons.
    Right,
}

/// What is open around the embedding.
#[derive(Clone, Debug, PartialEq)]
pub struct Panels {
    /// Whether the left sidebar is open.
    pub left: bool,
    /// Whether the right sidebar is open.
    pub right: bool,
    /// Whether the labels that colour the cells are written over the picture.
    pub labels: bool,
    /// Columns whose labels are listed.
    pub expanded: BTreeSet<String>,
    /// The comparison whose result is open. It may no longer be in the list, after an undo.
    pub comparison: Option<Comparison>,
    /// The markers that are open, in place of a comparison.
    pub markers: Option<Markers>,
    /// Light or dark.
    pub theme: Theme,
}

/// The markers of every label of a column: a question of which only the answer's table is not state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Markers {
    /// The column.
    pub column: String,
    /// What the genes are ranked by.
    pub rank: MarkerOrder,
}

/// What the markers of a label are ranked by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MarkerOrder {
    /// Welch's t against all other cells.
    #[default]
    Score,
    /// A low percentile of the effect sizes against each other label.
    Effect,
}

impl Default for Panels {
    fn default() -> Self {
        Self {
            left: true,
            right: true,
            labels: false,
            expanded: BTreeSet::new(),
            comparison: None,
            markers: None,
            theme: Theme::System,
        }
    }
}

/// What only the moment holds: neither link nor history knows of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transient {
    /// What the pointer is over.
    pub hover: Option<Hover>,
    /// The sidebar that is open as a drawer, on a narrow screen.
    pub drawer: Option<Side>,
}

/// What the pointer is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hover {
    /// A cell of the embedding.
    Cell(CellIdx),
    /// A label of a column, whose cells are to be highlighted.
    Label {
        /// The column.
        column: String,
        /// The label.
        label: Label,
    },
}
