//! The CELLxGENE schema, version 7.1.0: validates AnnData files, and gives the labels that submission writes.
//!
//! The rules are those of the Python package `cellxgene-schema` 7.1.2, by number; where that accepts by mistake what the
//! schema's text forbids, rules of our own say so. Terms and genes come from tables ([`mod@reference`]); the file is read by
//! [`h5ad::RawFile`]. Everything that takes no values of matrices is checked first, and each matrix is read once.

mod allowed;
mod bounds;
mod checks;
mod colors;
mod column;
mod definition;
mod document;
mod finding;
mod gene_names;
mod labels;
mod matrices;
mod mend;
mod python;
pub mod reference;
mod report;
mod rule;
mod suggest;
mod validate;

pub use definition::VERSION;
pub use finding::{At, Finding, Fix, Rows, Severity};
pub use labels::{LabelError, LabelValue, Labels, labels};
pub use mend::{Change, Changes, Form, Matrix, changes};
pub use report::{Group, Report, State, groups, groups_to_json};
pub use rule::Rule;
pub use validate::{Event, Options, Stopped, Unwatched, Watch, unopened, validate};
