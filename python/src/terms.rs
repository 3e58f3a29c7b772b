//! The terms of ontologies that `descendants` asks for.

use value_filter::{NoTerms, Terms};

/// The ontologies that the package knows.
pub fn terms() -> impl Terms {
    NoTerms
}
