//! Everything that can be done to the state.

use serde::{Deserialize, Serialize};

use super::{
    Camera, CellList, CellSet, ColorBy, ColorOptions, Comparison, ComparisonView, DimensionKey, GeneKey, GeneMean,
    GeneSet, Hover, Label, LabelFilter, LetterKeys, OwnColumn, Panel, PanelIdx, PointStyle, Polygon, Range,
    ResultPanel, Scatter, SelectMode, Side, TestMode, Theme, TissueImage, Tool, ViewSpec,
};
use crate::data::Orientation;

/// One change of the state. The page, a link and a host page ask for changes by these alone. An action on a
/// panel that is not open changes nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

    /// Shows another embedding in a panel, fitted.
    SetEmbedding {
        /// The panel.
        #[serde(default)]
        panel: PanelIdx,
        /// The embedding's key in `obsm`, or `None` for the dataset's default.
        embedding: Option<String>,
    },
    /// Shows a scatter plot in a panel, fitted.
    SetScatter {
        /// The panel.
        #[serde(default)]
        panel: PanelIdx,
        /// What lies along its axes.
        scatter: Scatter,
    },
    /// Opens a panel after the others, unless there are [`MOST_PANELS`](super::MOST_PANELS).
    AddPanel(Panel),
    /// Closes a panel, unless it is the only one.
    ClosePanel(PanelIdx),
    /// Closes every panel but one, which shows all its cells in color.
    KeepPanel(PanelIdx),
    /// Shows what a panel does once for each of these labels, with its cells alone in color, in place of all panels:
    /// as many as can be open, their cameras linked.
    SplitPanels {
        /// The panel.
        #[serde(default)]
        panel: PanelIdx,
        /// The column.
        column: String,
        /// The labels.
        labels: Vec<Label>,
    },
    /// Commands are about this panel from now on.
    FocusPanel(PanelIdx),
    /// Lets the cameras of panels that show the same move together, or no longer.
    ToggleLinked,
    /// Moves the camera of a panel, and those of the panels that it is linked with.
    SetCamera {
        /// The panel.
        #[serde(default)]
        panel: PanelIdx,
        /// Where it looks from, or `None` to fit what it shows.
        camera: Option<Camera>,
    },
    /// Turns an embedding of three dimensions.
    SetOrientation {
        /// The panel.
        #[serde(default)]
        panel: PanelIdx,
        /// From which side it is looked at.
        orientation: Orientation,
    },
    /// Changes the dots of a panel.
    SetPointStyle {
        /// The panel.
        #[serde(default)]
        panel: PanelIdx,
        /// Their size and opacity.
        style: PointStyle,
    },
    /// Changes how the image under the spots of a tissue is shown.
    SetTissue {
        /// The panel.
        #[serde(default)]
        panel: PanelIdx,
        /// Which one, and how opaque.
        tissue: TissueImage,
    },
    /// Chooses what dragging does.
    SetTool(Tool),
    /// Chooses what an outline does to the selection there is, where no key is held that says so.
    SetSelectMode(SelectMode),

    /// Colors by something else. The range and the logarithm, which belong to the old values,
    /// are reset.
    SetColor(ColorBy),
    /// Changes how values become colors.
    SetColorOptions(ColorOptions),
    /// Chooses the layer to ask about genes. A gene or gene set that colors the cells follows; filters keep
    /// the layer whose values they were set on.
    SetLayer(Option<String>),

    /// Shows a column of whole numbers as labels, or as numbers again. The filter on it goes: it is one on what is no
    /// longer shown.
    ToggleAsLabels(String),
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
    /// Draws an outline in an embedding. What it does is done to what outlines in all embeddings select.
    Select {
        /// The embedding's key in `obsm`.
        embedding: String,
        /// What becomes of the selection there is.
        mode: SelectMode,
        /// The outline.
        polygon: Polygon,
    },
    /// Selects the cells that the outlines do not, instead of those they do, in whatever embedding these were drawn.
    InvertSelection {},
    /// Removes one filter.
    ClearFilter(DimensionKey),
    /// Removes every filter; the subset stays.
    ClearFilters,
    /// Makes the selected cells all there is to see, until [`Action::Unsubset`].
    Subset,
    /// Goes back to before the last [`Action::Subset`], with the filters it was made from.
    Unsubset,
    /// Goes back to the first so many levels of the subset, with the filters that the next level was made from. 0 is all
    /// cells.
    UnsubsetTo(usize),

    /// Lists a gene and colors by it, in its layer, which becomes the one to ask about genes.
    ShowGene(GeneKey),
    /// Lists genes, those not yet listed.
    AddGenes(Vec<String>),
    /// Takes a gene off the list, and its filter with it unless a gene set still shows it.
    RemoveGene(String),
    /// Adds gene sets, each in place of one of the same name. Filters on a mean follow the set that
    /// they were set on, here and below.
    AddGeneSets(Vec<GeneSet>),
    /// Renames a gene set, unless the new name is taken. The color follows.
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
    /// Deletes a gene set, and the filter on its mean; where it colors the cells, nothing does now.
    RemoveGeneSet(String),

    /// Saves what is selected as a cell set, in place of one of the same name.
    SaveCellSet {
        /// Its name.
        name: String,
    },
    /// Adds a cell set, in place of one of the same name.
    AddCellSet(CellSet),
    /// Selects the cells of a set: by the filters that it was saved from, or one by one.
    SelectCellSet(String),
    /// Adds a cell set, in place of one of the same name, and selects its cells.
    AddAndSelectCellSet(CellSet),
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
    /// Adds a cell set, in place of one of the same name, and asks for its comparison with the rest of what is in view.
    CompareWithRest {
        /// The set.
        set: CellSet,
        /// The statistic.
        #[serde(default)]
        mode: TestMode,
        /// The layer that is compared in; `None` for the dataset's own choice.
        #[serde(default)]
        layer: Option<String>,
    },
    /// Adds two cell sets, each in place of one of the same name, and asks for their comparison among what is in view.
    CompareSets {
        /// The group and the reference.
        sets: [CellSet; 2],
        /// The layer that is compared in; `None` for the dataset's own choice.
        #[serde(default)]
        layer: Option<String>,
    },
    /// Asks a comparison in the list otherwise, in its place, and opens it. Where the list has that one too, it is opened
    /// and both stay.
    ChangeComparison {
        /// The comparison.
        from: Comparison,
        /// What is asked instead.
        to: Comparison,
    },
    /// Deletes a comparison.
    RemoveComparison(Comparison),
    /// Shows something else of the comparison that is open.
    SetComparisonView(ComparisonView),
    /// Opens a result in place of the one that is open, or closes it. A comparison must be in the list.
    ShowResult(Option<ResultPanel>),

    /// Adds columns of the user's own, each in place of an own one of the same name.
    AddOwnColumns(Vec<OwnColumn>),
    /// Gives cells a label of an own column in place of the one that they have. A label that there is not is made, and a
    /// column, too: that colors the cells then.
    LabelCells {
        /// The column.
        column: String,
        /// The label; an empty one is none.
        label: String,
        /// The cells.
        cells: CellList,
    },
    /// Takes the labels of cells in an own column away.
    UnlabelCells {
        /// The column.
        column: String,
        /// The cells.
        cells: CellList,
    },
    /// Renames a label of an own column, unless the new name is taken. Filters follow.
    RenameOwnLabel {
        /// The column.
        column: String,
        /// The label's name.
        from: String,
        /// Its new name.
        to: String,
    },
    /// Gives the cells of one label of an own column another one that there is. Filters follow.
    MergeOwnLabels {
        /// The column.
        column: String,
        /// The label that goes.
        from: String,
        /// The label that stays.
        into: String,
    },
    /// Deletes a label of an own column: its cells have none then.
    RemoveOwnLabel {
        /// The column.
        column: String,
        /// The label.
        label: String,
    },
    /// Renames an own column, unless another has the new name. Color, filters and markers follow.
    RenameOwnColumn {
        /// Its name.
        from: String,
        /// Its new name.
        to: String,
    },
    /// Deletes an own column, the filters on it, and the cell sets and comparisons that these define.
    RemoveOwnColumn(String),

    /// Opens a sidebar that is closed, or closes one that is open.
    ToggleSidebar(Side),
    /// Makes a sidebar as wide as this on a wide screen, within [`SIDEBAR_WIDTHS_PX`](super::SIDEBAR_WIDTHS_PX); `None`
    /// is the usual width.
    SetSidebarWidth {
        /// The sidebar.
        side: Side,
        /// Its width in CSS pixels.
        width_px: Option<u16>,
    },
    /// Lists the labels of a column, or no longer.
    ToggleExpanded(String),
    /// Writes the labels that color the cells over the picture, or no longer.
    ToggleLabels,
    /// Draws contours of their density over the cells, or no longer.
    ToggleDensity,
    /// Shows a column on the card of the cell under the pointer, or no longer.
    ToggleOnCard(String),
    /// Lets keys of one character ask for commands, or no longer.
    SetLetterKeys(LetterKeys),
    /// Chooses light or dark.
    SetTheme(Theme),

    /// The pointer is over something else.
    Hover(Option<Hover>),
    /// Opens a sidebar as a drawer, or closes it, on a narrow screen.
    SetDrawer(Option<Side>),
}

