//! Which cells: filters by column, gene and outline, as plain descriptions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    CellList, LabelFilter, Polygon,
    json::{GeneMeanJson, JsonError, RangeJson},
};
use crate::sorting::set_of;

/// An inclusive range of numbers. Missing values lie in no range.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RangeJson", into = "RangeJson")]
pub struct Range {
    min: f32,
    max: f32,
}

/// Its bounds are numbers.
impl Eq for Range {}

impl Range {
    /// Every number, infinities included.
    pub const ALL: Self = Self { min: f32::NEG_INFINITY, max: f32::INFINITY };

    /// The range from `min` to `max`, both included, either of which may be infinite; `None` when
    /// a bound is NaN or they are in the wrong order.
    pub fn new(min: f32, max: f32) -> Option<Self> {
        // Adding zero turns −0 into 0, which the text of a link does not tell apart.
        (min <= max).then_some(Self { min: min + 0.0, max: max + 0.0 })
    }

    /// The smallest value in the range.
    pub fn min(self) -> f32 {
        self.min
    }

    /// The largest value in the range.
    pub fn max(self) -> f32 {
        self.max
    }

    /// Whether a value lies in the range; NaN does not.
    pub fn contains(self, value: f32) -> bool {
        self.min <= value && value <= self.max
    }
}

impl TryFrom<RangeJson> for Range {
    type Error = JsonError;

    fn try_from(form: RangeJson) -> Result<Self, JsonError> {
        let (min, max) = form.bounds();
        Self::new(min, max).ok_or(JsonError::Range)
    }
}

impl From<Range> for RangeJson {
    fn from(range: Range) -> Self {
        Self::new(range.min, range.max)
    }
}

/// A gene's expression in one layer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GeneKey {
    /// The layer by its place in the file, or `None` for the dataset's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// The gene's id; a symbol that no other gene has is understood, too, and [becomes](super::ViewSpec::named) the id.
    pub gene: String,
}

impl GeneKey {
    /// The gene in the dataset's default layer.
    pub fn new(gene: impl Into<String>) -> Self {
        Self { layer: None, gene: gene.into() }
    }
}

/// The mean expression of genes in one layer. Known by the genes, not by the name of a set, so that
/// a filter stays what it is whatever becomes of the set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "GeneMeanJson", into = "GeneMeanJson")]
pub struct GeneMean {
    layer: Option<String>,
    genes: Vec<String>,
}

impl GeneMean {
    /// The mean of these genes, each counted once, in a layer (`None` is the dataset's default);
    /// `None` where there is no gene.
    pub fn new(layer: Option<String>, genes: impl IntoIterator<Item = String>) -> Option<Self> {
        let genes = set_of(genes);
        (!genes.is_empty()).then(|| Self { layer, genes: genes.into_iter().collect() })
    }

    /// The layer, or `None` for the dataset's default.
    pub fn layer(&self) -> Option<&str> {
        self.layer.as_deref()
    }

    /// The ids of the genes, ascending.
    pub fn genes(&self) -> &[String] {
        &self.genes
    }

    /// Whether it is the mean of these genes.
    pub(super) fn is_of(&self, genes: &[String]) -> bool {
        self.genes.len() == genes.len() && genes.iter().all(|gene| self.genes.binary_search(gene).is_ok())
    }
}

impl TryFrom<GeneMeanJson> for GeneMean {
    type Error = JsonError;

    fn try_from(GeneMeanJson { layer, genes }: GeneMeanJson) -> Result<Self, JsonError> {
        Self::new(layer, genes).ok_or(JsonError::NoGene)
    }
}

impl From<GeneMean> for GeneMeanJson {
    fn from(mean: GeneMean) -> Self {
        Self { layer: mean.layer().map(str::to_owned), genes: mean.genes().to_vec() }
    }
}

/// A filter on a column of `obs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObsFilter {
    /// By label, for a categorical column.
    Labels(LabelFilter),
    /// By value, for a continuous column.
    Range(Range),
}

impl ObsFilter {
    /// Which labels pass, of a filter by label.
    pub fn labels(&self) -> Option<&LabelFilter> {
        match self {
            Self::Labels(labels) => Some(labels),
            Self::Range(_) => None,
        }
    }

    /// Which values pass, of a filter by value.
    pub fn range(&self) -> Option<Range> {
        match self {
            Self::Range(range) => Some(*range),
            Self::Labels(_) => None,
        }
    }
}

/// What a new outline does to the selection there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SelectMode {
    /// Takes its place.
    #[default]
    Replace,
    /// Adds the cells inside.
    Add,
    /// Takes the cells inside away; from all cells when nothing is selected.
    Subtract,
    /// Keeps those of its cells that are inside.
    Intersect,
}

/// One step of a selection in an embedding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SelectionStep {
    /// The cells inside join the selection.
    Add(Polygon),
    /// The cells inside leave the selection.
    Subtract(Polygon),
    /// The cells outside leave the selection.
    Intersect(Polygon),
    /// The selected cells and the others change places.
    Invert,
}

