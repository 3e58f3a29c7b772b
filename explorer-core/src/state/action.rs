//! Everything that can be done to the state.

use super::{
    Camera, CellSet, ColorBy, ColorOptions, Comparison, DimensionKey, GeneKey, GeneMean, GeneSet, Hover, Label,
    LabelFilter, Markers, PointStyle, Polygon, Range, Side, Theme, Tool, ViewSpec,
};

/// One change of the state. The page, a link and a host page ask for changes by these alone.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Takes the last step back. Only [`History`](super::History) acts on it.
    Undo,
    /// Takes an undone step again. Only [`History`](super::History) acts on it.
    Redo,
    /// A drag, or a run of key presses on a slider, is over: what follows is a new step.
    EndDrag,

    /// Opens a dataset with nothing chosen yet. Panels, theme and dots stay.
    OpenDataset(String),
    /// Shows the view of a link.
    Restore(Box<ViewSpec>),

    /// Shows another embedding, fitted; `None` is the dataset's default.
    SetEmbedding(Option<String>),
    /// Moves the camera; `None` fits the embedding.
    SetCamera(Option<Camera>),
    /// Chooses what dragging does.
    SetTool(Tool),
    /// Changes the dots.
    SetPointStyle(PointStyle),

    /// Colours by something else. The range and the logarithm, which belong to the old values,
    /// are reset.
    SetColor(ColorBy),
    /// Changes how values become colours.
    SetColorOptions(ColorOptions),
    /// Chooses the layer to ask about genes. A gene or gene set that colours the cells follows; filters keep
    /// the layer whose values they were set on.
    SetLayer(Option<String>),

    /// Hides a label that is shown, or shows one that is hidden.
    ToggleLabel {
        /// The column.
        column: String,
        /// The label.
        label: Label,
    },
    /// Sets which labels of a column pass.
    SetLabels {
        /// The column.
        column: String,
        /// What passes.
        filter: LabelFilter,
    },
    /// Sets the values of a continuous column that pass; `None` lets all pass.
    SetRange {
        /// The column.
        column: String,
        /// What passes.
        range: Option<Range>,
    },
    /// Sets the expression that passes; `None` lets all pass.
    SetGeneRange {
        /// The gene.
        gene: GeneKey,
        /// What passes.
        range: Option<Range>,
    },
    /// Sets the mean expression that passes; `None` lets all pass.
    SetMeanRange {
        /// The mean.
        mean: GeneMean,
        /// What passes.
        range: Option<Range>,
    },
    /// Draws an outline in an embedding.
    Select {
        /// The embedding's key in `obsm`.
        embedding: String,
        /// What becomes of the selection there is.
        mode: SelectMode,
        /// The outline.
        polygon: Polygon,
    },
    /// Selects the cells that the outlines of an embedding do not, instead of those they do.
    InvertSelection {
        /// The embedding's key in `obsm`.
        embedding: String,
    },
    /// Removes one filter.
    ClearFilter(DimensionKey),
    /// Removes every filter; the subset stays.
    ClearFilters,
    /// Makes the selected cells all there is to see, until [`Action::Unsubset`].
    Subset,
    /// Goes back to before the last [`Action::Subset`], with the filters it was made from.
    Unsubset,

    /// Lists a gene and colours by it, in its layer, which becomes the one to ask about genes.
    ShowGene(GeneKey),
    /// Lists genes, those not yet listed.
    AddGenes(Vec<String>),
    /// Takes a gene off the list, and its filter with it unless a gene set still shows it.
    RemoveGene(String),
    /// Adds gene sets, each in place of one of the same name. Filters on a mean follow the set that
    /// they were set on, here and below.
    AddGeneSets(Vec<GeneSet>),
    /// Renames a gene set, unless the new name is taken. The colour follows.
    RenameGeneSet {
        /// Its name.
        from: String,
        /// Its new name.
        to: String,
    },
    /// Says what a gene set is for.
    DescribeGeneSet {
        /// Its name.
        name: String,
        /// What it is for.
        description: String,
    },
    /// Adds genes to a gene set, those not in it yet.
    AddToGeneSet {
        /// Its name.
        name: String,
        /// The genes.
        genes: Vec<String>,
    },
    /// Takes a gene out of a gene set.
    RemoveFromGeneSet {
        /// Its name.
        name: String,
        /// The gene.
        gene: String,
    },
    /// Deletes a gene set, and the filter on its mean; where it colours the cells, nothing does now.
    RemoveGeneSet(String),

    /// Saves what is selected as a cell set, in place of one of the same name.
    SaveCellSet {
        /// Its name.
        name: String,
    },
    /// Adds a cell set, in place of one of the same name.
    AddCellSet(CellSet),
    /// Selects the cells of a set that was saved from a selection, by its filters.
    SelectCellSet(String),
    /// Renames a cell set, unless the new name is taken. Comparisons follow.
    RenameCellSet {
        /// Its name.
        from: String,
        /// Its new name.
        to: String,
    },
    /// Deletes a cell set and the comparisons made with it.
    RemoveCellSet(String),
    /// Asks for a comparison of cell sets, and opens it.
    Compare(Comparison),
    /// Deletes a comparison.
    RemoveComparison(Comparison),
    /// Opens the result of a comparison, or closes it.
    ShowComparison(Option<Comparison>),
    /// Opens the markers of every label of a column, or closes them.
    ShowMarkers(Option<Markers>),

    /// Opens a sidebar that is closed, or closes one that is open.
    ToggleSidebar(Side),
    /// Lists the labels of a column, or no longer.
    ToggleExpanded(String),
    /// Writes the labels that colour the cells over the picture, or no longer.
    ToggleLabels,
    /// Chooses light or dark.
    SetTheme(Theme),

    /// The pointer is over something else.
    Hover(Option<Hover>),
    /// Opens a sidebar as a drawer, or closes it, on a narrow screen.
    SetDrawer(Option<Side>),
}

