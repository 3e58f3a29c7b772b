//! Serves Tessera datasets and the page that shows them.

pub mod serve;
pub mod text;
