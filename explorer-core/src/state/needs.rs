//! The data that a view takes.

use std::collections::BTreeSet;

use super::{CellQuery, CellSource, ColorBy, Filters, GeneKey, GeneMean, Reference, ViewSpec};

/// The data to have at hand before a view can be shown in full.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Columns of `obs`, by name.
    pub columns: BTreeSet<String>,
    /// Genes, by layer.
    pub genes: BTreeSet<GeneKey>,
    /// Means of several genes.
    pub means: BTreeSet<GeneMean>,
    /// Embeddings by their key in `obsm`; `None` is the dataset's default.
    pub embeddings: BTreeSet<Option<String>>,
}

impl ViewSpec {
    /// The data that this view takes: for its picture, its filters, the rows and histograms that
    /// are open, and the sets of the comparison that is shown.
    pub fn needs(&self) -> Needs {
        let analysis = &self.analysis;
        let mut needs = Needs::default();
        needs.embeddings.insert(analysis.embedding.clone());
        match &analysis.color {
            ColorBy::None => {}
            ColorBy::Obs(column) => drop(needs.columns.insert(column.clone())),
            ColorBy::Gene(gene) => drop(needs.genes.insert(gene.clone())),
            ColorBy::GeneSet { .. } => needs.means.extend(analysis.color_mean()),
        }
        needs.columns.extend(self.panels.expanded.iter().cloned());
        needs
            .genes
            .extend(analysis.genes.iter().map(|gene| GeneKey { layer: analysis.layer.clone(), gene: gene.clone() }));
        needs.add_query(&analysis.query);
        if let Some(shown) = &self.panels.comparison {
            let reference = match &shown.reference {
                Reference::Rest => None,
                Reference::Set(name) => Some(name.as_str()),
            };
            for name in reference.into_iter().chain([shown.group.as_str()]) {
                if let Some(CellSource::Query(query)) = analysis.cell_set(name).map(|set| &set.source) {
                    needs.add_query(query);
                }
            }
        }
        needs
    }
}

impl Needs {
    /// Adds what it takes to evaluate a query.
    pub fn add_query(&mut self, query: &CellQuery) {
        for level in query.subset.iter().chain([&query.filters]) {
            self.add_filters(level);
        }
    }

    fn add_filters(&mut self, filters: &Filters) {
        self.columns.extend(filters.obs.keys().cloned());
        self.genes.extend(filters.genes.keys().cloned());
        self.means.extend(filters.means.keys().cloned());
        self.embeddings.extend(filters.selections.keys().cloned().map(Some));
    }
}
