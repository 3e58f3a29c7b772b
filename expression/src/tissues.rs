//! Which tissue a sample is shown under.

use crate::Ontology;

/// The tissues that are shown, first those that win: `tissue_general_list` of the Python package
/// `cellxgene-ontology-guide` 1.11.1, which CELLxGENE's Census takes `tissue_general` from.
pub const GENERAL_TISSUES: [&str; 81] = [
    "UBERON:0000178",
    "UBERON:0002048",
    "UBERON:0002106",
    "UBERON:0002371",
    "UBERON:0002107",
    "UBERON:0002113",
    "UBERON:0000955",
    "UBERON:0002240",
    "UBERON:0000310",
    "UBERON:0000948",
    "UBERON:0002097",
    "UBERON:0000970",
    "UBERON:0001264",
    "UBERON:0001043",
    "UBERON:0001155",
    "UBERON:0000059",
    "UBERON:0002108",
    "UBERON:0000160",
    "UBERON:0000945",
    "UBERON:0001836",
    "UBERON:0001723",
    "UBERON:0001013",
    "UBERON:0000473",
    "UBERON:0002367",
    "UBERON:0000057",
    "UBERON:0000056",
    "UBERON:0003889",
    "UBERON:0000995",
    "UBERON:0000992",
    "UBERON:0002110",
    "UBERON:0001255",
    "UBERON:0018707",
    "UBERON:0000922",
    "UBERON:0004023",
    "UBERON:0001987",
    "UBERON:0007106",
    "UBERON:0002369",
    "UBERON:0002368",
    "UBERON:0002365",
    "UBERON:0000030",
    "UBERON:0000029",
    "UBERON:0004536",
    "UBERON:0001015",
    "UBERON:0000004",
    "UBERON:0003688",
    "UBERON:0000977",
    "UBERON:0002370",
    "UBERON:0002049",
    "UBERON:0009472",
    "UBERON:0001087",
    "UBERON:0000344",
    "UBERON:0001434",
    "UBERON:0002228",
    "UBERON:0003129",
    "UBERON:0004537",
    "UBERON:0002405",
    "UBERON:0001009",
    "UBERON:0001007",
    "UBERON:0001017",
    "UBERON:0001008",
    "UBERON:0000990",
    "UBERON:0001004",
    "UBERON:0000010",
    "UBERON:0001032",
    "UBERON:0002046",
    "UBERON:0004535",
    "UBERON:0000949",
    "UBERON:0002330",
    "UBERON:0002390",
    "UBERON:0000383",
    "UBERON:0001465",
    "UBERON:0001016",
    "UBERON:0001348",
    "UBERON:0015143",
    "UBERON:0000175",
    "UBERON:0001416",
    "UBERON:0001868",
    "UBERON:0001511",
    "UBERON:0002190",
    "UBERON:0000014",
    "UBERON:0000916",
];

/// General tissues whose cells do not count, since they say too little: central nervous, digestive, immune, reproductive,
/// respiratory and skeletal system.
pub const SYSTEMS_LEFT_OUT: [&str; 6] =
    ["UBERON:0001017", "UBERON:0001007", "UBERON:0002405", "UBERON:0000990", "UBERON:0001004", "UBERON:0001434"];

/// The tissue that a tissue is shown under: the first of [`GENERAL_TISSUES`] that is the tissue or above it, else the
/// tissue itself, as what is no term (a cell culture, say).
pub fn general_tissue<'a>(anatomy: &Ontology, tissue: &'a str) -> &'a str {
    let above = anatomy.ancestors(tissue);
    let is_over = |general: &&&'static str| **general == tissue || above.contains(**general);
    GENERAL_TISSUES.iter().find(is_over).copied().unwrap_or(tissue)
}
