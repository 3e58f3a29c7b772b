//! Builds datasets from AnnData.
//!
//! The input is read in pieces, so memory stays bounded; the same input gives the same bytes, whatever the number of
//! threads, as long as the same library compresses them (feature `libzstd` or not: [`shared_fbs::frame`]). What a build
//! needs from outside are the traits of [`Environment`]. With feature `native` they are files ([`native`]); in memory
//! ([`memory`]) a build runs anywhere, browsers included.

mod cell_order;
mod columns;
mod embeddings;
mod environment;
mod error;
mod far;
mod genes;
mod images;
mod labels;
mod layer;
pub mod memory;
#[cfg(feature = "native")]
pub mod native;
mod needs;
mod obsm;
pub mod pack;
mod plan;
mod poster;

use h5ad::H5ad;
use shared_fbs::manifest::{Manifest, SchemaVerdict};

use plan::Plan;

pub use environment::{Environment, Output, OutputFile, Progress, Quiet, Scratch, ScratchFile, Stage};
pub use error::BuildError;
pub use genes::gene_symbols;
pub use needs::{Needs, most_files, n_entries, needs};

/// How to build.
#[derive(Clone, Debug)]
pub struct Options {
    /// Build even when there is no embedding to draw.
    pub allow_no_embedding: bool,
    /// The modality to take, of MuData; it has to be named.
    pub modality: Option<String>,
    /// Column of cell types; guessed from its name when not given.
    pub main_label: Option<String>,
    /// Column of samples; guessed from its name when not given.
    pub sample_column: Option<String>,
    /// Column of `var` that gene symbols are taken from; guessed from its name when not given.
    pub symbols: Option<String>,
    /// How the file was found to follow the schema, where somebody has validated it.
    pub schema: Option<SchemaVerdict>,
    /// Values of a layer that are in memory at a time, at about 8 bytes each; of a layer with more, the
    /// rest waits in scratch space. The output does not depend on it.
    pub values_in_memory: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            allow_no_embedding: false,
            modality: None,
            main_label: None,
            sample_column: None,
            symbols: None,
            schema: None,
            values_in_memory: 96 << 20,
        }
    }
}

/// Builds the dataset of a file, of which the manifest says that it came from `source`, and gives the manifest.
///
/// # Errors
/// [`BuildError`]; what was written until then is no dataset, since the manifest is written last.
pub fn build(
    file: H5ad,
    source: &str,
    options: &Options,
    environment: &Environment<'_>,
) -> Result<Manifest, BuildError> {
    Plan::read(file, source, options, environment.progress)?.write(environment)
}
