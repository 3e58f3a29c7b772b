//! Gene expression over many datasets, from sums alone.
//!
//! What is known of a corpus are, per gene and group of cells, the number of cells that express it, Σx and Σx², and how many
//! cells the group has: integers that add up exactly. Everything here is computed from them, and nothing here reads or
//! writes anything.
//!
//! - [`Coverage`]: which datasets measured which genes, so that a gene is told of the cells that did.
//! - [`Ontology`], [`Hierarchy`]: cell types rolled up to their ancestors, redundant rows, the order of rows;
//!   [`general_tissue`].
//! - [`dots()`], [`diameter_px`], [`Scales`], [`dot_color`]: the dot plot.
//! - [`MarkerFinder`], [`MarkerTable`]: marker genes.
//! - [`Contrast`]: differential expression between two sets of groups.
//! - [`rank_rows`], [`specific_genes`], [`donor_interval`]: questions.
//!
//! CELLxGENE's Gene Expression does some of this differently: [`Mode`] chooses.

mod compare;
mod coverage;
mod dots;
mod hierarchy;
mod markers;
mod mode;
mod normal;
mod ontology;
mod order;
mod questions;
mod sums;
mod tissues;

pub use compare::{Comparison, Contrast, ContrastError, Membership, Overlap, Sides, Tested};
pub use coverage::{Cells, Coverage, bits_of};
pub use dots::{Dot, Scales, Scaling, diameter_px, dot_color, dots};
pub use hierarchy::{Hierarchy, Row};
pub use markers::{
    GeneScores, LEAST_SCORE, Marker, MarkerFinder, MarkerOptions, MarkerTable, Measure, N_KEPT, N_SHOWN, TypeMarker,
};
pub use mode::Mode;
pub use normal::{ASSAYS_BY_LENGTH, ASSAYS_OF_PAPER, LEAST_CPTT, LEAST_GENES, cptt};
pub use ontology::{Ontology, OntologyError};
pub use order::{order_of_genes, order_of_rows};
pub use questions::{DonorInterval, Quantity, SpecificGene, Specificity, donor_interval, rank_rows, specific_genes};
pub use sums::Sums;
pub use tissues::{GENERAL_TISSUES, SYSTEMS_LEFT_OUT, general_tissue};
