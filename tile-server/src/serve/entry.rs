//! One dataset that is served, read anew when its manifest changes.

use std::{
    borrow::Cow,
    sync::{
        Arc, Mutex, OnceLock, PoisonError, RwLock, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use shared_fbs::path::{is_pack_file, is_poster_file};

use super::{
    confined_file::OpenFile,
    confirmed_pack::RecentFrames,
    dataset_reader::{OpenDataset, ReadDataset, ReadError},
    disk_threads::DiskThreads,
    file_reading::Patience,
    manifest_file::{self, Look, ManifestFile, PacksPlace, Seen},
    pack_files::{KeptOpen, PackFiles, PackSource},
    responses,
    secrets::Secrets,
};
use crate::{catalog::DatasetFacts, dataset_place::DatasetPlace};

/// How long packs of a dataset that was replaced can still be read, by pages that had it open.
const EARLIER_TIME: Duration = Duration::from_secs(60 * 60);

/// How many earlier states are kept.
const MOST_EARLIER: usize = 2;

/// A dataset that is served, readable or not.
pub(super) struct Entry {
    id: String,
    place: DatasetPlace,
    reading: Arc<Reading>,
    threads: DiskThreads,
    known: RwLock<Known>,
    /// Locked by who looks at the manifest, so that one that hangs holds up nobody else; the time of the last look.
    look: Mutex<Option<Instant>>,
}

/// What all datasets are read with.
pub(super) struct Reading {
    pub(super) reader: Arc<dyn ReadDataset>,
    /// The packs that are open.
    pub(super) kept: Arc<KeptOpen>,
    /// Frames of packs of other hosts.
    pub(super) recent: Arc<RecentFrames>,
    /// Between two looks at a manifest of another host.
    pub(super) remote_period: Duration,
    /// What must be in no log.
    pub(super) secrets: Arc<Secrets>,
}

/// Why a manifest is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Occasion {
    /// A request waits for it.
    Request,
    /// It is time to see what has changed.
    Watch,
}

/// The last good state of a dataset, if there was one, and what was last seen of its manifest, good or not.
struct Known {
    dataset: Option<Arc<Dataset>>,
    /// The states before, newest first, with the time that they were replaced.
    earlier: Vec<(Instant, Arc<Dataset>)>,
    seen: Option<Seen>,
    looked_at: Option<Instant>,
    /// Why there is no good state.
    fault: String,
}

/// A dataset as of one state of its manifest.
pub(super) struct Dataset {
    /// What the manifest says.
    pub(super) open: OpenDataset,
    /// The manifest's file.
    pub(super) manifest: OpenFile,
    /// Which state of the manifest it was read from.
    state: Seen,
    /// Its packs' files.
    pub(super) packs: PackFiles,
    /// The threads that wait for its files.
    pub(super) threads: DiskThreads,
    /// Whether it lies on another host.
    pub(super) is_remote: bool,
    facts: OnceLock<Arc<DatasetFacts>>,
    /// Whether the log says why it is not in the catalog.
    is_told: AtomicBool,
}

/// Why there is no dataset to answer from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoDataset {
    /// None has this id.
    Unknown,
    /// It is no longer served; its makers say why.
    Withdrawn(String),
    /// It cannot be read; a sentence without the server's paths says why.
    Broken(String),
}

/// How it is with a dataset that is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// It can be read.
    Ready,
    /// It has changed and cannot be read any more, or its host does not answer; what is served is its state before.
    Outdated,
    /// It cannot be read.
    Broken,
    /// It is no longer served.
    Withdrawn,
}

impl Condition {
    /// All of them.
    pub(super) const ALL: [Self; 4] = [Self::Ready, Self::Outdated, Self::Broken, Self::Withdrawn];

    /// Its name in metrics.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Outdated => "outdated",
            Self::Broken => "broken",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl Entry {
    /// The dataset in this place, not yet looked at.
    pub(super) fn new(id: String, place: DatasetPlace, reading: Arc<Reading>) -> Self {
        let silent = match &place {
            DatasetPlace::Directory(_) => "its disk",
            DatasetPlace::Remote(_) => "the host where it lies",
        };
        let fault = format!("it has not been read yet, since {silent} does not answer");
        let known = Known { dataset: None, earlier: Vec::new(), seen: None, looked_at: None, fault };
        let (threads, known, look) = (DiskThreads::default(), RwLock::new(known), Mutex::default());
        Self { id, place, reading, threads, known, look }
    }

    /// Its id in addresses.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Its id for a log.
    pub(super) fn log_id(&self) -> Cow<'_, str> {
        self.reading.secrets.hidden(&self.id)
    }

    /// Where it lies.
    pub(super) fn place(&self) -> &DatasetPlace {
        &self.place
    }

