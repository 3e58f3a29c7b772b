//! A folder of datasets that is looked at again and again.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::disk_threads::DiskThreads;
use crate::catalog::{AnyFolder, FoundDataset};

/// A folder, and what was last found in it.
pub(super) struct WatchedFolder {
    folder: Arc<Mutex<AnyFolder>>,
    threads: DiskThreads,
    found: Mutex<Vec<FoundDataset>>,
}

impl WatchedFolder {
    /// Not yet looked into.
    pub(super) fn new(folder: AnyFolder) -> Self {
        Self { folder: Arc::new(Mutex::new(folder)), threads: DiskThreads::default(), found: Mutex::default() }
    }

    /// Looks into the folder. What was found before stays where the disk does not answer.
    pub(super) async fn scan(&self, time: Duration) {
        let folder = Arc::clone(&self.folder);
        let scan = self.threads.run(time, move || {
            // A look that hangs has it still.
            let mut folder = folder.try_lock().ok()?;
            Some(folder.scan().map_err(|error| format!("{} cannot be listed: {error}", folder.place())))
        });
        match scan.await {
            Ok(Some(Ok(scan))) => {
                scan.new_warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
                scan.new_faults.iter().for_each(|fault| tracing::error!("{fault}"));
                *self.found.lock().unwrap_or_else(PoisonError::into_inner) = scan.datasets;
            }
            Ok(Some(Err(fault))) => tracing::error!("{fault}"),
            Ok(None) | Err(_) => {}
        }
    }

    /// What was last found in it.
    pub(super) fn found(&self) -> Vec<FoundDataset> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
