//! Gene expression over many datasets.
//!
//! A *summary* is what the genes of one dataset add up to over its finest groups of cells: those that agree in tissue, cell
//! type, donor and all other [`Dimension`]s. A *corpus* is the sum of summaries. Both have one form
//! (`shared-fbs/schemas/corpus.fbs`): integers in fixed point, so that sums are exact in any order, whoever adds them up.
//!
//! [`Corpus`] reads one over any [`Tiles`](explorer_core::dataset::Tiles), and [`Query`] asks it. With feature `build`,
//! [`build`] makes summaries and adds them up; what it needs from outside are the traits of [`builder::Environment`].

mod along;
mod answer;
#[cfg(feature = "build")]
pub mod build;
mod compare;
mod dimension;
mod genes;
mod groups;
mod markers;
#[cfg(feature = "native")]
pub mod native;
mod ontology;
mod open;
mod presence;
mod profile;
mod query;
mod questions;
mod sums;
mod value;
pub mod view;

pub use answer::{AnswerTable, Column, ShownSource};
pub use compare::{CompareQuery, CorpusComparison, Donor, Replicates};
pub use dimension::{Dimension, UnknownDimension};
pub use groups::{Groups, Term, Values};
pub use markers::{GeneMarker, MarkedRow, MarkerQuery, RowMarkers};
pub use ontology::{LookUp, ontology, organism_label};
pub use open::Corpus;
pub use profile::{current_profile, paper_profile};
pub use query::{ByGene, DotPlot, DotRow, Filters, Gene, Options, Query, QueryError, Tissues};
pub use questions::{
    Behind, DonorDot, DonorQuery, Least, RankedRow, Ranking, RowThere, SpecificFound, SpecificGenes, SpecificQuery,
};
pub use shared_fbs::corpus::{Corpus as Manifest, Level, Part, Profile, Source};
pub use sums::Entry;
pub use value::{FIXED_POINT, Scale, fixed_point, sum_sq};
