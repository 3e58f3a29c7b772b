//! What has been loaded of a dataset: nothing of it is state, all of it can be loaded again.

use std::{collections::HashMap, sync::Arc};

use explorer_core::{
    data::{Column, Continuous, Embedding, GeneIdx},
    filter::{CellMask, QueryError, Source, dimension_mask, query_mask},
    search::GeneIndex,
    state::{Analysis, CellQuery, CellSource, ColorBy, DimensionFilter, DimensionKey, GeneKey, GeneMean},
};
use shared_fbs::tile::{Categories, Genes};

use crate::fetch::FetchError;

/// Something that was asked for.
#[derive(Clone, Debug)]
pub enum Slot<T> {
    /// It is on its way.
    Loading,
    /// It is there.
    Ready(Arc<T>),
    /// It could not be had.
    Failed(FetchError),
}

impl<T> Slot<T> {
    /// It, when it is there.
    pub fn ready(&self) -> Option<&Arc<T>> {
        match self {
            Self::Ready(value) => Some(value),
            _ => None,
        }
    }
}

impl<T> From<Result<T, FetchError>> for Slot<T> {
    fn from(result: Result<T, FetchError>) -> Self {
        match result {
            Ok(value) => Self::Ready(Arc::new(value)),
            Err(error) => Self::Failed(error),
        }
    }
}

/// The genes of a layer, by number and by name.
#[derive(Debug)]
pub struct GeneTable {
    /// As in the tile.
    pub genes: Genes,
    /// What people call them, by number.
    pub names: Arc<[String]>,
    /// Finds them.
    pub index: GeneIndex,
}

impl GeneTable {
    /// Indexes a tile.
    pub fn new(genes: Genes) -> Self {
        let names = (0..genes.ids.len()).map(|gene| genes.name(gene).unwrap_or_default().to_owned()).collect();
        Self { names, index: GeneIndex::new(&genes.ids, genes.symbols.as_deref()), genes }
    }

    /// The gene of a name or id.
    pub fn find(&self, name: &str) -> Option<GeneIdx> {
        self.index.find(name)
    }

    /// A gene's other name: its id, where it has a symbol.
    pub fn detail(&self, gene: GeneIdx) -> &str {
        match &self.genes.symbols {
            Some(_) => self.genes.ids.get(gene.0 as usize).map_or("", String::as_str),
            None => "",
        }
    }
}

/// All that was asked for, by what it is.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Number of cells.
    pub n_obs: usize,
    /// Columns of `obs`.
    pub columns: HashMap<String, Slot<Column>>,
    /// Labels and counts of categorical columns.
    pub categories: HashMap<String, Slot<Categories>>,
    /// Genes' expression.
    pub genes: HashMap<GeneKey, Slot<Continuous>>,
    /// The gene that is to colour the cells, as far as it is there: NaN in all other cells.
    pub partial_gene: Option<(GeneKey, Arc<Continuous>)>,
    /// Means of several genes.
    pub means: HashMap<GeneMean, Slot<Continuous>>,
    /// Embeddings, all cells of them, by key.
    pub embeddings: HashMap<String, Slot<Embedding>>,
    /// Gene tables, by layer.
    pub tables: HashMap<usize, Slot<GeneTable>>,
}

impl Loaded {
    /// Forgets what failed, so that it is asked for again.
    pub fn forget_failures(&mut self) {
        fn keep<T>(slot: &Slot<T>) -> bool {
            !matches!(slot, Slot::Failed(_))
        }
        self.columns.retain(|_, slot| keep(slot));
        self.categories.retain(|_, slot| keep(slot));
        self.genes.retain(|_, slot| keep(slot));
        self.means.retain(|_, slot| keep(slot));
        self.embeddings.retain(|_, slot| keep(slot));
        self.tables.retain(|_, slot| keep(slot));
    }
}

impl Loaded {
    /// A column of `obs`.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.get(name)?.ready().map(AsRef::as_ref)
    }

    /// A gene's expression.
    pub fn gene(&self, key: &GeneKey) -> Option<&Continuous> {
        self.genes.get(key)?.ready().map(AsRef::as_ref)
    }

    /// A part of a gene's expression, while the whole of it is on its way.
    pub fn part_of_gene(&self, key: &GeneKey) -> Option<&Arc<Continuous>> {
        self.partial_gene.as_ref().filter(|(partial, _)| partial == key).map(|(_, values)| values)
    }

    /// A mean of several genes.
    pub fn mean(&self, mean: &GeneMean) -> Option<&Continuous> {
        self.means.get(mean)?.ready().map(AsRef::as_ref)
    }

    /// Whether what colours the cells could not be had.
    pub fn has_failed(&self, analysis: &Analysis) -> bool {
        match &analysis.color {
            ColorBy::None => false,
            ColorBy::Obs(name) => {
                matches!(self.columns.get(name), Some(Slot::Failed(_)))
                    || matches!(self.categories.get(name), Some(Slot::Failed(_)))
            }
            ColorBy::Gene(key) => match self.genes.get(key) {
                // A gene is not asked for before the table of genes is there.
                None => self.tables.values().any(|table| matches!(table, Slot::Failed(_))),
                Some(gene) => matches!(gene, Slot::Failed(_)),
            },
            // A set without genes has no mean.
            ColorBy::GeneSet { .. } => {
                analysis.color_mean().is_none_or(|mean| matches!(self.means.get(&mean), Some(Slot::Failed(_))))
            }
        }
    }

    /// An embedding, by its key.
    pub fn embedding(&self, key: &str) -> Option<&Embedding> {
        self.embeddings.get(key)?.ready().map(AsRef::as_ref)
    }

    fn source(&self, key: &DimensionKey) -> Option<Source<'_>> {
        match key {
            DimensionKey::Obs(name) => self.column(name).map(Source::from),
            DimensionKey::Gene(key) => self.gene(key).map(Source::Continuous),
            DimensionKey::Mean(mean) => self.mean(mean).map(Source::Continuous),
            DimensionKey::Selection(key) => self.embedding(key).map(Source::Embedding),
            DimensionKey::Subset(_) => None,
        }
    }

    /// The cells that pass one filter; `None` while its data are not there. A filter that does not
    /// suit its column (from a link to another dataset) lets all pass.
    pub fn dimension_mask(&self, key: &DimensionKey, filter: DimensionFilter<'_>) -> Option<CellMask> {
        self.unless_missing(dimension_mask(key, filter, self.n_obs, &|key| self.source(key)))
    }

    /// The cells of a query, by the same rules.
    pub fn query_mask(&self, query: &CellQuery) -> Option<CellMask> {
        self.unless_missing(query_mask(query, self.n_obs, &|key| self.source(key)))
    }

    /// The cells of a cell set, by the same rules. Listed cells that the dataset does not have are
    /// left out.
    pub fn source_mask(&self, source: &CellSource) -> Option<CellMask> {
        match source {
            CellSource::Query(query) => self.query_mask(query),
            CellSource::Cells(list) => {
                let mut cells = vec![0; self.n_obs];
                for cell in list.cells() {
                    if let Some(cell) = cells.get_mut(cell as usize) {
                        *cell = 1;
                    }
                }
                Some(CellMask::from_bytes(cells))
            }
        }
    }

    fn unless_missing(&self, mask: Result<CellMask, QueryError>) -> Option<CellMask> {
        match mask {
            Ok(mask) => Some(mask),
            Err(QueryError::NotLoaded(_)) => None,
            Err(QueryError::Predicate(_)) => Some(CellMask::all(self.n_obs)),
        }
    }
}
