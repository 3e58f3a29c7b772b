//! Why a dataset could not be built.

use std::io;

use h5ad::H5adError;

/// Why a dataset could not be built. Nothing is left behind when it could not.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The input cannot be read.
    #[error(transparent)]
    Input(#[from] H5adError),
    /// The input is not the one that it was when the build began, so what was read of it does not fit together.
    #[error("{file} changed while it was read; try again once no program writes to it")]
    InputChanged {
        /// Path of the input.
        file: String,
    },
    /// The input has no cells.
    #[error("{file}: obs has no rows: there is no cell to show")]
    NoCells {
        /// Path or name of the input.
        file: String,
    },
    /// The input has no embedding of two dimensions.
    #[error(
        "{file}: obsm has no entry with two or more columns and finite coordinates{found}; compute one \
         (`scanpy.tl.umap`, saved as obsm/X_umap), or build without a picture (`--allow-no-embedding`)"
    )]
    NoEmbedding {
        /// Path or name of the input.
        file: String,
        /// What obsm holds instead, as a clause.
        found: String,
    },
    /// A column that was asked for by name does not exist or has no labels.
    #[error("obs has no categorical column `{name}`; the categorical columns are: {known}")]
    NoSuchColumn {
        /// The name asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The column that gene symbols were to be taken from does not exist or holds no text.
    #[error("var has no column of text `{name}` to take gene symbols from; its columns of text are: {known}")]
    NoSuchSymbols {
        /// The name asked for.
        name: String,
        /// What there is, in `var` and in that of `raw`.
        known: String,
    },
    /// More cells or genes than the format numbers.
    #[error("{place} is {found} long; the format numbers at most {limit}")]
    TooLarge {
        /// Place in the input.
        place: &'static str,
        /// Its length.
        found: usize,
        /// The most that is possible.
        limit: u32,
    },
    /// The output exists.
    #[error("{place} exists already; give --force to replace it, or another --out")]
    OutputExists {
        /// The output.
        place: String,
    },
    /// The output exists and is no dataset, so it is not for this program to remove.
    #[error("{place} {reason}, so --force does not replace it; remove it, or give another --out")]
    OutputIsForeign {
        /// The output.
        place: String,
        /// What is there, as a clause.
        reason: String,
    },
    /// The build was told to stop.
    #[error("interrupted; nothing was written")]
    Interrupted,
    /// The output cannot be written.
    #[error("cannot write {place}: {source}")]
    Output {
        /// What was being written.
        place: String,
        /// Why not.
        source: io::Error,
    },
}
