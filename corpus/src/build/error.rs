use builder::BuildError;
use h5ad::H5adError;

use crate::Dimension;

/// Why a summary could not be made. Nothing is left behind when it could not.
#[derive(Debug, thiserror::Error)]
pub enum SummaryError {
    /// The input cannot be read.
    #[error(transparent)]
    Input(#[from] H5adError),
    /// The input cannot be read.
    #[error("{place} cannot be read: {source}")]
    Read {
        /// What was being read.
        place: String,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A dimension has no column.
    #[error(
        "obs has no column of the {dimension} (usually {usual}): name one by --column {dimension}=COLUMN, or give all \
         cells one value by --set {dimension}=ID or --set {dimension}=ID=LABEL"
    )]
    NoColumn {
        /// The dimension.
        dimension: Dimension,
        /// Columns that would do.
        usual: String,
    },
    /// A column that was named is not there, or holds no labels.
    #[error("obs has no column of labels `{name}`; its columns of labels are: {known}")]
    NoSuchColumn {
        /// Its name.
        name: String,
        /// Those that are there.
        known: String,
    },
    /// Nothing says which cells are primary data.
    #[error(
        "obs has no column is_primary_data, and the profile takes primary data only: where no cell is in another dataset \
         as well, say --assume-primary"
    )]
    NoPrimary,
    /// Nothing tells the organism, or it is several.
    #[error("{found}: name the one to summarize by --organism, such as --organism NCBITaxon:9606")]
    Organism {
        /// What the input says, as a clause.
        found: String,
    },
    /// There are no counts.
    #[error(
        "{file} has no matrix of counts ({found}): a summary takes raw counts, of raw/X, X or a layer; of \
         log-normalized values, build a dataset first (`tile-server build`), which recovers the counts, and summarize that"
    )]
    NoCounts {
        /// The input.
        file: String,
        /// What it has.
        found: String,
    },
    /// A value is no count.
    #[error("{matrix} holds {value}, which is no count, after counts at its beginning; name another matrix by --layer")]
    NoCount {
        /// The matrix.
        matrix: String,
        /// The value.
        value: f32,
    },
    /// Two genes have one id.
    #[error("two genes have the id `{0}`, so sums by gene would not be of one; make the index of var unique")]
    DuplicateGene(String),
    /// Nothing says which genes the columns of a matrix are.
    #[error(
        "{matrix} has {n_columns} columns and var {n_genes} genes, so nothing says which genes they are; name another matrix \
         by --layer, or give raw a var of its own"
    )]
    UnnamedGenes {
        /// The matrix.
        matrix: String,
        /// Its columns.
        n_columns: usize,
        /// Genes of `var`.
        n_genes: usize,
    },
    /// Genes have no lengths.
    #[error(
        "cells are of the assay {assay}, whose counts the profile divides by the length of the gene, and var has no column \
         feature_length; label the file first (`tile-server label`), or take the profile `paper`"
    )]
    NoLengths {
        /// Id of the assay.
        assay: String,
    },
    /// The profile takes no cell.
    #[error("the profile `{profile}` takes none of the {n_obs} cells: {reasons}")]
    NoCells {
        /// Name of the profile.
        profile: String,
        /// Cells of the input.
        n_obs: usize,
        /// Why cells were left out, with numbers.
        reasons: String,
    },
    /// It was told to stop, or something is where it goes.
    #[error(transparent)]
    Build(#[from] BuildError),
}
