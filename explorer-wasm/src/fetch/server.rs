//! What the tile server says of itself.

use serde::Deserialize;

use super::{FetchError, http::Get, retry};

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
    let get = Get { url: format!("{root}api/datasets"), range: None };
    let body = retry::send(&get, None).await?;
    serde_json::from_slice(&body.bytes).map_err(|_| FetchError::Body)
}
