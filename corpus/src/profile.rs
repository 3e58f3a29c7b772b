//! Which cells and values a corpus takes.

use shared_fbs::corpus::Profile;

/// Single-cell RNA assays of CELLxGENE's paper on Gene Expression: sci-RNA-seq, 10x 3' (unspecified, v1, v2, v3), 10x 5'
/// (unspecified, v1, v2), 10x technology, Seq-Well, Drop-seq, CEL-seq2.
const PAPER_ASSAYS: [&str; 12] = [
    "EFO:0010550",
    "EFO:0030003",
    "EFO:0009901",
    "EFO:0009899",
    "EFO:0009922",
    "EFO:0030004",
    "EFO:0011025",
    "EFO:0009900",
    "EFO:0008995",
    "EFO:0008919",
    "EFO:0008722",
    "EFO:0010010",
];

/// Assays that read whole transcripts, so that a gene has counts by its length: Smart-seq, Smart-seq2, Smart-seq3, Smart-seq
/// v4, Smart-like.
const LENGTH_ASSAYS: [&str; 5] = ["EFO:0008930", "EFO:0008931", "EFO:0022488", "EFO:0700016", "EFO:0010184"];

/// Systems, which are no tissue to show: central nervous, digestive, immune, reproductive, respiratory, skeletal.
const SYSTEMS: [&str; 6] =
    ["UBERON:0001017", "UBERON:0001007", "UBERON:0002405", "UBERON:0000990", "UBERON:0001004", "UBERON:0001434"];

/// Genes that a cell has counts of at least.
const LEAST_GENES: u32 = 500;

/// Counts per ten thousand below which the original takes a value for noise.
const LEAST_CPTT: f64 = 3.0;

/// What CELLxGENE's Gene Expression does today: every assay, with counts by length divided by it.
pub fn current() -> Profile {
    Profile {
        name: "current".to_owned(),
        primary_data_only: true,
        least_genes: LEAST_GENES,
        known_cell_types_only: true,
        left_out_tissues: SYSTEMS.map(str::to_owned).to_vec(),
        assays: None,
        length_assays: LENGTH_ASSAYS.map(str::to_owned).to_vec(),
        least_cptt: LEAST_CPTT,
    }
}

/// What its paper says: twelve assays.
pub fn paper() -> Profile {
    Profile {
        name: "paper".to_owned(),
        assays: Some(PAPER_ASSAYS.map(str::to_owned).to_vec()),
        length_assays: Vec::new(),
        ..current()
    }
}

/// The profile of a name; none where there is no such one.
pub fn named(name: &str) -> Option<Profile> {
    [current(), paper()].into_iter().find(|profile| profile.name == name)
}
