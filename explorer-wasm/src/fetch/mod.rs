//! Tiles from the network: fetched once, verified, kept while they fit.

mod cache;
mod dataset;
mod error;
mod expression;
mod fetcher;
mod gate;
mod http;
mod plan;
mod retry;
mod server;
mod source;
mod stall;

pub use dataset::Dataset;
pub use error::FetchError;
pub use fetcher::{Fetcher, Limits, TileBytes};
pub use gate::Priority;
pub use server::{DatasetEntry, MomentsOffer, list_datasets, moments, moments_offer, moments_request};
pub use source::{Address, Source};
