//! A dataset as an argument names it: its directory, or its place on another host.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Result;
use clap::Args;
use corpus::{
    Manifest,
    native::{self, FileCorpus, OpenError},
};
use remote_files::Remote;
use shared_fbs::path::{CORPUS, MANIFEST};
use tessera::{
    dataset::{Dataset, MOST_MANIFEST_BYTES},
    files::{Directory, Files},
};
use tile_server::dataset_place::{DatasetPlace, manifest_of, open_remote};

use super::{
    remote_inputs::{RemoteArguments, folder_with, of_place},
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
        open_remote(text, &stores).map_err(of_place)
    }

    /// The corpus or summary that is there instead of a dataset, and its files; `None` where there is none.
    ///
    /// # Errors
    /// When its manifest cannot be read.
    pub fn corpus(&self, freshness: Freshness) -> Result<Option<(FileCorpus, Arc<dyn Files>)>> {
        let Some(text) = place_of(&self.place) else {
            let is_there = self.place.join(CORPUS).is_file() && !self.place.join(MANIFEST).exists();
            let files = || Arc::new(Directory(self.place.clone()));
            return Ok(if is_there { Some((native::open(&self.place)?, files())) } else { None });
        };
        let stores = match freshness {
            Freshness::Kept => self.remote.stores()?,
            Freshness::Anew => self.remote.stores_without_cache()?,
        };
        let folder = folder_with(text, CORPUS, &stores)?;
        if folder.head(CORPUS).is_err() {
            return Ok(None);
        }
        corpus_at(folder).map(Some)
    }
}

/// The corpus in a folder of another host, and its files.
///
/// # Errors
/// When its manifest cannot be read.
pub fn corpus_at(folder: Remote) -> Result<(FileCorpus, Arc<dyn Files>)> {
    let bytes = manifest_of(folder.get(CORPUS, MOST_MANIFEST_BYTES, None), folder.place()).map_err(of_place)?;
    let path = PathBuf::from(folder.place().below(CORPUS).to_string());
    let manifest = Manifest::decode(&bytes).map_err(|source| OpenError::Manifest { path, source })?;
    let files = DatasetPlace::Remote(folder).files();
    Ok((native::of_manifest(&files, manifest), files))
}