/// What has to follow an action, beside what shows the part of the state that it changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touches {
    /// Nothing: it moves the picture or the page around it, and no data depend on it.
    View,
    /// What is told of the thing under the pointer.
    Hover,
    /// Which data are needed, which cells are selected, how they are colored, or what is compared.
    Data,
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
    /// The color scale.
    ColorOptions,
}

impl Action {
    /// Whether it asks a question whose answer is a result.
    pub fn asks_a_result(&self) -> bool {
        matches!(
            self,
            Self::Compare(_)
                | Self::CompareWithRest { .. }
                | Self::CompareSets { .. }
                | Self::ChangeComparison { .. }
                | Self::ShowResult(Some(_))
        )
    }

    /// How the action enters the history. Those that skip it change nothing that undo
    /// covers.
    pub fn undo_policy(&self) -> UndoPolicy {
        match self {
            Self::Undo
            | Self::Redo
            | Self::EndDrag
            | Self::FocusPanel(_)
            | Self::ToggleLinked
            | Self::SetCamera { .. }
            | Self::SetOrientation { .. }
            | Self::SetTissue { .. }
            | Self::SetTool(_)
            | Self::SetSelectMode(_)
            | Self::SetPointStyle { .. }
            | Self::SetComparisonView(_)
            | Self::ShowResult(_)
            | Self::ToggleSidebar(_)
            | Self::SetSidebarWidth { .. }
            | Self::ToggleExpanded(_)
            | Self::ToggleLabels
            | Self::ToggleDensity
            | Self::ToggleOnCard(_)
            | Self::SetLetterKeys(_)
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
            | Self::SetEmbedding { .. }
            | Self::SetScatter { .. }
            | Self::AddPanel(_)
            | Self::ClosePanel(_)
            | Self::KeepPanel(_)
            | Self::SplitPanels { .. }
            | Self::SetColor(_)
            | Self::SetLayer(_)
            | Self::ToggleAsLabels(_)
            | Self::ToggleLabel { .. }
            | Self::SetLabels { .. }
            | Self::Select { .. }
            | Self::InvertSelection {}
            | Self::ClearFilter(_)
            | Self::ClearFilters
            | Self::Subset
            | Self::Unsubset
            | Self::UnsubsetTo(_)
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
            | Self::AddAndSelectCellSet(_)
            | Self::RenameCellSet { .. }
            | Self::RemoveCellSet(_)
            | Self::Compare(_)
            | Self::CompareWithRest { .. }
            | Self::CompareSets { .. }
            | Self::ChangeComparison { .. }
            | Self::RemoveComparison(_)
            | Self::AddOwnColumns(_)
            | Self::LabelCells { .. }
            | Self::UnlabelCells { .. }
            | Self::RenameOwnLabel { .. }
            | Self::MergeOwnLabels { .. }
            | Self::RemoveOwnLabel { .. }
            | Self::RenameOwnColumn { .. }
            | Self::RemoveOwnColumn(_) => UndoPolicy::Save,
        }
    }

