//! Catalogs of made-up datasets, for tests and benches.

use shared_fbs::catalog::{Catalog, FORMAT_VERSION, FacetLabels, Level, ListedCollection, ListedDataset};
use synthetic::shelf::Shelf;

/// The catalog of so many made-up datasets.
pub fn made_up(n_datasets: usize) -> Catalog {
    let shelf = Shelf::new(n_datasets, 1);
    let names = shelf.datasets.iter().flat_map(|dataset| dataset.labels.iter().map(|(name, _)| *name));
    let names: std::collections::BTreeSet<&str> = names.collect();
    let facet = |name: &&str| {
        let labels_of = |dataset: &synthetic::shelf::Dataset| {
            dataset.labels.iter().find(|(of, _)| of == name).map(|(_, labels)| labels.clone()).unwrap_or_default()
        };
        let of_datasets: Vec<Vec<String>> = shelf.datasets.iter().map(labels_of).collect();
        let known = of_datasets.iter().flatten().flat_map(|label| {
            let broader = broader_of(name, label);
            let classes: Vec<_> = broader.iter().map(|class| (class.clone(), (Level::Class, Vec::new()))).collect();
            classes.into_iter().chain([(label.clone(), (Level::Term, broader))])
        });
        FacetLabels::with_broader(name, &of_datasets, &known.collect())
    };
    let datasets = shelf.datasets.iter().map(|dataset| ListedDataset {
        id: dataset.id.clone(),
        title: dataset.title.clone(),
        n_obs: dataset.n_obs,
        n_vars: dataset.n_vars,
        genes_per_cell: dataset.genes_per_cell,
        n_bytes: u64::from(dataset.n_obs) * 2_000,
        collection: dataset.collection as u32 + 1,
        source: None,
        has_poster: true,
    });
    let collections = shelf.collections.iter().map(|collection| {
        let (year, month, day) = collection.published;
        // Of use in tests is that they differ; what day of the calendar they are, matters to none.
        let published = (u32::from(year) - 1970) * 365 + u32::from(month) * 30 + u32::from(day);
        ListedCollection {
            id: collection.id.clone(),
            title: collection.title.clone(),
            publication: Some(collection.publication.clone()),
            doi: Some(collection.doi.clone()),
            published,
            consortia: collection.consortia.clone(),
            accessions: vec![collection.accession.clone()],
        }
    });
    Catalog {
        format_version: FORMAT_VERSION,
        genes: None,
        gene_bits: 0,
        awaits_genes: false,
        datasets: datasets.collect(),
        collections: collections.collect(),
        facets: names.iter().map(facet).collect(),
    }
}

/// What stands over a label: a cell type's last word, say, as a class.
pub fn broader_of(facet: &str, label: &str) -> Vec<String> {
    let last = label.rsplit(' ').next().unwrap_or_default();
    if facet == "cell_type" && last != label { vec![format!("any {last}")] } else { Vec::new() }
}
