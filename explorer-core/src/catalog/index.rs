//! What a catalog's file says, ready to be asked.

use fixedbitset::FixedBitSet;
use shared_fbs::{
    DecodeError,
    catalog::{Catalog, FacetLabels, Level, ListedCollection, ListedDataset},
};

use super::{
    date::Day,
    facet::{LabelFacet, LabelLevel, NumberFacet},
    sort::SortKeys,
    words::Words,
};
use crate::{
    data::label_order,
    sorting::{order_by, sort_by, sort_by_key},
};

/// The datasets of a catalog, with a bitmap per label.
#[derive(Clone, Debug)]
pub struct CatalogIndex {
    catalog: Catalog,
    /// By [`LabelFacet::at`].
    labels: Vec<Labels>,
    words: Words,
    keys: Vec<SortKeys>,
}

/// A dataset, by its place in the catalog's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatasetIdx(pub u32);

/// The labels of a facet.
#[derive(Clone, Debug, Default)]
pub(super) struct Labels {
    /// In the order shown: broad ones first.
    pub(super) names: Vec<String>,
    /// How broad each is.
    pub(super) levels: Vec<LabelLevel>,
    /// The datasets that have each, or a label that it stands over.
    pub(super) datasets: Vec<FixedBitSet>,
    /// Those of each dataset, in the order shown.
    of_datasets: Vec<Vec<u32>>,
}

/// A dataset of a catalog.
#[derive(Clone, Copy, Debug)]
pub struct DatasetEntry<'a> {
    index: &'a CatalogIndex,
    at: u32,
}

/// A collection of a catalog.
#[derive(Clone, Copy, Debug)]
pub struct Collection<'a>(&'a ListedCollection);

impl Default for CatalogIndex {
    /// Of no dataset.
    fn default() -> Self {
        let labels = vec![Labels::default(); LabelFacet::ALL.len()];
        Self { catalog: Catalog::default(), labels, words: Words::new(0), keys: Vec::new() }
    }
}

impl CatalogIndex {
    /// Reads the bytes of a catalog's file.
    ///
    /// # Errors
    /// When they are broken or of another version.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::of(Catalog::decode(bytes)?)
    }

    /// The index of a catalog.
    ///
    /// # Errors
    /// When the labels of its facets are not those of its datasets.
    pub fn of(catalog: Catalog) -> Result<Self, DecodeError> {
        let labels = LabelFacet::ALL.map(|facet| Labels::read(&catalog, facet));
        let labels = labels.into_iter().collect::<Result<Vec<_>, _>>()?;
        let keys = sort_keys(&catalog);
        let words = words_of(&catalog, &labels);
        Ok(Self { catalog, labels, words, keys })
    }

    /// Number of datasets.
    pub fn len(&self) -> usize {
        self.catalog.datasets.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All datasets, in the order of the file.
    pub fn datasets(&self) -> impl Iterator<Item = DatasetEntry<'_>> {
        (0..self.len() as u32).map(|at| DatasetEntry { index: self, at })
    }

    /// A dataset.
    ///
    /// # Panics
    /// When it is one of another catalog.
    pub fn dataset(&self, DatasetIdx(at): DatasetIdx) -> DatasetEntry<'_> {
        assert!((at as usize) < self.len(), "the catalog has {} datasets, not one of number {at}", self.len());
        DatasetEntry { index: self, at }
    }

    /// All collections.
    pub fn collections(&self) -> impl Iterator<Item = Collection<'_>> {
        self.catalog.collections.iter().map(Collection)
    }

    /// Where the files of its genes lie, as in addresses, and how many bits of a key number one; `None`: there are none.
    pub fn gene_files(&self) -> Option<(&str, u8)> {
        Some((self.catalog.genes.as_deref()?, self.catalog.gene_bits))
    }

    /// Whether its genes are still being read, so that there are none yet.
    pub fn awaits_genes(&self) -> bool {
        self.catalog.awaits_genes
    }

    /// How broad the label of a number in a facet is.
    pub fn level(&self, facet: LabelFacet, label: u32) -> LabelLevel {
        self.labels(facet).levels.get(label as usize).copied().unwrap_or_default()
    }

    /// The label of a number in a facet; empty where there is none such.
    pub fn label(&self, facet: LabelFacet, label: u32) -> &str {
        self.labels(facet).names.get(label as usize).map_or("", String::as_str)
    }

    pub(super) fn labels(&self, facet: LabelFacet) -> &Labels {
        &self.labels[facet.at()]
    }

    pub(super) fn words(&self) -> &Words {
        &self.words
    }

    pub(super) fn sort_keys(&self) -> &[SortKeys] {
        &self.keys
    }
}

