//! Serves Tessera datasets and the page that shows them.

pub mod catalog;
mod file_stamp;
pub mod lists;
pub mod numbers;
pub mod questions;
pub mod serve;
pub mod text;

pub use dataset_place;
