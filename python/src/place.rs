//! Where a dataset lies, and the open dataset in this process.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use tessera::dataset::Dataset;

use crate::errors::Failure;

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

fn open(place: &str) -> Result<Dataset, Failure> {
    Ok(Dataset::open(Path::new(place))?)
}
