//! Differential expression: exact moments, Welch's t-test, ranks and Wilcoxon's, a table.
//!
//! Every route to a result (label tiles, a gene-major pass over a selection, the tile server) ends
//! in [`Moments`] of two sets of cells. They are integers, so any order, partition or machine gives
//! the same bits; [`compare`] turns two of them into a [`DeTable`].

mod adjust;
mod bands;
mod bootstrap;
mod by_sample;
mod caution;
mod csv;
mod effect_size;
mod fixed;
mod gather;
mod interval;
mod kernel;
mod markers;
mod moments;
mod normalization;
mod parts;
mod plan;
mod pseudobulk;
mod radix;
mod ranks;
mod route;
mod stored;
mod student;
mod summary;
mod summing;
mod sums;
mod table;
mod welch;
mod wilcoxon;

use adjust::total_order;
pub use adjust::{Adjustment, adjust_with_log10};
pub use bands::{Bands, Exact, Exponents, Place};
pub use bootstrap::BootstrapPercentile;
pub use by_sample::{SampleSides, sample_means};
pub use caution::caution_of_sizes;
pub use csv::{CellSetRecord, DeRecord, markers_to_csv, pseudobulk_to_csv, to_csv};
pub(crate) use csv::{push_cautions, push_record, test_facts};
pub use effect_size::{Dispersion, Pooling, cohens_d};
pub use fixed::{FixedPoint, FixedPoints};
pub use gather::Gather;
pub use interval::LEFT_OUT;
pub use kernel::{CountTable, Labels, gather_banded, gather_counts, gather_floats, scatter_floats};
pub use markers::{CELLXGENE_PERCENTILE, LEAST_EXPRESSING, Marker, MarkerFinder, MarkerRank};
pub use moments::{GeneMoments, Moments, MomentsError};
pub use normalization::{
    Correction, NORMALIZED_TOTAL, Normalization, NormalizedCell, NormalizedCells, TABLE_COUNTS, log_normalize,
};
pub use parts::{CellsPart, MomentsPart, SetParts, Sets, Sign, StoredPart};
pub use plan::{LayerTiles, Plan};
pub(crate) use pseudobulk::caution_of_samples;
pub use pseudobulk::{
    Design, LEAST_CELLS, LeftOut, PseudobulkError, PseudobulkTable, SampleMoments, paired_t, pseudobulk, sample_summary,
};
pub use ranks::{GeneRanks, RankGroups, RankSums, Ranker};
pub use route::{Choice, Offer, Route, Speed};
pub use stored::{LabelChoice, StoredSum, UnstoredPairs, stored_sums, sums_alone};
pub use student::{normal_two_sided_ln_p, t_quantile, two_sided_ln_p};
pub use summary::Summary;
pub use summing::Summing;
pub use table::{
    DeFilter, DeOptions, DeTable, Direction, Effect, GeneAxes, LogBase, Region, Regulation, SortKey, TableInParts,
    Test, compare,
};
pub use welch::{Degenerate, Method, Welch, welch};
pub use wilcoxon::{Ties, Wilcoxon, wilcoxon};
