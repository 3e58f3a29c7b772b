//! Why summaries cannot be added up.

use std::{io, path::PathBuf};

use builder::BuildError;
use tessera::dataset::DatasetError;

use super::{OpenError, parquet::ParquetFileError};

/// Why summaries cannot be added up.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// One cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A tile cannot be read.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// The corpus cannot be written, or it was told to stop.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// They take other cells or values.
    #[error(
        "{first} and {second} were summarized differently, by {differences}; summarize all datasets of a corpus by the same"
    )]
    Profiles {
        /// A directory.
        first: String,
        /// Another directory.
        second: String,
        /// What differs, with what each has, in the order of the directories.
        differences: String,
    },
    /// A dataset comes twice.
    #[error("the dataset `{id}` comes twice, the second time from {place}; its cells would count twice")]
    Twice {
        /// Its id.
        id: String,
        /// Where it comes from.
        place: String,
    },
    /// Two datasets are of the same file.
    #[error(
        "the datasets `{first}` and `{second}` (from {place}) have the same content ({content}), of which every cell would \
         count twice; leave one of them out"
    )]
    SameContent {
        /// Its id.
        first: String,
        /// The other id.
        second: String,
        /// Where the second comes from.
        place: String,
        /// The content of both.
        content: String,
    },
    /// There is no such dataset.
    #[error("the corpus has no dataset `{id}`; it has {known}")]
    NoSource {
        /// The id.
        id: String,
        /// Those that it has.
        known: String,
    },
    /// Sums in Parquet cannot be read.
    #[error(transparent)]
    Parquet(#[from] ParquetFileError),
    /// They are sums of other values.
    #[error(
        "{sums} has {found} of {of}, and the summaries have {expected}: an engine has to add up the sums.parquet of every \
         summary, each once"
    )]
    Values {
        /// The file of sums.
        sums: String,
        /// The gene or the dataset.
        of: String,
        /// What it sums up to.
        found: String,
        /// What the summaries do.
        expected: String,
    },
    /// Another program changes the corpus.
    #[error("another program is changing the corpus {0}: run the command again once that has ended")]
    Busy(String),
    /// A pack is not what its name says.
    #[error("{} is damaged: its content is not the one that its name tells; summarize the dataset again", .0.display())]
    Damaged(PathBuf),
    /// A pack cannot be read.
    #[error("{}: {source}", file.display())]
    Pack {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Nothing would be left.
    #[error("`{0}` is all that the corpus has; remove the directory instead")]
    Last(String),
}
