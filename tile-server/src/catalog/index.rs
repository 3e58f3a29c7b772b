//! From what is known of datasets to the file that tells a page of them all.

use explorer_core::catalog::LabelFacet;
use shared_fbs::catalog::{Catalog, FORMAT_VERSION, FacetLabels, ListedCollection, ListedDataset};

use xxhash_rust::xxh3::Xxh3;

use super::{Collection, DatasetFacts, ontology};

/// A dataset and all that is known of it.
#[derive(Clone, Copy, Debug)]
pub struct CatalogEntry<'a> {
    /// Its id in addresses.
    pub id: &'a str,
    /// What its own columns say.
    pub facts: &'a DatasetFacts,
    /// The collection that it is in.
    pub collection: Option<&'a Collection>,
}

/// Where the files of a catalog's genes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogGenesPlace {
    /// What stands for them in addresses: the same only for the same datasets.
    pub state: String,
    /// How many bits of a key number a file.
    pub bits: u8,
    /// The content ids of the datasets, in the catalog's order.
    pub content_ids: Vec<String>,
}

impl CatalogGenesPlace {
    /// Of datasets of these content ids, in the catalog's order.
    pub fn of(bits: u8, content_ids: Vec<String>) -> Self {
        let mut hasher = Xxh3::new();
        content_ids.iter().for_each(|id| hasher.update(format!("{id}\n").as_bytes()));
        Self { state: format!("{:016x}", hasher.digest()), bits, content_ids }
    }
}

/// What a catalog tells of its genes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CatalogGenesState {
    /// There are none.
    Absent,
    /// They are still being read.
    Awaited,
    /// Where they are.
    At(CatalogGenesPlace),
}

impl CatalogGenesState {
    /// Where they are; `None`: there are none, or none yet.
    pub fn place(&self) -> Option<&CatalogGenesPlace> {
        match self {
            Self::Absent | Self::Awaited => None,
            Self::At(place) => Some(place),
        }
    }
}

/// The catalog of these datasets, without those of private collections. Withdrawn ones are not to be among them.
pub fn catalog_of(entries: &[CatalogEntry<'_>], genes: &CatalogGenesState) -> Catalog {
    let mut listed: Vec<CatalogEntry<'_>> =
        entries.iter().filter(|entry| !entry.collection.is_some_and(Collection::is_private)).copied().collect();
    listed.sort_by_key(|entry| entry.id);
    let mut collections: Vec<&Collection> = listed.iter().filter_map(|entry| entry.collection).collect();
    collections.sort_by_key(|collection| &collection.id);
    collections.dedup_by_key(|collection| &collection.id);
    let number = |collection: &Collection| collections.partition_point(|other| other.id < collection.id) as u32 + 1;
    let datasets = listed.iter().map(|entry| ListedDataset {
        id: entry.id.to_owned(),
        title: entry.facts.title.clone(),
        n_obs: entry.facts.n_obs,
        n_vars: entry.facts.n_vars,
        genes_per_cell: entry.facts.genes_per_cell.unwrap_or_default(),
        n_bytes: entry.facts.n_bytes,
        collection: entry.collection.map_or(0, number),
        source: None,
        has_poster: entry.facts.has_poster,
    });
    let facet = |facet: LabelFacet| {
        let of_dataset = |entry: &CatalogEntry<'_>| {
            let labels = entry.facts.labels.iter().find(|(of, _)| *of == facet);
            labels.map(|(_, labels)| labels.clone()).unwrap_or_default()
        };
        let of_datasets: Vec<Vec<String>> = listed.iter().map(of_dataset).collect();
        let all = of_datasets.iter().flatten().map(String::as_str).collect();
        FacetLabels::with_broader(facet.name(), &of_datasets, &ontology::known(facet, &all))
    };
    Catalog {
        format_version: FORMAT_VERSION,
        datasets: datasets.collect(),
        collections: collections.iter().map(|collection| listed_collection(collection)).collect(),
        facets: LabelFacet::ALL.into_iter().filter(|facet| facet.is_of_dataset()).map(facet).collect(),
        genes: genes.place().map(|place| place.state.clone()),
        gene_bits: genes.place().map_or(0, |place| place.bits),
        awaits_genes: *genes == CatalogGenesState::Awaited,
    }
}

fn listed_collection(collection: &Collection) -> ListedCollection {
    ListedCollection {
        id: collection.id.clone(),
        title: collection.title.clone(),
        publication: collection.publication.clone(),
        doi: collection.doi.clone(),
        published: collection.published.map_or(0, |day| day.0),
        consortia: collection.consortia.clone(),
        accessions: collection.accessions.clone(),
    }
}

#[cfg(test)]
mod tests {
    use explorer_core::catalog::{CatalogIndex, CatalogQuery, Day, FoundGenes};

    use super::*;
    use crate::catalog::Visibility;

    fn collection(id: &str, visibility: Visibility) -> Collection {
        Collection { id: id.to_owned(), title: id.to_owned(), visibility: Some(visibility), ..Collection::default() }
    }

    #[test]
    fn private_collections_are_in_no_list() {
        let facts = DatasetFacts {
            title: "Lungs".to_owned(),
            labels: vec![(LabelFacet::Tissue, vec!["lung".to_owned()])],
            ..DatasetFacts::default()
        };
        let (open, secret) = (collection("open", Visibility::Public), collection("secret", Visibility::Private));
        let entry = |id, collection| CatalogEntry { id, facts: &facts, collection };
        let entries = [entry("c", None), entry("b", Some(&secret)), entry("a", Some(&open))];
        let catalog = catalog_of(&entries, &CatalogGenesState::Absent);
        assert_eq!(catalog.datasets.iter().map(|dataset| dataset.collection).collect::<Vec<_>>(), [1, 0]);
        assert_eq!(catalog.collections.len(), 1);
        assert!(!format!("{catalog:?}").contains("secret"));
        let index = CatalogIndex::of(catalog).unwrap();
        let found =
            |address| index.answer(&CatalogQuery::of_address(address), &FoundGenes::default(), Day(20_000)).found.len();
        assert_eq!(found("tissue=lung"), 2);
        // What stands over a label finds its datasets, too.
        assert_eq!(found("tissue=respiratory%20system"), 2);
        assert_eq!(found("tissue=liver"), 0);
    }
}
