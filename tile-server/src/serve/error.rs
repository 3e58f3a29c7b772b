//! What keeps the server from starting or from going on.

use std::{io, net::SocketAddr, path::PathBuf};

use super::dataset_reader::ReadError;

/// Why the server cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; try another port, or 0 for any free one")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// A dataset cannot be read.
    #[error("cannot serve {place}: {source}")]
    Dataset {
        /// Where the dataset lies.
        place: String,
        /// What the reader says.
        source: ReadError,
    },
    /// A dataset's id cannot stand in an address.
    #[error("`{id}` cannot name a dataset: it must be a file name without / \\ : that does not begin with a dot")]
    DatasetId {
        /// The id given.
        id: String,
    },
    /// Two datasets have one id.
    #[error("two datasets are named `{id}`; rename one of their directories")]
    DuplicateDataset {
        /// The id given twice.
        id: String,
    },
    /// An allowed origin is not an origin.
    #[error("`{origin}` is no origin; write one like https://example.org, or *")]
    CorsOrigin {
        /// The text given.
        origin: String,
    },
    /// An origin that data may come from, or whose pages the page in a frame answers, is not an origin.
    #[error("`{origin}` is no origin; write one like https://example.org")]
    Origin {
        /// The text given.
        origin: String,
    },
    /// A name that requests may call the server by is none.
    #[error("`{name}` is no name of a host; write one like example.org, without scheme and port, or *")]
    AllowedHost {
        /// The text given.
        name: String,
    },
    /// The base path is not one.
    #[error("`{path}` cannot be the base path; write names between slashes, like /tessera/")]
    BasePath {
        /// The text given.
        path: String,
    },
    /// The list of sites that may frame the page is not one.
    #[error("`{value}` cannot be the frame-ancestors; write *, 'none', 'self', or origins between blanks")]
    FrameAncestors {
        /// The text given.
        value: String,
    },
    /// The directory of the page cannot be read or has no index.html.
    #[error("cannot serve the page from {}: {source}", directory.display())]
    FrontEnd {
        /// The directory given.
        directory: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A corpus cannot be read.
    #[error("cannot serve the corpus in {}: {source}", directory.display())]
    Corpus {
        /// The directory given.
        directory: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Two corpora have one name.
    #[error("two corpora are called `{id}`; rename the directory of one")]
    DuplicateCorpus {
        /// The name.
        id: String,
    },
    /// The address could not be announced.
    #[error("cannot write to standard output: {0}")]
    Announce(io::Error),
    /// The threads of the server could not be started.
    #[error("cannot start threads: {0}")]
    Threads(io::Error),
    /// No handler for the stop signals could be set.
    #[error("cannot listen for the stop signal: {0}")]
    Signal(io::Error),
}
