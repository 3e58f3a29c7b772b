//! What the tile server says of itself.

use explorer_core::filter::CellMask;
use serde::Deserialize;
use shared_fbs::{frame, tile};

use super::{FetchError, fetcher::Interest, http::Request, retry, source::encoded};

/// One dataset that the server has.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct DatasetEntry {
    /// Its name in addresses.
    pub id: String,
    /// Its title, for people.
    pub title: String,
    /// How many cells.
    pub n_obs: u64,
    /// How many genes.
    pub n_vars: u64,
}

/// The datasets that the server beneath `root` has.
///
/// # Errors
/// When it does not answer, or with something else (a static host).
pub async fn list_datasets(root: &str) -> Result<Vec<DatasetEntry>, FetchError> {
    let get = Request::get(format!("{root}api/datasets"));
    let body = retry::send(&get, None).await?;
    serde_json::from_slice(&body.bytes).map_err(|_| FetchError::Body)
}

/// What a tile server offers to compute on a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct MomentsOffer {
    /// The largest request that it takes.
    pub max_body_bytes: u64,
}

/// A dataset as the server describes it; of what it says, this is what the page asks for.
#[derive(Deserialize)]
struct Description {
    moments: Option<MomentsOffer>,
}

/// Whether the server beneath `root` sums up the cells of a dataset for the page.
///
/// # Errors
/// When it does not answer, or has no such dataset.
pub async fn moments_offer(root: &str, dataset: &str) -> Result<Option<MomentsOffer>, FetchError> {
    let body = retry::send(&Request::get(dataset_url(root, dataset)), None).await?;
    let description: Description = serde_json::from_slice(&body.bytes).map_err(|_| FetchError::Body)?;
    Ok(description.moments)
}

/// What [`moments`] posts: both sets as roaring bitmaps in the portable form, one after the other.
pub fn moments_request(group: &CellMask, reference: &CellMask) -> Vec<u8> {
    [group.to_portable(), reference.to_portable()].concat()
}

/// The moments of two sets of cells in a layer, as the server has summed them up.
///
/// # Errors
/// When it does not answer, or with something else than two tiles.
pub async fn moments(
    root: &str,
    dataset: &str,
    layer: &str,
    request: Vec<u8>,
) -> Result<[tile::Moments; 2], FetchError> {
    let url = format!("{}/moments?layer={}", dataset_url(root, dataset), encoded(layer));
    // The server stops when nobody waits any more.
    let interest = Interest::new();
    // Once only: a server that is busy or too slow leaves the work to the page.
    let body = Request::post(url, request).send(interest.signal().as_ref()).await?;
    let content = frame::inflate(&body.bytes).map_err(|_| FetchError::Body)?;
    let tiles = frame::split_inflated(&content).map_err(|_| FetchError::Body)?;
    let [group, reference] = tiles.as_slice() else { return Err(FetchError::Body) };
    let decode = |bytes: &[u8]| tile::Moments::decode(bytes).map_err(|_| FetchError::Body);
    Ok([decode(group)?, decode(reference)?])
}

fn dataset_url(root: &str, dataset: &str) -> String {
    format!("{root}api/datasets/{}", encoded(dataset))
}
