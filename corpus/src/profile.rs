//! Which cells and values a corpus takes, as its manifest states it.

use expression::{ASSAYS_BY_LENGTH, ASSAYS_OF_PAPER, LEAST_CPTT, LEAST_GENES, SYSTEMS_LEFT_OUT};
use shared_fbs::corpus::Profile;

/// As CELLxGENE's code has it today: every assay, counts of Smart-seq over the lengths of genes.
pub fn current_profile() -> Profile {
    Profile {
        name: "current".to_owned(),
        primary_data_only: true,
        least_genes: LEAST_GENES,
        known_cell_types_only: true,
        left_out_tissues: SYSTEMS_LEFT_OUT.map(str::to_owned).into(),
        assays: None,
        length_assays: ASSAYS_BY_LENGTH.map(str::to_owned).into(),
        least_cptt: LEAST_CPTT,
    }
}

/// As the paper describes: twelve assays, in which each count is a molecule.
pub fn paper_profile() -> Profile {
    Profile {
        name: "paper".to_owned(),
        assays: Some(ASSAYS_OF_PAPER.map(str::to_owned).into()),
        length_assays: Vec::new(),
        ..current_profile()
    }
}
