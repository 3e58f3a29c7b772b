//! Why data could not be had, as sentences for the page.

use explorer_core::dataset::DatasetError;
use shared_fbs::{DecodeError, LayerNameError, TileKey};

/// Data that could not be fetched or read. Cheap to clone: several waiters may get the same one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// No answer after all attempts.
    #[error("The server cannot be reached. Check the connection, then retry.")]
    Network,
    /// The server took the request, and then nothing came any more.
    #[error("The server does not answer any more. Check the connection, then retry.")]
    Stalled,
    /// The answer's body broke off, or the browser could not inflate it.
    #[error("The answer of the server broke off. Retry, or verify the dataset.")]
    Body,
    /// The server answered with an error.
    #[error("{}", answered(*status, what))]
    Status {
        /// The HTTP status.
        status: u16,
        /// Last part of the address asked for.
        what: String,
    },
    /// The host answered a request for a part of a file with something else.
    #[error("The host of {what} cannot be read from: {reason}.")]
    Range {
        /// Last part of the address asked for.
        what: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// The page around the frame, which has the dataset, does not supply it.
    #[error("The page around the Explorer does not supply {what}: {reason}.")]
    Host {
        /// The file asked for.
        what: String,
        /// What it says.
        reason: String,
    },
    /// Nobody wants the answer any more.
    #[error("The request was canceled.")]
    Canceled,
    /// The catalog is broken or of another version.
    #[error("The list of datasets cannot be read: {0}.")]
    Catalog(DecodeError),
    /// The manifest is broken or of another version.
    #[error("The dataset's manifest cannot be read: {0}.")]
    Manifest(DecodeError),
    /// A tile is damaged.
    #[error("Tile {tile} is damaged: {reason}. Verify the dataset, then retry.")]
    Tile {
        /// Which.
        tile: TileKey,
        /// What is wrong with it.
        reason: String,
    },
    /// A tile could not be fetched.
    #[error("Tile {tile} could not be loaded: {source}")]
    Load {
        /// Which.
        tile: TileKey,
        /// Why.
        source: Box<FetchError>,
    },
    /// The tiles are whole, but what they say cannot be computed with.
    #[error("The computation failed: {0}.")]
    Computation(String),
    /// The manifest names no such thing.
    #[error("The dataset has no {kind} “{name}”.")]
    Unknown {
        /// What kind of thing.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// A name stands for several things.
    #[error("The dataset has several {kind}s “{name}”: {choices}. Name one of these.")]
    Ambiguous {
        /// What kind of things.
        kind: &'static str,
        /// Their name.
        name: String,
        /// Names that are theirs alone.
        choices: String,
    },
}

impl From<DatasetError> for FetchError {
    fn from(error: DatasetError) -> Self {
        match error {
            DatasetError::Unknown { kind, name } => Self::Unknown { kind, name },
            DatasetError::Layer(LayerNameError::Unknown { name, .. }) => Self::Unknown { kind: "layer", name },
            DatasetError::Layer(LayerNameError::Ambiguous { name, choices }) => {
                Self::Ambiguous { kind: "layer", name, choices }
            }
            DatasetError::Layer(LayerNameError::NoLayer) => Self::Unknown { kind: "layer", name: "X".to_owned() },
            DatasetError::Tile { tile, damage } => Self::damaged(tile, &damage),
            DatasetError::Sums { layer: _, source } => Self::Computation(source.to_string()),
        }
    }
}

impl FetchError {
    /// The error of a tile whose bytes do not hold what they should.
    pub fn damaged(tile: TileKey, reason: &impl ToString) -> Self {
        Self::Tile { tile, reason: reason.to_string() }
    }

    /// This error, naming the tile that was asked for.
    pub(super) fn of_tile(self, tile: &TileKey) -> Self {
        match self {
            named @ (Self::Tile { .. } | Self::Load { .. } | Self::Canceled) => named,
            source => Self::Load { tile: tile.clone(), source: Box::new(source) },
        }
    }

    /// Whether the server could not be reached at all.
    pub fn is_lost(&self) -> bool {
        match self {
            Self::Network => true,
            Self::Load { source, .. } => source.is_lost(),
            Self::Stalled
            | Self::Body
            | Self::Status { .. }
            | Self::Range { .. }
            | Self::Host { .. }
            | Self::Canceled
            | Self::Catalog(_)
            | Self::Manifest(_)
            | Self::Tile { .. }
            | Self::Computation(_)
            | Self::Unknown { .. }
            | Self::Ambiguous { .. } => false,
        }
    }

    /// Whether the same request may succeed a moment later.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Network | Self::Stalled | Self::Body => true,
            // What a server does not know how to do (501, 505), it will not know a moment later.
            Self::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500 | 502..=504 | 506..),
            Self::Range { .. }
            | Self::Host { .. }
            | Self::Canceled
            | Self::Catalog(_)
            | Self::Manifest(_)
            | Self::Tile { .. }
            | Self::Load { .. }
            | Self::Computation(_)
            | Self::Unknown { .. }
            | Self::Ambiguous { .. } => false,
        }
    }
}

/// What an answer with an error says. 410 is that of the service worker, for a file that the folder or ZIP file lacked which
/// a dataset on the device was copied from.
fn answered(status: u16, what: &str) -> String {
    match status {
        410 => format!("The dataset lacks its file {what}. Open a whole copy of it."),
        status => format!("The server answered {status} for {what}."),
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn only_what_may_pass_is_asked_for_again() {
        let of_status = |status| FetchError::Status { status, what: String::new() }.is_passing();
        assert!([408, 429, 500, 502, 503, 504].into_iter().all(of_status));
        assert!(![400, 403, 404, 406, 410, 416, 501, 505].into_iter().any(of_status));
        assert!([FetchError::Network, FetchError::Stalled, FetchError::Body].iter().all(FetchError::is_passing));
        let tile = TileKey { pack: "obs".into(), index: 3 };
        let damaged = FetchError::damaged(tile, &"it is cut short");
        assert!(![FetchError::Canceled, damaged].iter().any(FetchError::is_passing));
    }
}