/// What a new outline does to the selection there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SelectMode {
    /// Takes its place.
    #[default]
    Replace,
    /// Adds the cells inside.
    Add,
    /// Takes the cells inside away; from all cells when nothing is selected.
    Subtract,
}

/// How an action enters the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UndoPolicy {
    /// Not at all: undo neither stops at it nor reverts it.
    Skip,
    /// As a step.
    Save,
    /// As one step together with those before it that have the same key, up to
    /// [`Action::EndDrag`] or another step.
    Coalesce(CoalesceKey),
}

/// What a drag is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CoalesceKey {
    /// The filter of a dimension.
    Filter(DimensionKey),
    /// The colour scale.
    ColorOptions,
}

impl Action {
    /// How the action enters the history. Those that skip it change nothing of
    /// [`Analysis`](super::Analysis).
    pub fn undo_policy(&self) -> UndoPolicy {
        match self {
            Self::Undo
            | Self::Redo
            | Self::EndDrag
            | Self::SetCamera(_)
            | Self::SetTool(_)
            | Self::SetPointStyle(_)
            | Self::ShowComparison(_)
            | Self::ShowMarkers(_)
            | Self::ToggleSidebar(_)
            | Self::ToggleExpanded(_)
            | Self::ToggleLabels
            | Self::SetTheme(_)
            | Self::Hover(_)
            | Self::SetDrawer(_) => UndoPolicy::Skip,
            Self::SetRange { column, .. } => {
                UndoPolicy::Coalesce(CoalesceKey::Filter(DimensionKey::Obs(column.clone())))
            }
            Self::SetGeneRange { gene, .. } => {
                UndoPolicy::Coalesce(CoalesceKey::Filter(DimensionKey::Gene(gene.clone())))
            }
            Self::SetMeanRange { mean, .. } => {
                UndoPolicy::Coalesce(CoalesceKey::Filter(DimensionKey::Mean(mean.clone())))
            }
            Self::SetColorOptions(_) => UndoPolicy::Coalesce(CoalesceKey::ColorOptions),
            Self::OpenDataset(_)
            | Self::Restore(_)
            | Self::SetEmbedding(_)
            | Self::SetColor(_)
            | Self::SetLayer(_)
            | Self::ToggleLabel { .. }
            | Self::SetLabels { .. }
            | Self::Select { .. }
            | Self::InvertSelection { .. }
            | Self::ClearFilter(_)
            | Self::ClearFilters
            | Self::Subset
            | Self::Unsubset
            | Self::ShowGene(_)
            | Self::AddGenes(_)
            | Self::RemoveGene(_)
            | Self::AddGeneSets(_)
            | Self::RenameGeneSet { .. }
            | Self::DescribeGeneSet { .. }
            | Self::AddToGeneSet { .. }
            | Self::RemoveFromGeneSet { .. }
            | Self::RemoveGeneSet(_)
            | Self::SaveCellSet { .. }
            | Self::AddCellSet(_)
            | Self::SelectCellSet(_)
            | Self::RenameCellSet { .. }
            | Self::RemoveCellSet(_)
            | Self::Compare(_)
            | Self::RemoveComparison(_) => UndoPolicy::Save,
        }
    }
}