    /// The threads that wait for its files.
    pub(super) fn threads(&self) -> &DiskThreads {
        &self.threads
    }

    /// The dataset as of the manifest that was last looked at. Never blocks for long.
    pub(super) fn known(&self) -> Option<Arc<Dataset>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).dataset.clone()
    }

    /// The dataset where its manifest was looked at no longer ago than this, and is the one that it was read from; no
    /// request looks at that of another host. Never blocks for long.
    pub(super) fn known_since(&self, most: Duration) -> Option<Arc<Dataset>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let is_known = self.is_remote() || known.looked_at.is_some_and(|time| time.elapsed() < most);
        known.dataset.as_ref().filter(|dataset| is_known && known.is_of(dataset)).cloned()
    }

    /// The state that has this pack: the last known one, or an earlier one that still has it open.
    pub(super) fn known_with_pack(&self, file: &str) -> Option<Arc<Dataset>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let earlier = || known.earlier.iter().map(|(_, dataset)| dataset).find(|dataset| dataset.packs.has_open(file));
        known.dataset.as_ref().filter(|dataset| dataset.packs.has(file)).or_else(earlier).cloned()
    }

    /// The earlier state that has this pack, which nobody has read of it yet, where the file is still in its place. Blocks.
    pub(super) fn earlier_reaching(&self, file: &str) -> Option<Arc<Dataset>> {
        let earlier: Vec<Arc<Dataset>> = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            known
                .earlier
                .iter()
                .map(|(_, dataset)| dataset)
                .filter(|dataset| dataset.packs.has(file))
                .cloned()
                .collect()
        };
        earlier.into_iter().find(|dataset| dataset.packs.open(file, Patience::MayWait).is_ok())
    }

    /// The dataset as of its present manifest, or as of the one before while somebody else looks at it. A manifest that
    /// cannot be read leaves the last good state in place, and is not tried again until it changes. Blocks.
    ///
    /// # Errors
    /// [`NoDataset::Broken`] when there is no good state.
    pub(super) fn look(&self) -> Result<Arc<Dataset>, NoDataset> {
        self.look_if_due(Occasion::Request);
        self.known().ok_or_else(|| NoDataset::Broken(self.told_fault()))
    }

    /// Looks at a manifest of another host, which no request waits for once there is a good state. Blocks.
    pub(super) fn watch(&self) {
        if self.is_remote() {
            self.look_if_due(Occasion::Watch);
        }
    }

    fn look_if_due(&self, occasion: Occasion) {
        let mut looking = match self.look.try_lock() {
            Ok(looking) => looking,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        if self.is_remote() {
            let is_known = self.known().is_some();
            // One that was never read is waited for, and sooner tried again.
            let period = if is_known { self.reading.remote_period } else { self.reading.remote_period / 15 };
            let is_waited_for = occasion == Occasion::Watch || !is_known;
            if !is_waited_for || looking.is_some_and(|last| last.elapsed() < period) {
                return;
            }
        }
        self.refresh();
        *looking = Some(Instant::now());
    }

    /// Whether it lies on another host.
    pub(super) fn is_remote(&self) -> bool {
        match self.place {
            DatasetPlace::Directory(_) => false,
            DatasetPlace::Remote(_) => true,
        }
    }

    /// What there is to know of it, as of its present manifest; none while it is not whole, and the log says why. Blocks.
    pub(super) fn facts(&self) -> Option<(Arc<DatasetFacts>, Arc<Dataset>)> {
        let dataset = self.look().ok()?;
        if let Some(facts) = dataset.facts.get() {
            return Some((Arc::clone(facts), Arc::clone(&dataset)));
        }
        match dataset.read_facts(&self.id, &self.log_id()) {
            Ok(facts) => Some((Arc::clone(dataset.facts.get_or_init(|| Arc::new(facts))), Arc::clone(&dataset))),
            Err(error) => {
                if !dataset.is_told.swap(true, Ordering::Relaxed) {
                    tracing::warn!(dataset = %self.log_id(), "not in the catalog yet: {error}");
                }
                None
            }
        }
    }

    /// Whether it was ever looked at.
    pub(super) fn was_looked_at(&self) -> bool {
        self.known.read().unwrap_or_else(PoisonError::into_inner).looked_at.is_some()
    }

    /// How it was when it was last looked at.
    pub(super) fn condition(&self) -> Condition {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        match &known.dataset {
            None => Condition::Broken,
            // A host that does not answer leaves what was seen as it was.
            Some(dataset) if known.is_of(dataset) && known.fault.is_empty() => Condition::Ready,
            Some(_) => Condition::Outdated,
        }
    }

    /// Why there is no good state, for clients: the log names the host.
    pub(super) fn told_fault(&self) -> String {
        if self.is_remote() {
            "the host where it lies does not send it; the log says why".to_owned()
        } else {
            self.fault()
        }
    }

    /// Why there is no good state.
    pub(super) fn fault(&self) -> String {
        self.known.read().unwrap_or_else(PoisonError::into_inner).fault.clone()
    }

    fn refresh(&self) {
        let now = Instant::now();
        let (earlier, was_looked_at) = {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            known.earlier.retain(|(replaced, _)| replaced.elapsed() <= EARLIER_TIME);
            (known.seen.clone(), known.looked_at.replace(now).is_some())
        };
        let Some(Look { seen, found }) = manifest_file::look(&self.place, earlier.as_ref()) else {
            self.note_unchanged();
            return;
        };
        let outcome = found.and_then(|found| self.read(found));
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.seen = seen;
        match outcome {
            Ok(dataset) => {
                if was_looked_at {
                    tracing::info!(dataset = %self.log_id(), "the manifest has changed and was read again");
                }
                known.fault.clear();
                if let Some(replaced) = known.dataset.replace(Arc::new(dataset)) {
                    known.earlier.insert(0, (Instant::now(), replaced));
                    known.earlier.truncate(MOST_EARLIER);
                }
            }
            Err(error) => {
                let fault = error.to_string();
                // One that was never read is told by the catalog.
                if known.dataset.is_some() && known.fault != fault {
                    let what = if self.is_remote() {
                        "the dataset cannot be looked at"
                    } else {
                        "the changed dataset cannot be read"
                    };
                    tracing::error!(dataset = %self.log_id(), "{what}: {fault}");
                }
                known.fault = fault;
            }
        }
    }

    /// A host that answers again has nothing wrong with it.
    fn note_unchanged(&self) {
        let has_fault = |known: &Known| {
            known.dataset.as_ref().is_some_and(|dataset| known.is_of(dataset)) && !known.fault.is_empty()
        };
        if self.is_remote() && has_fault(&self.known.read().unwrap_or_else(PoisonError::into_inner)) {
            self.known.write().unwrap_or_else(PoisonError::into_inner).fault.clear();
            tracing::info!(dataset = %self.log_id(), "the host answers again");
        }
    }

    fn read(&self, manifest: ManifestFile) -> Result<Dataset, ReadError> {
        let Reading { reader, kept, recent, .. } = &*self.reading;
        let mut open = reader.read(&self.id, &manifest.bytes, &self.place.files())?;
        let packs = open.index.packs();
        // Only names that say their content may be kept by caches for ever.
        if let Some(pack) = packs.iter().find(|pack| !is_pack_file(&pack.file) && !is_poster_file(&pack.file)) {
            return Err(format!("the manifest names a pack `{}`, which is no pack's name", pack.file).into());
        }
        let manifest = manifest.sending(open.sent_manifest.take());
        let state = manifest.state;
        let source = match manifest.packs {
            PacksPlace::Directory(directory) => PackSource::Directory(directory),
            PacksPlace::Remote(remote) => {
                PackSource::Remote { remote, index: Arc::clone(&open.index), recent: Arc::clone(recent) }
            }
        };
        let packs = PackFiles::new(source, packs, Arc::clone(kept));
        let (manifest, threads, is_remote) = (manifest.file, self.threads.clone(), self.is_remote());
        let (facts, is_told) = (OnceLock::new(), AtomicBool::new(false));
        Ok(Dataset { open, manifest, state, packs, threads, is_remote, facts, is_told })
    }
}

impl Known {
    /// Whether the manifest that was last seen is the one that the dataset was read from.
    fn is_of(&self, dataset: &Dataset) -> bool {
        self.seen.as_ref() == Some(&dataset.state)
    }
}

impl Dataset {
    fn read_facts(&self, id: &str, log_id: &str) -> Result<DatasetFacts, ReadError> {
        self.packs.check_lengths()?;
        let Some(reader) = &self.open.facts else {
            return Ok(DatasetFacts {
                title: self.open.description.title.clone(),
                n_obs: u32::try_from(self.open.description.n_obs).unwrap_or(u32::MAX),
                n_vars: u32::try_from(self.open.description.n_vars).unwrap_or(u32::MAX),
                ..DatasetFacts::default()
            });
        };
        let (facts, mut faults) = reader.facts(id);
        // What a host does not send now, it may send later.
        if let Some(at) = faults.iter().position(|fault| responses::is_of_silent_host(fault.as_ref())) {
            return Err(faults.swap_remove(at));
        }
        for fault in faults {
            tracing::warn!(dataset = log_id, "a column is missing in the catalog: {fault}");
        }
        Ok(facts)
    }
}

#[cfg(test)]
mod tests;
