//! What the tile server says of itself.

use explorer_core::filter::CellMask;
use shared_fbs::{
    api::{DatasetDescription, Endpoint, MomentsOffer, moments_query},
    frame, tile,
};

use super::{FetchError, fetcher::Interest, http::Request, retry};
use crate::json;

/// The bytes of the catalog of the server or static site beneath `root`.
///
/// # Errors
/// When it does not answer, or has none.
pub async fn catalog_bytes(root: &str) -> Result<Vec<u8>, FetchError> {
    let get = Request::get_anew(address(root, &Endpoint::Catalog));
    Ok(retry::send(&get, None).await?.bytes)
}

/// The bytes of a file of the genes of a state of the catalog beneath `root`.
///
/// # Errors
/// When it does not answer, or has another state by now.
pub async fn catalog_genes_bytes(root: &str, state: &str, file: u32) -> Result<Vec<u8>, FetchError> {
    let get = Request::get(address(root, &Endpoint::Genes { state: state.into(), file }));
    Ok(retry::send(&get, None).await?.bytes)
}

/// Whether the server beneath `root` sums up the cells of a dataset for the page.
///
/// # Errors
/// When it does not answer, or has no such dataset.
pub async fn moments_offer(root: &str, dataset: &str) -> Result<Option<MomentsOffer>, FetchError> {
    let get = Request::get(address(root, &Endpoint::Dataset { id: dataset.into() }));
    let body = retry::send(&get, None).await?;
    let text = str::from_utf8(&body.bytes).map_err(|_| FetchError::Body)?;
    let description: DatasetDescription = json::parsed(text).ok_or(FetchError::Body)?;
    Ok(description.moments)
}

/// What [`moments`] posts: both sets as roaring bitmaps in the portable form, one after the other.
pub fn moments_request(group: &CellMask, reference: &CellMask) -> Vec<u8> {
    [group.to_portable(), reference.to_portable()].concat()
}

/// The moments of two sets of cells in a layer, as the server has summed them up; of just this content.
///
/// # Errors
/// When it does not answer, has other content by now, or answers with something else than two tiles.
pub async fn moments(
    root: &str,
    dataset: &str,
    content_id: &str,
    layer: &str,
    request: Vec<u8>,
) -> Result<[tile::Moments; 2], FetchError> {
    let url = address(root, &Endpoint::Moments { id: dataset.into() }) + &moments_query(content_id, layer);
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

fn address(root: &str, endpoint: &Endpoint<'_>) -> String {
    format!("{root}{}", endpoint.address())
}