impl Labels {
    fn read(catalog: &Catalog, facet: LabelFacet) -> Result<Self, DecodeError> {
        let n_datasets = catalog.datasets.len();
        if facet.is_of_dataset() {
            let Some(stored) = catalog.facets.iter().find(|stored| stored.name == facet.name()) else {
                return Ok(Self { of_datasets: vec![Vec::new(); n_datasets], ..Self::default() });
            };
            return Self::of(stored, n_datasets, facet);
        }
        let of_datasets: Vec<Vec<String>> = catalog
            .datasets
            .iter()
            .map(|dataset| collection_of(catalog, dataset).map(|found| labels_of(found, facet)).unwrap_or_default())
            .collect();
        Self::of(&FacetLabels::of(facet.name(), &of_datasets), n_datasets, facet)
    }

    /// Labels in the order shown, from those in any.
    fn of(stored: &FacetLabels, n_datasets: usize, facet: LabelFacet) -> Result<Self, DecodeError> {
        let labels = &stored.labels;
        let level_of = |label: u32| match stored.level(label as usize) {
            Level::Class => LabelLevel::Class,
            Level::Group => LabelLevel::Group,
            _ => LabelLevel::Term,
        };
        let mut order = label_order(labels, false);
        sort_by_key(&mut order, |&label| level_of(label));
        if let Some(at) = order.iter().position(|&label| Some(labels[label as usize].as_str()) == facet.first_label()) {
            order[..=at].rotate_right(1);
        }
        let mut place = vec![0; order.len()];
        for (shown, &label) in (0_u32..).zip(&order) {
            place[label as usize] = shown;
        }
        let mut own = vec![FixedBitSet::with_capacity(n_datasets); order.len()];
        let mut of_datasets = stored.of_datasets(n_datasets)?;
        for (dataset, labels) in of_datasets.iter_mut().enumerate() {
            for label in labels.iter_mut() {
                *label = place[*label as usize];
                own[*label as usize].insert(dataset);
            }
            labels.sort_unstable();
        }
        let mut datasets = own.clone();
        for (label, broader) in stored.of_labels()?.iter().enumerate() {
            let narrow = &own[place[label] as usize];
            broader.iter().for_each(|&broad| datasets[place[broad as usize] as usize].union_with(narrow));
        }
        let names = order.iter().map(|&label| labels[label as usize].clone()).collect();
        let levels = order.iter().map(|&label| level_of(label)).collect();
        Ok(Self { names, levels, datasets, of_datasets })
    }
}

/// The labels that a dataset has from its collection.
fn labels_of(collection: &ListedCollection, facet: LabelFacet) -> Vec<String> {
    match facet {
        LabelFacet::Consortium => collection.consortia.clone(),
        LabelFacet::Publication => collection.publication.iter().cloned().collect(),
        LabelFacet::Assay
        | LabelFacet::CellType
        | LabelFacet::DevelopmentStage
        | LabelFacet::Disease
        | LabelFacet::Ethnicity
        | LabelFacet::Organism
        | LabelFacet::Schema
        | LabelFacet::Sex
        | LabelFacet::SuspensionType
        | LabelFacet::Tissue => Vec::new(),
    }
}

fn collection_of<'a>(catalog: &'a Catalog, dataset: &ListedDataset) -> Option<&'a ListedCollection> {
    catalog.collections.get((dataset.collection as usize).checked_sub(1)?)
}

/// All that a search finds datasets by.
fn words_of(catalog: &Catalog, labels: &[Labels]) -> Words {
    let n_datasets = catalog.datasets.len();
    let mut words = Words::new(n_datasets);
    let mut of_collections = vec![FixedBitSet::with_capacity(n_datasets); catalog.collections.len()];
    for (at, dataset) in (0_u32..).zip(&catalog.datasets) {
        words.insert(&dataset.id, at);
        words.insert(&dataset.title, at);
        if let Some(datasets) = (dataset.collection as usize).checked_sub(1).and_then(|at| of_collections.get_mut(at)) {
            datasets.insert(at as usize);
        }
    }
    for (collection, datasets) in catalog.collections.iter().zip(&of_collections) {
        let texts = [&collection.title].into_iter().chain(&collection.doi).chain(&collection.accessions);
        texts.for_each(|text| words.insert_all(text, datasets));
    }
    // How many findings a dataset has is no word that somebody looks for.
    let looked_for = LabelFacet::ALL.iter().zip(labels).filter(|(facet, _)| **facet != LabelFacet::Schema);
    for (_, Labels { names, datasets, .. }) in looked_for {
        names.iter().zip(datasets).for_each(|(name, datasets)| words.insert_all(name, datasets));
    }
    words
}

