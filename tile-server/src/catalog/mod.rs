//! What there is to find: the datasets in folders, what they are of, and the file that tells a page of them all.
//!
//! A [`Folder`] is scanned for datasets and collections; [`DatasetFacts`] are read from a dataset's own columns;
//! [`catalog_of`] puts both together, and [`about_dataset`] and [`collection_document`] say it in documents. The server
//! does so again and again; a static site, once.

mod collection;
mod document;
mod document_page;
mod download;
mod facts;
mod folder;
mod genes;
pub mod ids;
mod index;
mod linked_data;
mod ontology;
mod remote_folder;
mod shared_ids;
mod site;
mod snippets;

pub use collection::{Collection, CollectionError, Contact, DatasetNote, Link, Version, Visibility};
pub use document::{about_dataset, collection_document, collections_document, failure_document};
pub use document_page::Document;
pub use download::{Download, Original};
pub use facts::DatasetFacts;
pub use folder::{Folder, FoundDataset, Scan, id_of};
pub use genes::{DatasetGenes, GeneStore};
pub use index::{CatalogEntry, CatalogGenesPlace, CatalogGenesState, catalog_of};
pub use remote_folder::{AnyFolder, RemoteFolder};
pub use shared_ids::take_out_shared_ids;
pub use site::{SiteUrl, SiteUrlError, oembed, sitemap};

/// What describes a collection, in the folder of its datasets.
pub const COLLECTION: &str = "collection.toml";