/// Outlines drawn in one embedding, applied in order.
///
/// The steps start from no cell if the first is [`SelectionStep::Add`], and from every cell if it
/// is [`SelectionStep::Subtract`]. A cell without a position is inside no outline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<SelectionStep>", into = "Vec<SelectionStep>")]
pub struct Selection {
    steps: Vec<SelectionStep>,
}

impl Selection {
    /// The steps, in order: never an inversion first, nor two in a row.
    pub fn steps(&self) -> &[SelectionStep] {
        &self.steps
    }

    /// Whether there is no step, which is to say no selection.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Adds a step. Inverting nothing does nothing, and inverting twice undoes it. What is inside of nothing chosen yet
    /// is what is inside.
    pub fn push(&mut self, step: SelectionStep) {
        match (step, self.steps.last()) {
            (SelectionStep::Invert, None) => {}
            (SelectionStep::Invert, Some(SelectionStep::Invert)) => {
                self.steps.pop();
            }
            (SelectionStep::Intersect(polygon), None) => self.steps.push(SelectionStep::Add(polygon)),
            (
                step @ (SelectionStep::Add(_)
                | SelectionStep::Subtract(_)
                | SelectionStep::Intersect(_)
                | SelectionStep::Invert),
                _,
            ) => self.steps.push(step),
        }
    }
}

impl FromIterator<SelectionStep> for Selection {
    fn from_iter<I: IntoIterator<Item = SelectionStep>>(steps: I) -> Self {
        let mut selection = Self::default();
        for step in steps {
            selection.push(step);
        }
        selection
    }
}

/// A selection is the list of its steps.
impl From<Vec<SelectionStep>> for Selection {
    fn from(steps: Vec<SelectionStep>) -> Self {
        steps.into_iter().collect()
    }
}

impl From<Selection> for Vec<SelectionStep> {
    fn from(selection: Selection) -> Self {
        selection.steps().to_vec()
    }
}

/// Filters that a cell must pass all of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filters {
    /// On columns of `obs`, by name.
    pub obs: BTreeMap<String, ObsFilter>,
    /// On genes' expression.
    #[serde(with = "super::json::entries")]
    pub genes: BTreeMap<GeneKey, Range>,
    /// On the mean expression of several genes.
    #[serde(with = "super::json::entries")]
    pub means: BTreeMap<GeneMean, Range>,
    /// By outline, by the embedding's key in `obsm`.
    pub selections: BTreeMap<String, Selection>,
    /// One by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cells: Option<CellList>,
}

impl Filters {
    /// Whether there is no filter.
    pub fn is_empty(&self) -> bool {
        self.obs.is_empty()
            && self.genes.is_empty()
            && self.means.is_empty()
            && self.selections.is_empty()
            && self.cells.is_none()
    }

    /// Without the entries that let every cell pass by their form alone.
    pub(super) fn canonical(mut self) -> Self {
        self.obs.retain(|_, filter| !matches!(filter, ObsFilter::Labels(labels) if labels.is_trivial()));
        self.selections.retain(|_, selection| !selection.is_empty());
        self
    }
}

/// A set of cells by description: those that pass the filters of every level.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CellQuery {
    /// The levels of subsetting, outermost first: the filters each was made from.
    pub subset: Vec<Filters>,
    /// The filters within the innermost subset.
    pub filters: Filters,
}

impl CellQuery {
    /// Whether every cell is meant.
    pub fn is_empty(&self) -> bool {
        self.subset.is_empty() && self.filters.is_empty()
    }

    pub(super) fn canonical(self) -> Self {
        Self { subset: canonical_levels(self.subset), filters: self.filters.canonical() }
    }
}

/// Levels of subsetting without those that every cell passes.
pub(super) fn canonical_levels(levels: Vec<Filters>) -> Vec<Filters> {
    levels.into_iter().map(Filters::canonical).filter(|level| !level.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_refuse_what_is_no_range() {
        assert_eq!(Range::new(2.0, 1.0), None);
        assert_eq!(Range::new(f32::NAN, 1.0), None);
        assert_eq!(Range::new(0.0, f32::NAN), None);
        let range = Range::new(1.0, 2.0).unwrap();
        assert!(range.contains(1.0) && range.contains(2.0));
        assert!(!range.contains(f32::NAN) && !Range::ALL.contains(f32::NAN));
        assert!(Range::ALL.contains(f32::INFINITY));
    }

    #[test]
    fn inverting_twice_is_nothing() {
        let polygon = Polygon::rectangle((0.0, 0.0), (1.0, 1.0)).unwrap();
        let once = Selection::from_iter([SelectionStep::Invert, SelectionStep::Add(polygon)]);
        let mut twice = once.clone();
        twice.push(SelectionStep::Invert);
        assert_ne!(twice, once);
        twice.push(SelectionStep::Invert);
        assert_eq!(twice, once);
        assert_eq!(once.steps().len(), 1);
    }
}
