//! Where a dataset lies, and the open dataset in this process.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use dataset_place::open_remote;
use remote_files::{Access, CacheOptions, Options, Stores};
use tessera::dataset::Dataset;

use crate::errors::Failure;

/// The most that is kept of datasets on other hosts.
const MOST_CACHE_BYTES: u64 = 10 << 30;

/// A dataset that opens again in a process that was forked, which has neither threads nor connections of its parent.
pub struct OpenPlace {
    place: String,
    open: Mutex<(u32, Arc<Dataset>)>,
}

impl OpenPlace {
    /// Opens the dataset at a place.
    pub fn open(place: &str) -> Result<Self, Failure> {
        Ok(Self { place: place.to_owned(), open: Mutex::new((std::process::id(), Arc::new(open(place)?))) })
    }

    /// The place.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The dataset, open in this process.
    pub fn dataset(&self) -> Result<Arc<Dataset>, Failure> {
        let mut kept = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let process = std::process::id();
        if kept.0 != process {
            let parents = std::mem::replace(&mut *kept, (process, Arc::new(open(&self.place)?)));
            // To drop it would wait for threads that are not here.
            std::mem::forget(parents);
        }
        Ok(Arc::clone(&kept.1))
    }
}

/// Opens a dataset. One on another host is kept, as far as it was read, in the folder that the environment variable
/// `TESSERA_CACHE_DIR` names; without it, what is read again is asked for again.
fn open(place: &str) -> Result<Dataset, Failure> {
    if !place.contains("://") {
        return Ok(Dataset::open(Path::new(place))?);
    }
    let directory = std::env::var_os("TESSERA_CACHE_DIR").map(PathBuf::from);
    let cache = directory.map(|directory| CacheOptions { directory, most_bytes: MOST_CACHE_BYTES });
    let is_anonymous = std::env::var_os("TESSERA_ANONYMOUS").is_some_and(|value| value == "true");
    let access = if is_anonymous { Access::Anonymous } else { Access::Environment };
    let stores = Stores::new(Options { access, cache, ..Options::default() })?;
    Ok(open_remote(place, &stores)?.0)
}
