//! The terms of ontologies that `descendants` asks for: those of cell types and of tissues.

use std::{borrow::Cow, sync::LazyLock};

use schema::reference::{Reference, Tables};
use value_filter::TermTree;

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
pub static TERMS: LazyLock<TermTree> = LazyLock::new(|| TermTree::new(Reference::new(TermTables).terms_with_parents()));
