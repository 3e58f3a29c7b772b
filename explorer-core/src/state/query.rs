//! Which cells: filters by column, gene and outline, as plain descriptions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    CellList, LabelFilter, Selection, SetValue,
    json::{GeneMeanJson, JsonError, RangeJson},
    limits::MOST_LEVELS,
    selection,
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

/// The mean expression of genes in one layer, or their score. Known by the genes, not by the name of a set, so that
/// a filter stays what it is whatever becomes of the set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "GeneMeanJson", into = "GeneMeanJson")]
pub struct GeneMean {
    layer: Option<String>,
    genes: Vec<String>,
    value: SetValue,
}

impl GeneMean {
    /// The mean of these genes, each counted once, in a layer (`None` is the dataset's default);
    /// `None` where there is no gene.
    pub fn new(layer: Option<String>, genes: impl IntoIterator<Item = String>) -> Option<Self> {
        let genes = set_of(genes);
        (!genes.is_empty()).then(|| Self { layer, genes: genes.into_iter().collect(), value: SetValue::Mean })
    }

    /// The same genes in the same layer, as that value.
    #[must_use]
    pub fn as_value(self, value: SetValue) -> Self {
        Self { value, ..self }
    }

    /// What the genes come to.
    pub fn value(&self) -> SetValue {
        self.value
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

    fn try_from(GeneMeanJson { layer, genes, value }: GeneMeanJson) -> Result<Self, JsonError> {
        Ok(Self::new(layer, genes).ok_or(JsonError::NoGene)?.as_value(value))
    }
}

impl From<GeneMean> for GeneMeanJson {
    fn from(mean: GeneMean) -> Self {
        Self { layer: mean.layer().map(str::to_owned), genes: mean.genes().to_vec(), value: mean.value() }
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
    /// By outline, by the key in `obsm` of the embedding that the first was drawn in. There is more than one only where a
    /// link or a host page says so; they narrow each other then.
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

    /// Whether the outlines can be turned round.
    pub fn can_invert(&self) -> bool {
        selection::can_invert(&self.selections)
    }

    /// Whether one of them goes by a column of `obs`.
    pub fn uses_column(&self, column: &str) -> bool {
        self.obs.contains_key(column) || self.selections.values().any(|selection| selection.uses_column(column))
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

/// Levels of subsetting without those that every cell passes, as many as there can be.
pub(super) fn canonical_levels(levels: Vec<Filters>) -> Vec<Filters> {
    levels.into_iter().map(Filters::canonical).filter(|level| !level.is_empty()).take(MOST_LEVELS).collect()
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
}
