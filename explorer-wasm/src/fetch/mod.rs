//! Tiles from the network: fetched once, verified, kept while they fit.

mod batch;
mod corpus;
mod error;
mod fetcher;
mod host_bytes;
mod http;
mod pack_file;
mod retry;
mod server;
mod source;
mod stall;
mod tile_store;

pub use corpus::open_corpus;
pub use error::FetchError;
pub use explorer_core::dataset::Priority;
pub use fetcher::{Fetcher, Limits, TileBytes};
pub use host_bytes::{port_for_worker, read_from_host};
pub use server::{catalog_bytes, catalog_genes_bytes, moments, moments_offer, moments_request};
pub use shared_fbs::api::MomentsOffer;
pub use source::{Address, Source};

/// An open dataset whose tiles come from the network.
pub type Dataset = explorer_core::dataset::Dataset<Fetcher>;
