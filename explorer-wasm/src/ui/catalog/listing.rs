//! What the list of datasets shows.

use std::sync::Arc;

use explorer_core::catalog::{CatalogAnswer, CatalogIndex, CatalogQuery, DatasetEntry, Day, FoundGenes};

/// The datasets, what is asked of them, and the answer.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// All datasets.
    pub index: Arc<CatalogIndex>,
    /// What is asked.
    pub query: CatalogQuery,
    /// The genes that have been found.
    pub genes: Arc<FoundGenes>,
    /// What that comes to.
    pub answer: CatalogAnswer,
}

impl Listing {
    /// What a query comes to on a day.
    pub fn of(index: Arc<CatalogIndex>, query: CatalogQuery, genes: Arc<FoundGenes>, today: Day) -> Self {
        let answer = index.answer(&query, &genes, today);
        Self { index, query, genes, answer }
    }

    /// Whether genes that are searched are still being read.
    pub fn awaits_genes(&self) -> bool {
        self.index.awaits_genes_of(&self.query.text)
    }

    /// The dataset in a row; `None` below the last.
    pub fn row(&self, row: usize) -> Option<DatasetEntry<'_>> {
        self.answer.found.get(row).map(|&dataset| self.index.dataset(dataset))
    }
}

impl PartialEq for Listing {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.index, &other.index) && Arc::ptr_eq(&self.genes, &other.genes) && self.query == other.query
    }
}