fn sort_keys(catalog: &Catalog) -> Vec<SortKeys> {
    let titles: Vec<String> = catalog.datasets.iter().map(|dataset| dataset.title.to_lowercase()).collect();
    let mut ranks = vec![0; titles.len()];
    for (rank, at) in (0_u32..).zip(order_by(titles.len(), |a, b| titles[a].cmp(&titles[b]))) {
        ranks[at] = rank;
    }
    let keys = |(dataset, title_rank): (&ListedDataset, u32)| SortKeys {
        title_rank,
        published: collection_of(catalog, dataset)
            .and_then(|found| Collection(found).published())
            .map(|day| day.0.into()),
        n_obs: dataset.n_obs,
        genes_per_cell: known(dataset.genes_per_cell),
    };
    catalog.datasets.iter().zip(ranks).map(keys).collect()
}

fn known(genes_per_cell: f32) -> Option<f64> {
    (genes_per_cell > 0.0).then(|| f64::from(genes_per_cell))
}

impl<'a> DatasetEntry<'a> {
    fn listed(self) -> &'a ListedDataset {
        &self.index.catalog.datasets[self.at as usize]
    }

    /// Its number.
    pub fn idx(self) -> DatasetIdx {
        DatasetIdx(self.at)
    }

    /// Its id, as in addresses.
    pub fn id(self) -> &'a str {
        &self.listed().id
    }

    /// Its title.
    pub fn title(self) -> &'a str {
        &self.listed().title
    }

    /// Number of cells.
    pub fn n_obs(self) -> u32 {
        self.listed().n_obs
    }

    /// Number of genes.
    pub fn n_vars(self) -> u32 {
        self.listed().n_vars
    }

    /// Mean number of genes with a value in a cell, where there is expression.
    pub fn genes_per_cell(self) -> Option<f64> {
        known(self.listed().genes_per_cell)
    }

    /// Whether there are pictures of it.
    pub fn has_poster(self) -> bool {
        self.listed().has_poster
    }

    /// The number that a facet is of, where it is known.
    pub fn number(self, facet: NumberFacet) -> Option<f64> {
        match facet {
            NumberFacet::Cells => Some(f64::from(self.n_obs())),
            NumberFacet::GenesPerCell => self.genes_per_cell(),
        }
    }

    /// The collection that it is in.
    pub fn collection(self) -> Option<Collection<'a>> {
        collection_of(&self.index.catalog, self.listed()).map(Collection)
    }

    /// Its labels of a facet, in the order shown.
    pub fn labels(self, facet: LabelFacet) -> impl Iterator<Item = &'a str> {
        let labels = self.index.labels(facet);
        labels.of_datasets[self.at as usize].iter().map(|&label| labels.names[label as usize].as_str())
    }

    /// Its labels of a facet, in the order of the file.
    pub(super) fn stored_labels(self, facet: LabelFacet) -> impl Iterator<Item = &'a str> {
        // The file has them in the order of their bytes.
        let mut labels: Vec<&str> = self.labels(facet).collect();
        sort_by(&mut labels, Ord::cmp);
        labels.into_iter()
    }
}

impl<'a> Collection<'a> {
    /// Its id, as in addresses.
    pub fn id(self) -> &'a str {
        &self.0.id
    }

    /// Its title.
    pub fn title(self) -> &'a str {
        &self.0.title
    }

    /// Who published it, when and where, in a line.
    pub fn publication(self) -> Option<&'a str> {
        self.0.publication.as_deref()
    }

    /// Its digital object identifier.
    pub fn doi(self) -> Option<&'a str> {
        self.0.doi.as_deref()
    }

    /// When it was published.
    pub fn published(self) -> Option<Day> {
        (self.0.published > 0).then_some(Day(self.0.published))
    }
}
