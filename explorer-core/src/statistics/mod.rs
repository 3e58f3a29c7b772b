//! Answers about genes, sets of genes and sets of cells beside differential expression: enrichment, composition,
//! correlation, gene set scores, what some cells are. Methods, references and what they are matched with:
//! `docs/statistics.md`.

mod chi_squared;
mod composition;
mod correlation;
mod csv;
mod enrichment;
mod gene_score;
mod hypergeometric;
mod over_representation;
mod portrait;
mod prerank;
mod random;

pub use chi_squared::chi_squared_ln_p;
pub use composition::{
    ChiSquared, Composition, GroupTest, NamedComposition, PartTest, SampleComparison, SampleCounts, SampleParts,
    TooFewSamples, compare_samples,
};
pub use correlation::{Correlations, Correlator, NoCorrelation};
pub use csv::{
    AnswerRecord, composition_to_csv, correlations_to_csv, over_representation_to_csv, portrait_to_csv, prerank_to_csv,
    scores_to_csv,
};
pub use enrichment::{Enriched, KnownSets};
pub use gene_score::{NoControls, ScoreOptions, control_genes};
pub use hypergeometric::Hypergeometric;
pub use over_representation::{OverRepresentation, over_representation};
pub use portrait::{LabelShare, NearestLabel, Portrait, label_shares, nearest_labels};
pub use prerank::{PrerankOptions, RankedEnrichment, Ranking, prerank};
