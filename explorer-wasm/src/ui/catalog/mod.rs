//! The list of datasets: a search field, facets, the filters in force, and a table.

mod chips;
mod facets;
mod listing;
mod screen;
mod table;

pub use listing::Listing;
pub use screen::CatalogScreen;
