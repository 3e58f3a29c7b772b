//! A dataset as an argument names it: its directory, or its place on another host.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Result;
use clap::Args;
use remote_files::{Place, RemoteError, State};
use shared_fbs::{manifest::Manifest, path::MANIFEST};
use tessera::{
    dataset::{Dataset, DatasetError, MOST_MANIFEST_BYTES},
    files::{Directory, Files},
};
use tile_server::dataset_place::DatasetPlace;

use super::{
    remote_inputs::{self, RemoteArguments},
    serve::place_of,
};

/// A dataset.
#[derive(Args)]
pub struct DatasetArgument {
    /// The dataset directory, or its place on another host
    #[arg(value_name = "PLACE")]
    place: PathBuf,
    #[command(flatten)]
    remote: RemoteArguments,
}

/// Whether what was read of other hosts earlier will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// It will: files are named by their content.
    Kept,
    /// All is asked for anew.
    Anew,
}

impl DatasetArgument {
    /// The place, as it was named.
    pub fn path(&self) -> &Path {
        &self.place
    }

    /// The dataset, and its files.
    ///
    /// # Errors
    /// When there is none, or its manifest cannot be read.
    pub fn open(&self, freshness: Freshness) -> Result<(Dataset, Arc<dyn Files>)> {
        let Some(text) = place_of(&self.place) else {
            return Ok((Dataset::open(&self.place)?, Arc::new(Directory(self.place.clone()))));
        };
        let stores = match freshness {
            Freshness::Kept => self.remote.stores()?,
            Freshness::Anew => self.remote.stores_without_cache()?,
        };
        let remote = remote_inputs::folder_of(text, &stores)?;
        let bytes = manifest_of(remote.get(MANIFEST, MOST_MANIFEST_BYTES, None), remote.place())?;
        let path = Path::new(&remote.place().below(MANIFEST).to_string()).to_owned();
        let manifest = Manifest::decode(&bytes).map_err(|source| DatasetError::Manifest { path, source })?;
        let files = DatasetPlace::Remote(remote).files();
        Ok((Dataset::of_manifest(&files, manifest), files))
    }
}

/// The bytes of the manifest that a place was asked for.
///
/// # Errors
/// When it has none, or does not send it.
pub fn manifest_of(found: Result<State, RemoteError>, place: &Place) -> Result<Vec<u8>> {
    let missing = |source: io::Error| DatasetError::NoManifest { path: place.to_string().into(), source };
    match found {
        Ok(State::Present(document)) => Ok(document.bytes.to_vec()),
        Ok(State::Unchanged) => Err(missing(io::ErrorKind::NotFound.into()).into()),
        Err(error @ RemoteError::NotFound { .. }) => Err(missing(error.into()).into()),
        Err(error) => Err(error.into()),
    }
}
