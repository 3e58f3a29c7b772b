//! The contract: how a Tessera dataset is written and read.
//!
//! A dataset is a directory of one manifest and a few immutable packs of tiles. The schemas in
//! `schemas/` are the specification; this crate encodes, decodes and verifies what they describe,
//! and makes every relative path of a dataset. Decoding never panics: broken bytes give an error
//! that names what is wrong.

#[cfg(feature = "api")]
pub mod api;
pub mod bytes;
pub mod catalog;
pub mod corpus;
pub mod dataset_id;
mod error;
pub mod frame;
pub mod genes;
#[allow(
    missing_docs,
    unsafe_code,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "written by flatc; `cargo xtask codegen` makes it anew from the schemas"
)]
mod generated {
    pub mod catalog_generated;
    pub mod corpus_generated;
    pub mod genes_generated;
    pub mod manifest_generated;
    pub mod tiles_generated;
}
mod layer_name;
pub mod manifest;
pub mod order;
pub mod path;
pub mod segments;
pub mod tile;

pub use error::DecodeError;
pub use layer_name::LayerNameError;
pub use path::TileKey;
