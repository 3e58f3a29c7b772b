//! Finding a dataset among thousands: facets, ranges, text, sorting, and the address of it all.
//!
//! [`CatalogIndex`] holds what a catalog's file says, as a set of bits per label. [`CatalogQuery`] is what a user asks;
//! [`CatalogIndex::answer`] finds the datasets and counts, for every facet, those that each of its values would give.

mod address;
mod answer;
mod date;
mod facet;
mod gene_lookup;
mod genes;
mod index;
#[cfg(test)]
mod made_up;
mod query;
mod sort;
mod text;
mod words;

pub use answer::{CatalogAnswer, LabelCount, NumberExtent};
pub use date::Day;
pub use facet::{Facet, LabelFacet, LabelLevel, NumberFacet, Since};
pub use gene_lookup::WantedGene;
pub use genes::{FoundGene, FoundGenes, GeneSummary};
pub use index::{CatalogIndex, Collection, DatasetEntry, DatasetIdx};
pub use query::{CatalogEdit, CatalogQuery, NumberRange};
pub use sort::{Sort, SortDirection, SortKey};