    /// What has to follow the action.
    pub fn touches(&self) -> Touches {
        match self {
            Self::EndDrag
            | Self::FocusPanel(_)
            | Self::ToggleLinked
            | Self::SetCamera { .. }
            | Self::SetOrientation { .. }
            | Self::SetTissue { .. }
            | Self::SetTool(_)
            | Self::SetSelectMode(_)
            | Self::ToggleSidebar(_)
            | Self::SetSidebarWidth { .. }
            | Self::ToggleLabels
            | Self::ToggleDensity
            | Self::ToggleOnCard(_)
            | Self::SetLetterKeys(_)
            | Self::SetTheme(_)
            | Self::SetDrawer(_) => Touches::View,
            Self::Hover(_) => Touches::Hover,
            Self::Undo
            | Self::Redo
            | Self::OpenDataset(_)
            | Self::Restore(_)
            | Self::SetEmbedding { .. }
            | Self::SetScatter { .. }
            | Self::AddPanel(_)
            | Self::ClosePanel(_)
            | Self::KeepPanel(_)
            | Self::SplitPanels { .. }
            | Self::SetPointStyle { .. }
            | Self::SetColor(_)
            | Self::SetColorOptions(_)
            | Self::SetLayer(_)
            | Self::ToggleAsLabels(_)
            | Self::ToggleLabel { .. }
            | Self::SetLabels { .. }
            | Self::SetRange { .. }
            | Self::SetGeneRange { .. }
            | Self::SetMeanRange { .. }
            | Self::Select { .. }
            | Self::InvertSelection {}
            | Self::ClearFilter(_)
            | Self::ClearFilters
            | Self::Subset
            | Self::Unsubset
            | Self::UnsubsetTo(_)
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
            | Self::AddAndSelectCellSet(_)
            | Self::RenameCellSet { .. }
            | Self::RemoveCellSet(_)
            | Self::Compare(_)
            | Self::CompareWithRest { .. }
            | Self::CompareSets { .. }
            | Self::ChangeComparison { .. }
            | Self::RemoveComparison(_)
            | Self::AddOwnColumns(_)
            | Self::LabelCells { .. }
            | Self::UnlabelCells { .. }
            | Self::RenameOwnLabel { .. }
            | Self::MergeOwnLabels { .. }
            | Self::RemoveOwnLabel { .. }
            | Self::RenameOwnColumn { .. }
            | Self::RemoveOwnColumn(_)
            | Self::SetComparisonView(_)
            | Self::ShowResult(_)
            | Self::ToggleExpanded(_) => Touches::Data,
        }
    }
}
