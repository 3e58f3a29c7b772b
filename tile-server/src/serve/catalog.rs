//! The datasets served, read anew when their manifest changes.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock, TryLockError},
    time::{Duration, SystemTime},
};

use futures_util::future::join_all;
use shared_fbs::{
    api::Endpoint,
    dataset_id::name_of,
    path::{MANIFEST, is_pack_file},
};

use super::{
    confined_file::OpenFile,
    dataset_reader::{DatasetDirectory, OpenDataset, ReadDataset, ReadError},
    disk_threads::DiskThreads,
    error::ServeError,
    limits::Limits,
    pack_files::{KeptOpen, PackFiles},
    route::Route,
};

/// All datasets served, in the order given.
pub(super) struct Catalog {
    entries: Vec<Arc<Entry>>,
    /// How long one is waited for whose disk does not answer.
    look_time: Duration,
}

/// A dataset that is served, readable or not.
pub(super) struct Entry {
    id: String,
    directory: PathBuf,
    reader: Arc<dyn ReadDataset>,
    kept: Arc<KeptOpen>,
    threads: DiskThreads,
    known: RwLock<Known>,
    /// Locked by who looks at the manifest, so that one that hangs holds up nobody else.
    look: Mutex<()>,
}

/// The last good state of a dataset, if there was one, and what was last seen of its manifest, good or not.
struct Known {
    dataset: Option<Arc<Dataset>>,
    seen: Option<Stamp>,
    was_looked_at: bool,
    /// Why there is no good state.
    fault: String,
}

/// A dataset as of one state of its manifest.
pub(super) struct Dataset {
    /// What the manifest says.
    pub(super) open: OpenDataset,
    /// The manifest's file.
    pub(super) manifest: OpenFile,
    /// Its packs' files.
    pub(super) packs: PackFiles,
    /// The threads that wait for its files.
    pub(super) threads: DiskThreads,
}

/// Why there is no dataset to answer from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoDataset {
    /// None has this id.
    Unknown,
    /// It cannot be read; a sentence without the server's paths says why.
    Broken(String),
}

/// Tells two states of a manifest apart without reading it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    len: u64,
}

impl Catalog {
    /// Reads every dataset. One that cannot be read is said in the log, and is served once its manifest has become
    /// readable; one whose disk does not answer is not waited for.
    ///
    /// # Errors
    /// When an id is no plain file name or comes twice, or no dataset can be read.
    pub(super) async fn open(
        datasets: Vec<DatasetDirectory>,
        reader: Arc<dyn ReadDataset>,
        limits: &Limits,
    ) -> Result<Self, ServeError> {
        let kept = KeptOpen::at_most(limits.open_packs);
        let mut ids = HashSet::new();
        let mut entries = Vec::with_capacity(datasets.len());
        for DatasetDirectory { id, directory } in datasets {
            if !is_id(&id) {
                return Err(ServeError::DatasetId { id });
            }
            if !ids.insert(id.clone()) {
                return Err(ServeError::DuplicateDataset { id });
            }
            entries.push(Arc::new(Entry::new(id, directory, Arc::clone(&reader), Arc::clone(&kept))));
        }
        let catalog = Self { entries, look_time: limits.look_time };
        let n_read = catalog.datasets().await.len();
        let broken = catalog.entries.iter().filter(|entry| entry.known().is_none());
        let mut errors = broken
            .map(|entry| ServeError::Dataset { directory: entry.directory.clone(), source: entry.fault().into() });
        if n_read == 0
            && let Some(error) = errors.next()
        {
            return Err(error);
        }
        errors.for_each(|error| tracing::error!("{error}"));
        Ok(catalog)
    }

    /// Every dataset that can be read, as of its present manifest.
    pub(super) async fn datasets(&self) -> Vec<Arc<Dataset>> {
        let found = self.entries.iter().map(|entry| async move {
            let looking = Arc::clone(entry);
            match entry.threads.run(self.look_time, move || looking.look()).await {
                Ok(found) => found.ok(),
                Err(_) => entry.known(),
            }
        });
        join_all(found).await.into_iter().flatten().collect()
    }

