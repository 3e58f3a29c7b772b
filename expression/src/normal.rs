//! Which cells count, and what a count of theirs becomes: numbers of CELLxGENE's Gene Expression.

use explorer_core::de::NORMALIZED_TOTAL;

/// Genes that a cell has to express to count.
pub const LEAST_GENES: u32 = 500;

/// Counts per ten thousand below which a value counts as none.
pub const LEAST_CPTT: f64 = 3.0;

/// The assays of the paper (CZI Cell Science Program, *Nucleic Acids Research* 2025): sci-RNA-seq, 10x 3' v1, 10x 5' v1,
/// 10x 3' v2, 10x 5' v2, 10x 3' v3, 10x 3' and 10x 5' of no version, Seq-Well, 10x technology, Drop-seq and CEL-seq2.
pub const ASSAYS_OF_PAPER: [&str; 12] = [
    "EFO:0010550",
    "EFO:0009901",
    "EFO:0011025",
    "EFO:0009899",
    "EFO:0009900",
    "EFO:0009922",
    "EFO:0030003",
    "EFO:0030004",
    "EFO:0008919",
    "EFO:0008995",
    "EFO:0008722",
    "EFO:0010010",
];

/// The assays whose counts grow with the length of a gene: Smart-seq, Smart-seq2, Smart-seq v4.
pub const ASSAYS_BY_LENGTH: [&str; 3] = ["EFO:0008930", "EFO:0008931", "EFO:0700016"];

/// Counts per ten thousand. A cell without counts has none.
pub fn cptt(count: f64, total: f64) -> f64 {
    if total > 0.0 { count * NORMALIZED_TOTAL / total } else { 0.0 }
}
