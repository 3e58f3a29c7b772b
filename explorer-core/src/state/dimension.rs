//! Filters as the dimensions of a cross-filter.

use serde::{Deserialize, Serialize};

use super::{CellList, CellQuery, Filters, GeneKey, GeneMean, LabelFilter, ObsFilter, Range, Selection};

/// What a cross-filter keeps one mask for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DimensionKey {
    /// A column of `obs`, by name.
    Obs(String),
    /// A gene's expression.
    Gene(GeneKey),
    /// The mean expression of several genes.
    Mean(GeneMean),
    /// The outlines drawn in an embedding, by its key in `obsm`.
    Selection(String),
    /// The cells chosen one by one.
    Cells,
    /// A level of subsetting, 0 the outermost.
    Subset(usize),
}

/// The filter of one dimension.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DimensionFilter<'a> {
    /// Labels of a categorical column.
    Labels(&'a LabelFilter),
    /// Values of a continuous column or a gene.
    Range(Range),
    /// Outlines in an embedding.
    Selection(&'a Selection),
    /// Cells one by one.
    Cells(&'a CellList),
    /// All of these at once.
    Subset(&'a Filters),
}

/// A dimension that has a filter.
#[derive(Clone, Debug, PartialEq)]
pub struct Dimension<'a> {
    /// Which.
    pub key: DimensionKey,
    /// What passes.
    pub filter: DimensionFilter<'a>,
}

impl Filters {
    /// Every filter with its dimension, in the order of their keys.
    pub fn active_dimensions(&self) -> Vec<Dimension<'_>> {
        let obs = self
            .obs
            .iter()
            .map(|(column, filter)| Dimension { key: DimensionKey::Obs(column.clone()), filter: filter.into() });
        let genes = self.genes.iter().map(|(gene, &range)| Dimension {
            key: DimensionKey::Gene(gene.clone()),
            filter: DimensionFilter::Range(range),
        });
        let means = self.means.iter().map(|(mean, &range)| Dimension {
            key: DimensionKey::Mean(mean.clone()),
            filter: DimensionFilter::Range(range),
        });
        let selections = self.selections.iter().map(|(embedding, selection)| Dimension {
            key: DimensionKey::Selection(embedding.clone()),
            filter: DimensionFilter::Selection(selection),
        });
        let cells = self
            .cells
            .iter()
            .map(|cells| Dimension { key: DimensionKey::Cells, filter: DimensionFilter::Cells(cells) });
        obs.chain(genes).chain(means).chain(selections).chain(cells).collect()
    }

    /// Removes the filter of a dimension, if there is one.
    pub(super) fn remove(&mut self, key: &DimensionKey) {
        match key {
            DimensionKey::Obs(column) => drop(self.obs.remove(column)),
            DimensionKey::Gene(gene) => drop(self.genes.remove(gene)),
            DimensionKey::Mean(mean) => drop(self.means.remove(mean)),
            DimensionKey::Selection(embedding) => drop(self.selections.remove(embedding)),
            DimensionKey::Cells => self.cells = None,
            DimensionKey::Subset(_) => {}
        }
    }
}

impl CellQuery {
    /// Every filter and subset level with its dimension, in the order of their keys. A cell is
    /// selected when it passes all of them.
    pub fn active_dimensions(&self) -> Vec<Dimension<'_>> {
        let levels = self.subset.iter().enumerate().map(|(level, filters)| Dimension {
            key: DimensionKey::Subset(level),
            filter: DimensionFilter::Subset(filters),
        });
        self.filters.active_dimensions().into_iter().chain(levels).collect()
    }

    /// The filter of a dimension, if it has one.
    pub fn filter(&self, key: &DimensionKey) -> Option<DimensionFilter<'_>> {
        match key {
            DimensionKey::Obs(column) => self.filters.obs.get(column).map(Into::into),
            DimensionKey::Gene(gene) => self.filters.genes.get(gene).copied().map(DimensionFilter::Range),
            DimensionKey::Mean(mean) => self.filters.means.get(mean).copied().map(DimensionFilter::Range),
            DimensionKey::Selection(embedding) => {
                self.filters.selections.get(embedding).map(DimensionFilter::Selection)
            }
            DimensionKey::Cells => self.filters.cells.as_ref().map(DimensionFilter::Cells),
            DimensionKey::Subset(level) => self.subset.get(*level).map(DimensionFilter::Subset),
        }
    }
}

impl<'a> From<&'a ObsFilter> for DimensionFilter<'a> {
    fn from(filter: &'a ObsFilter) -> Self {
        match filter {
            ObsFilter::Labels(labels) => Self::Labels(labels),
            ObsFilter::Range(range) => Self::Range(*range),
        }
    }
}
