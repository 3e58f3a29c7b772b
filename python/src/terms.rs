//! The terms of ontologies that `descendants` asks for: those of cell types and of tissues.

use std::{borrow::Cow, sync::OnceLock};

use schema::reference::{Ontology, Reference, Tables};
use value_filter::TermTree;

/// The ontologies with what stands below each of their terms.
const ONTOLOGIES: [&str; 2] = ["CL", "UBERON"];

/// The tables of these ontologies alone, since all would make the package twice as large.
struct TermTables;

impl Tables for TermTables {
    fn bytes(&self, file: &str) -> Option<Cow<'static, [u8]>> {
        let bytes: &[u8] = match file {
            "cl-parents.bin" => include_bytes!("../../schema/reference/cl-parents.bin"),
            "cl.bin" => include_bytes!("../../schema/reference/cl.bin"),
            "uberon-parents.bin" => include_bytes!("../../schema/reference/uberon-parents.bin"),
            "uberon.bin" => include_bytes!("../../schema/reference/uberon.bin"),
            _ => return None,
        };
        Some(Cow::Borrowed(bytes))
    }
}

/// The terms, read when first asked for.
pub fn terms() -> &'static TermTree {
    static TERMS: OnceLock<TermTree> = OnceLock::new();
    TERMS.get_or_init(|| {
        let reference = Reference::new(TermTables);
        let ontologies = ONTOLOGIES.iter().filter_map(|name| Ontology::named(name));
        let terms = ontologies.flat_map(|ontology| reference.all_terms(ontology));
        TermTree::new(terms.map(|(id, _, parents)| (id, parents)))
    })
}
