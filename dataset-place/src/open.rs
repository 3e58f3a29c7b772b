//! Datasets of other hosts.

use std::{io, path::Path, sync::Arc};

use remote_files::{Place, PlaceError, Remote, RemoteError, State, Stores};
use shared_fbs::{
    api::Endpoint,
    manifest::Manifest,
    path::{DATA_ROUTE, MANIFEST},
};
use tessera::{
    dataset::{Dataset, DatasetError, MOST_MANIFEST_BYTES},
    files::Files,
};

use crate::DatasetPlace;

/// Why a dataset of another host cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The text names no place.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The host cannot be asked, or refuses.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// There is no dataset, or it is broken.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

/// The folder at a place, or the one of the manifest that it names, or of the dataset whose page it is.
///
/// # Errors
/// When it is no place, or needs credentials that there are none of.
pub fn folder_of(text: &str, stores: &Arc<Stores>) -> Result<Remote, OpenError> {
    let place = Place::parse(text)?;
    if let Some(dataset) = dataset_of_page(&place) {
        let remote = stores.open(dataset)?;
        // A folder may have such a name, too.
        if remote.head(MANIFEST).is_ok() {
            return Ok(remote);
        }
    }
    Ok(folder_with(place, MANIFEST, stores)?)
}

/// The folder at a place, or the one of the file that it names, which has a manifest of this name.
///
/// # Errors
/// When it needs credentials that there are none of.
pub fn folder_with(place: Place, manifest: &str, stores: &Arc<Stores>) -> Result<Remote, RemoteError> {
    let folder = if place.name() == manifest { place.parent() } else { None };
    stores.open(folder.unwrap_or(place))
}

/// The dataset at a place as [`folder_of`] takes it, and its files.
///
/// # Errors
/// [`OpenError`].
pub fn open_remote(text: &str, stores: &Arc<Stores>) -> Result<(Dataset, Arc<dyn Files>), OpenError> {
    let remote = folder_of(text, stores)?;
    let bytes = manifest_of(remote.get(MANIFEST, MOST_MANIFEST_BYTES, None), remote.place())?;
    let path = Path::new(&remote.place().below(MANIFEST).to_string()).to_owned();
    let manifest = Manifest::decode(&bytes).map_err(|source| DatasetError::Manifest { path, source })?;
    let files = DatasetPlace::Remote(remote).files();
    Ok((Dataset::of_manifest(&files, manifest), files))
}

/// The bytes of the manifest that a place was asked for.
///
/// # Errors
/// When it has none, or does not send it.
pub fn manifest_of(found: Result<State, RemoteError>, place: &Place) -> Result<Vec<u8>, OpenError> {
    let missing = |source: io::Error| DatasetError::NoManifest { path: place.to_string().into(), source };
    match found {
        Ok(State::Present(document)) => Ok(document.bytes.to_vec()),
        Ok(State::Unchanged) => Err(missing(io::ErrorKind::NotFound.into()).into()),
        Err(error @ RemoteError::NotFound { .. }) => Err(missing(error.into()).into()),
        Err(error) => Err(error.into()),
    }
}

/// Where the dataset lies whose page of the Explorer, or document, a place is by its address: `d/ID`, `about/ID.html`.
fn dataset_of_page(place: &Place) -> Option<Place> {
    let route = place.parent().filter(|_| place.scheme().is_web())?;
    let (Endpoint::Page { id } | Endpoint::About { id }) = Endpoint::of_parts(&[route.name(), place.name()])? else {
        return None;
    };
    Some(route.parent()?.below(&format!("{DATA_ROUTE}/{id}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_the_explorer_stands_for_its_dataset() {
        let dataset = |page: &str| dataset_of_page(&Place::parse(page).unwrap()).map(|place| place.to_string());
        for (page, expected) in [
            ("http://127.0.0.1:8787/d/pbmc-1", "http://127.0.0.1:8787/data/pbmc-1"),
            ("https://a.org/x/d/pbmc/#color=obs:a", "https://a.org/x/data/pbmc"),
            ("https://a.org/x/about/pbmc.html", "https://a.org/x/data/pbmc"),
        ] {
            assert_eq!(dataset(page).map(|place| place.trim_end_matches('/').to_owned()).as_deref(), Some(expected));
        }
        for other in ["https://a.org/d", "https://a.org/x", "https://a.org/about/x", "s3://bucket/d/x"] {
            assert_eq!(dataset(other), None, "{other}");
        }
    }
}