    /// The dataset of this id, or of this name where one alone has it.
    pub(super) fn entry(&self, id: &str) -> Option<&Arc<Entry>> {
        self.entries.iter().find(|entry| entry.id == id).or_else(|| self.named(id))
    }

    fn named(&self, name: &str) -> Option<&Arc<Entry>> {
        let mut named = self.entries.iter().filter(|entry| name_of(&entry.id) == name);
        named.next().filter(|_| named.next().is_none())
    }
}

impl Entry {
    fn new(id: String, directory: PathBuf, reader: Arc<dyn ReadDataset>, kept: Arc<KeptOpen>) -> Self {
        let fault = "it has not been read yet, since its disk does not answer".to_owned();
        Self {
            id,
            directory,
            reader,
            kept,
            threads: DiskThreads::default(),
            known: RwLock::new(Known { dataset: None, seen: None, was_looked_at: false, fault }),
            look: Mutex::default(),
        }
    }

    /// The threads that wait for its files.
    pub(super) fn threads(&self) -> &DiskThreads {
        &self.threads
    }

    /// The dataset as of the manifest that was last looked at. Never blocks for long.
    pub(super) fn known(&self) -> Option<Arc<Dataset>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).dataset.clone()
    }

    /// The dataset as of its present manifest, or as of the one before while somebody else looks at it. A manifest that
    /// cannot be read leaves the last good state in place, and is not tried again until it changes. Blocks.
    ///
    /// # Errors
    /// [`NoDataset::Broken`] when there is no good state.
    pub(super) fn look(&self) -> Result<Arc<Dataset>, NoDataset> {
        let looking = match self.look.try_lock() {
            Ok(looking) => Some(looking),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        };
        if looking.is_some() {
            self.refresh();
        }
        self.known().ok_or_else(|| NoDataset::Broken(self.fault()))
    }

    fn fault(&self) -> String {
        self.known.read().unwrap_or_else(PoisonError::into_inner).fault.clone()
    }

    fn refresh(&self) {
        // Taken before the manifest is read, so that a change in between is seen next time.
        let seen = Stamp::of_manifest(&self.directory);
        let (earlier, was_looked_at) = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            (known.seen, known.was_looked_at)
        };
        if seen.is_some() && seen == earlier {
            return;
        }
        let outcome = self.read();
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.seen = seen;
        known.was_looked_at = true;
        match outcome {
            Ok(dataset) => {
                if was_looked_at {
                    tracing::info!(dataset = self.id, "the manifest has changed and was read again");
                }
                known.dataset = Some(Arc::new(dataset));
            }
            Err(error) => {
                let fault = error.to_string();
                if was_looked_at && known.fault != fault {
                    tracing::error!(dataset = self.id, "the changed dataset cannot be read: {fault}");
                }
                known.fault = fault;
            }
        }
    }

    fn read(&self) -> Result<Dataset, ReadError> {
        let directory =
            self.directory.canonicalize().map_err(|error| format!("its directory cannot be found: {error}"))?;
        let manifest = OpenFile::within(&directory, Path::new(MANIFEST))
            .map_err(|error| format!("{MANIFEST} cannot be opened: {error}"))?;
        let open = self.reader.read(&self.id, &directory)?;
        let packs = open.index.packs();
        // Only names that say their content may be kept by caches for ever.
        if let Some(pack) = packs.iter().find(|pack| !is_pack_file(&pack.file)) {
            return Err(format!("the manifest names a pack `{}`, which is no pack's name", pack.file).into());
        }
        let packs = PackFiles::new(directory, packs, Arc::clone(&self.kept));
        Ok(Dataset { open, manifest, packs, threads: self.threads.clone() })
    }
}

impl Stamp {
    /// None where there is no manifest.
    fn of_manifest(directory: &Path) -> Option<Self> {
        let metadata = fs::metadata(directory.join(MANIFEST)).ok()?;
        Some(Self { modified: metadata.modified().ok(), len: metadata.len() })
    }
}

/// An id must survive the way through an address.
fn is_id(id: &str) -> bool {
    let endpoint = Endpoint::File { id: id.into(), file: MANIFEST.into() };
    Route::parse(&format!("/{}", endpoint.address())) == Some(Route::Endpoint(endpoint.into_owned()))
}
