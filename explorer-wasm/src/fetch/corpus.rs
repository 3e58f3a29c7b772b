//! A corpus whose tiles come from the network.

use corpus::{Corpus, Manifest};
use explorer_core::embed::Storage;
use shared_fbs::path::CORPUS;

use super::{FetchError, Fetcher, Limits, Source, http::Request, retry};

/// What the page may take.
const LIMITS: Limits = Limits { requests: 6, cache_bytes: 32 << 20, storage: Storage::Local };

/// Opens a corpus.
///
/// # Errors
/// When its manifest cannot be fetched or read.
pub async fn open_corpus(source: Source) -> Result<Corpus<Fetcher>, FetchError> {
    let body = retry::send(&Request::get_anew(source.file(CORPUS)), None).await?;
    let manifest = Manifest::decode(&body.bytes).map_err(FetchError::Manifest)?;
    Ok(Corpus::new(manifest, Fetcher::new(source, LIMITS)))
}
