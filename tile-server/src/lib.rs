//! Serves Tessera datasets and the page that shows them.

pub mod catalog;
pub mod dataset_place;
mod file_stamp;
pub mod serve;
pub mod text;
