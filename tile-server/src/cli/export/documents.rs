//! What a site says of its datasets: the catalog, and a document for each dataset and collection.

use std::{collections::BTreeMap, io, sync::Arc};

use shared_fbs::{
    api::{ABOUT_ROUTE, COLLECTION_ROUTE, DatasetDescription, Endpoint, PAGE_ROUTE},
    path::CATALOG,
};
use tile_server::catalog::{
    CatalogEntry, CatalogGenesPlace, CatalogGenesState, Collection, GeneStore, SiteUrl, about_dataset, catalog_of,
    collection_document, collections_document, oembed, sitemap,
};

use super::{datasets::Told, site::SiteWriter};

/// Writes the catalog, the genes of its datasets, their list, and all documents.
///
/// # Errors
/// When the site cannot be written.
pub fn write(
    datasets: &[Told<'_>],
    site_url: Option<&SiteUrl>,
    genes: &mut GeneStore,
    site: &mut SiteWriter,
) -> io::Result<()> {
    let mut listed: Vec<&Told<'_>> = datasets.iter().filter(|told| !told.dataset().is_withdrawn()).collect();
    // As in the catalog, by which genes number their datasets.
    listed.sort_by_key(|told| &told.dataset().name);
    let content_ids: Vec<String> = listed.iter().map(|told| told.content_id.clone()).collect();
    let place = CatalogGenesPlace::of(genes.bits(&content_ids), content_ids);
    let entries: Vec<CatalogEntry<'_>> = listed.iter().map(|told| told.entry()).collect();
    site.write(CATALOG, &catalog_of(&entries, &CatalogGenesState::At(place.clone())).encode())?;
    for file in 0..1 << place.bits {
        let address = Endpoint::Genes { state: place.state.as_str().into(), file }.address();
        site.write(&address, &genes.file(&place.content_ids, place.bits, file)?)?;
    }
    let descriptions: Vec<&DatasetDescription> = listed.iter().map(|told| &told.description).collect();
    let list = serde_json::to_vec(&descriptions).expect("descriptions are plain text and numbers");
    site.write(&Endpoint::Datasets.address(), &list)?;
    for told in datasets {
        let document = about_dataset(&told.entry(), &told.dataset().directory_name(), site_url);
        // By the id that a tile server gives it, too.
        for address in told.dataset().addresses() {
            let path = format!("{ABOUT_ROUTE}/{address}.html");
            if !site.has(&path) {
                site.write(&path, document.html.as_bytes())?;
            }
            if told.dataset().is_withdrawn() {
                site.write(&format!("{PAGE_ROUTE}/{address}/index.html"), gone(address).as_bytes())?;
            }
        }
    }
    site.write(&format!("{COLLECTION_ROUTE}/index.html"), collections_document(&entries, site_url).html.as_bytes())?;
    if let Some(site_url) = site_url {
        site.write(&Endpoint::Sitemap.address(), sitemap(site_url, &entries).as_bytes())?;
        for entry in &entries {
            let path = format!("{ABOUT_ROUTE}/{}.oembed.json", entry.id);
            site.write(&path, oembed(site_url, entry).as_bytes())?;
        }
    }
    for (collection, datasets) in of_collections(datasets) {
        let document = collection_document(collection, &datasets, site_url);
        site.write(&format!("{COLLECTION_ROUTE}/{}.html", collection.id), document.html.as_bytes())?;
    }
    Ok(())
}

/// The page at the address of the Explorer of a dataset that was withdrawn: it goes on to what says why.
fn gone(id: &str) -> String {
    let about = Endpoint::About { id: id.into() }.address();
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"robots\" content=\"noindex\">\
         <title>Withdrawn</title><meta http-equiv=\"refresh\" content=\"0; url=../../{about}\">\
         <p>This dataset was withdrawn; <a href=\"../../{about}\">its document says why</a>.</p></html>\n"
    )
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
