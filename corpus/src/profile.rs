//! Which cells and values a corpus takes, as its manifest states it.

use expression::{Assays, SYSTEMS_LEFT_OUT};
use shared_fbs::corpus::Profile;

/// A profile as a manifest has it.
pub fn profile(of: &expression::Profile) -> Profile {
    let texts = |texts: &[std::borrow::Cow<'_, str>]| texts.iter().map(|text| text.clone().into_owned()).collect();
    Profile {
        name: of.name.clone().into_owned(),
        primary_data_only: true,
        least_genes: of.least_genes,
        known_cell_types_only: true,
        left_out_tissues: SYSTEMS_LEFT_OUT.map(str::to_owned).to_vec(),
        assays: match &of.assays {
            Assays::All => None,
            Assays::These(assays) => Some(texts(assays)),
        },
        length_assays: texts(&of.assays_by_length),
        least_cptt: of.least_cptt,
    }
}
