//! Serves Tessera datasets and the page that shows them.

pub mod catalog;
mod file_stamp;
pub mod serve;
pub mod text;

pub use dataset_place;
