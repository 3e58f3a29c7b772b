//! The data that a view needs, each known by one kind of key.

use std::collections::BTreeSet;

use super::{
    Analysis, Axis, CellQuery, CellSource, ColorBy, DimensionKey, Filters, GeneKey, GeneMean, Panel, Reference,
    Scatter, Selection, ViewSpec,
};
use crate::sorting::set_of;

/// Data of a dataset that can be needed, loaded and kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DataKey {
    /// A column of `obs` over all cells, by name: the dataset's or the user's own.
    Column(String),
    /// A gene's expression over all cells.
    Gene(GeneKey),
    /// The mean expression of several genes over all cells.
    Mean(GeneMean),
    /// The positions in an embedding, by its key in `obsm`, or in a [`Scatter`] plot, by its key. The latter are made of
    /// the data of its axes.
    Embedding(String),
    /// The labels of a categorical column with their counts and colors, but not each cell's.
    Categories(String),
    /// The names of a layer's genes, by the layer's place in the file.
    GeneTable(String),
    /// The input's rows of all cells.
    Rows,
}

impl Axis {
    /// The data that it shows.
    pub fn data(&self) -> DataKey {
        match self {
            Self::Obs(column) => DataKey::Column(column.clone()),
            Self::Gene(gene) => DataKey::Gene(gene.clone()),
        }
    }
}

impl DataKey {
    /// The data that these are made of in the page: the axes of a scatter plot.
    pub fn parts(&self) -> Option<[Self; 2]> {
        match self {
            Self::Embedding(key) => Scatter::from_key(key).map(|scatter| scatter.axes().map(Axis::data)),
            Self::Column(_) | Self::Gene(_) | Self::Mean(_) | Self::Categories(_) | Self::GeneTable(_) | Self::Rows => {
                None
            }
        }
    }

    /// The name of the column of `obs` whose values these data are; `None` of all others.
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::Column(name) => Some(name),
            Self::Gene(_)
            | Self::Mean(_)
            | Self::Embedding(_)
            | Self::Categories(_)
            | Self::GeneTable(_)
            | Self::Rows => None,
        }
    }
}

impl DimensionKey {
    /// The data that a filter of this dimension is about; `None` for a level of subsetting, whose filters have
    /// dimensions of their own.
    pub fn data(&self) -> Option<DataKey> {
        match self {
            Self::Obs(column) => Some(DataKey::Column(column.clone())),
            Self::Gene(gene) => Some(DataKey::Gene(gene.clone())),
            Self::Mean(mean) => Some(DataKey::Mean(mean.clone())),
            Self::Selection(embedding) => Some(DataKey::Embedding(embedding.clone())),
            Self::Cells => Some(DataKey::Rows),
            Self::Subset(_) => None,
        }
    }
}

impl Analysis {
    /// The data that color the cells; `None` where nothing does, a gene set without genes, or two genes: see
    /// [`ColorBy::pair`].
    pub fn color_data(&self) -> Option<DataKey> {
        match &self.color {
            ColorBy::None | ColorBy::TwoGenes { .. } => None,
            ColorBy::Obs(column) => Some(DataKey::Column(column.clone())),
            ColorBy::Gene(gene) => Some(DataKey::Gene(gene.clone())),
            ColorBy::GeneSet { .. } => self.color_mean().map(DataKey::Mean),
        }
    }
}

impl ViewSpec {
    /// The data that this view takes: for its panels, its filters, the rows and histograms that
    /// are open, and the sets of the comparison that is shown. The dataset's default embedding, which no key names, is
    /// not among them.
    pub fn needs(&self) -> BTreeSet<DataKey> {
        let analysis = &self.analysis;
        let mut needs = set_of(self.panels.iter().filter_map(Panel::key).map(DataKey::Embedding));
        needs.extend(self.panels.iter().filter_map(|panel| Some(DataKey::Column(panel.only.as_ref()?.column.clone()))));
        needs.extend(analysis.color_data());
        needs.extend(analysis.color.pair().into_iter().flatten().map(DataKey::Gene));
        needs.extend(self.layout.expanded.iter().chain(&analysis.as_labels).cloned().map(DataKey::Column));
        let listed = |gene: &String| DataKey::Gene(GeneKey { layer: analysis.layer.clone(), gene: gene.clone() });
        needs.extend(analysis.genes.iter().map(listed));
        needs.extend(analysis.query.needs());
        if let Some(shown) = self.shown_comparison() {
            let reference = match &shown.reference {
                Reference::Rest => None,
                Reference::Set(name) => Some(name.as_str()),
            };
            for name in reference.into_iter().chain([shown.group.as_str()]) {
                needs.extend(analysis.cell_set(name).map(|set| set.source.needs()).unwrap_or_default());
            }
            needs.extend(shown.universe.iter().flat_map(Filters::needs));
        }
        if let Some(shown) = self.shown_markers() {
            needs.extend(shown.universe.iter().flat_map(Filters::needs));
        }
        if let Some(shown) = self.shown_plot() {
            needs.extend(shown.universe.iter().flat_map(Filters::needs));
        }
        if let Some(shown) = self.shown_inquiry() {
            needs.extend(shown.cells.needs());
        }
        if !analysis.own_columns.is_empty() {
            // They name cells by rows.
            needs.insert(DataKey::Rows);
        }
        needs
    }
}

impl CellSource {
    /// The data that it takes to tell its cells.
    pub fn needs(&self) -> BTreeSet<DataKey> {
        match self {
            Self::Query(query) => query.needs(),
            Self::Cells(_) => [DataKey::Rows].into(),
        }
    }
}

impl CellQuery {
    /// The data that it takes to evaluate it.
    pub fn needs(&self) -> BTreeSet<DataKey> {
        set_of(self.subset.iter().chain([&self.filters]).flat_map(Filters::needs))
    }
}

impl Filters {
    fn needs(&self) -> impl Iterator<Item = DataKey> + '_ {
        let outlines = self.selections.values().flat_map(Selection::outlines);
        let of_outlines = outlines.flat_map(|outline| {
            let embedding = outline.embedding().map(|key| DataKey::Embedding(key.to_owned()));
            embedding.into_iter().chain(outline.only().map(|only| DataKey::Column(only.column.clone())))
        });
        self.active_dimensions().into_iter().filter_map(|dimension| dimension.key.data()).chain(of_outlines)
    }
}
