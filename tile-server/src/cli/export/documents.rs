//! What a site says of its datasets: the catalog, and a document for each dataset and collection.

use std::{collections::BTreeMap, io, sync::Arc};

use shared_fbs::{
    api::{ABOUT_ROUTE, COLLECTION_ROUTE, DatasetDescription, Endpoint},
    path::CATALOG,
};
use tile_server::catalog::{CatalogEntry, Collection, about_dataset, catalog_of, collection_document};

use super::{datasets::Told, site::SiteWriter};

/// Writes the catalog, the list of datasets, and all documents.
///
/// # Errors
/// When the site cannot be written.
pub fn write(datasets: &[Told<'_>], site: &mut SiteWriter) -> io::Result<()> {
    let listed = || datasets.iter().filter(|told| !told.dataset().is_withdrawn());
    let entries: Vec<CatalogEntry<'_>> = listed().map(Told::entry).collect();
    site.write(CATALOG, &catalog_of(&entries).encode())?;
    let descriptions: Vec<&DatasetDescription> = listed().map(|told| &told.description).collect();
    let list = serde_json::to_vec(&descriptions).expect("descriptions are plain text and numbers");
    site.write(&Endpoint::Datasets.address(), &list)?;
    for told in datasets {
        let document = about_dataset(&told.entry(), &told.dataset().directory_name());
        site.write(&format!("{ABOUT_ROUTE}/{}.html", told.dataset().name), document.html.as_bytes())?;
    }
    for (collection, datasets) in of_collections(datasets) {
        let document = collection_document(collection, &datasets);
        site.write(&format!("{COLLECTION_ROUTE}/{}.html", collection.id), document.html.as_bytes())?;
    }
    Ok(())
}

/// Every collection, and its datasets that were not withdrawn.
fn of_collections<'a>(datasets: &'a [Told<'_>]) -> Vec<(&'a Collection, Vec<CatalogEntry<'a>>)> {
    let mut collections: BTreeMap<&str, (&Arc<Collection>, Vec<CatalogEntry<'_>>)> = BTreeMap::new();
    for told in datasets {
        let Some(collection) = told.dataset().collection() else { continue };
        let (_, entries) = collections.entry(&collection.id).or_insert_with(|| (collection, Vec::new()));
        if !told.dataset().is_withdrawn() {
            entries.push(told.entry());
        }
    }
    collections.into_values().map(|(collection, entries)| (&**collection, entries)).collect()
}
