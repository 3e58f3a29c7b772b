//! One dataset that is served, read anew when its manifest changes.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, OnceLock, PoisonError, RwLock, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use shared_fbs::path::{MANIFEST, is_pack_file, is_poster_file};

use super::{
    confined_file::OpenFile,
    dataset_reader::{OpenDataset, ReadDataset, ReadError},
    disk_threads::DiskThreads,
    pack_files::{KeptOpen, PackFiles},
};
use crate::{catalog::DatasetFacts, file_stamp::FileStamp};

/// How long packs of a dataset that was replaced can still be read, by pages that had it open.
const EARLIER_TIME: Duration = Duration::from_secs(60 * 60);

/// How many earlier states are kept.
const MOST_EARLIER: usize = 2;

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
    /// The states before, newest first, with the time that they were replaced.
    earlier: Vec<(Instant, Arc<Dataset>)>,
    seen: Option<FileStamp>,
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
    /// Its packs' files.
    pub(super) packs: PackFiles,
    /// The threads that wait for its files.
    pub(super) threads: DiskThreads,
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
    /// It has changed and cannot be read any more; what is served is its state before.
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
    /// The dataset in this directory, not yet looked at.
    pub(super) fn new(id: String, directory: PathBuf, reader: Arc<dyn ReadDataset>, kept: Arc<KeptOpen>) -> Self {
        let fault = "it has not been read yet, since its disk does not answer".to_owned();
        let known = Known { dataset: None, earlier: Vec::new(), seen: None, looked_at: None, fault };
        Self {
            id,
            directory,
            reader,
            kept,
            threads: DiskThreads::default(),
            known: RwLock::new(known),
            look: Mutex::default(),
        }
    }

    /// Its id in addresses.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Where it lies.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The threads that wait for its files.
    pub(super) fn threads(&self) -> &DiskThreads {
        &self.threads
    }

    /// The dataset as of the manifest that was last looked at. Never blocks for long.
    pub(super) fn known(&self) -> Option<Arc<Dataset>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).dataset.clone()
    }

    /// The dataset where its manifest was looked at no longer ago than this, and is the one that it was read from. Never
    /// blocks for long.
    pub(super) fn known_since(&self, most: Duration) -> Option<Arc<Dataset>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let is_known = known.looked_at.is_some_and(|time| time.elapsed() < most);
        known.dataset.as_ref().filter(|dataset| is_known && known.seen == Some(dataset.manifest.stamp)).cloned()
    }

    /// The state that has this pack: the last known one, or an earlier one that still has it open.
    pub(super) fn known_with_pack(&self, file: &str) -> Option<Arc<Dataset>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let earlier = || known.earlier.iter().map(|(_, dataset)| dataset).find(|dataset| dataset.packs.has_open(file));
        known.dataset.as_ref().filter(|dataset| dataset.packs.has(file)).or_else(earlier).cloned()
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

    /// What there is to know of it, as of its present manifest; none while it is not whole, and the log says why. Blocks.
    pub(super) fn facts(&self) -> Option<(Arc<DatasetFacts>, Arc<Dataset>)> {
        let dataset = self.look().ok()?;
        if let Some(facts) = dataset.facts.get() {
            return Some((Arc::clone(facts), Arc::clone(&dataset)));
        }
        match dataset.read_facts(&self.id) {
            Ok(facts) => Some((Arc::clone(dataset.facts.get_or_init(|| Arc::new(facts))), Arc::clone(&dataset))),
            Err(error) => {
                if !dataset.is_told.swap(true, Ordering::Relaxed) {
                    tracing::warn!(dataset = self.id, "not in the catalog yet: {error}");
                }
                None
            }
        }
    }

    /// How it was when it was last looked at.
    pub(super) fn condition(&self) -> Condition {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        match &known.dataset {
            None => Condition::Broken,
            Some(dataset) if known.seen == Some(dataset.manifest.stamp) => Condition::Ready,
            Some(_) => Condition::Outdated,
        }
    }

    /// Why there is no good state.
    pub(super) fn fault(&self) -> String {
        self.known.read().unwrap_or_else(PoisonError::into_inner).fault.clone()
    }

    fn refresh(&self) {
        // Taken before the manifest is read, so that a change in between is seen next time.
        let now = Instant::now();
        let seen = FileStamp::at(&self.directory.join(MANIFEST));
        let (earlier, was_looked_at) = {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            known.earlier.retain(|(replaced, _)| replaced.elapsed() <= EARLIER_TIME);
            (known.seen, known.looked_at.replace(now).is_some())
        };
        if seen.is_some() && seen == earlier {
            return;
        }
        let outcome = self.read();
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.seen = seen;
        match outcome {
            Ok(dataset) => {
                if was_looked_at {
                    tracing::info!(dataset = self.id, "the manifest has changed and was read again");
                }
                if let Some(replaced) = known.dataset.replace(Arc::new(dataset)) {
                    known.earlier.insert(0, (Instant::now(), replaced));
                    known.earlier.truncate(MOST_EARLIER);
                }
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
        if let Some(pack) = packs.iter().find(|pack| !is_pack_file(&pack.file) && !is_poster_file(&pack.file)) {
            return Err(format!("the manifest names a pack `{}`, which is no pack's name", pack.file).into());
        }
        let packs = PackFiles::new(directory, packs, Arc::clone(&self.kept));
        let threads = self.threads.clone();
        Ok(Dataset { open, manifest, packs, threads, facts: OnceLock::new(), is_told: AtomicBool::new(false) })
    }
}

impl Dataset {
    fn read_facts(&self, id: &str) -> Result<DatasetFacts, ReadError> {
        self.packs.check_lengths()?;
        let Some(reader) = &self.open.facts else {
            return Ok(DatasetFacts {
                title: self.open.description.title.clone(),
                n_obs: u32::try_from(self.open.description.n_obs).unwrap_or(u32::MAX),
                n_vars: u32::try_from(self.open.description.n_vars).unwrap_or(u32::MAX),
                ..DatasetFacts::default()
            });
        };
        let (facts, faults) = reader.facts(id);
        for fault in faults {
            tracing::warn!(dataset = id, "a column is missing in the catalog: {fault}");
        }
        Ok(facts)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, ops::Range};

    use shared_fbs::api::DatasetDescription;

    use super::*;
    use crate::serve::{PackDescription, Posters, TileIndex};

    struct NoPacks;

    impl TileIndex for NoPacks {
        fn packs(&self) -> Vec<PackDescription> {
            Vec::new()
        }

        fn locate(&self, _: &str, _: u32) -> Result<Option<Range<u64>>, ReadError> {
            Ok(None)
        }

        fn locate_at_hand(&self, _: &str, _: u32) -> Option<Range<u64>> {
            None
        }
    }

    struct Reader;

    impl ReadDataset for Reader {
        fn read(&self, _: &str, directory: &Path) -> Result<OpenDataset, ReadError> {
            let title = fs::read_to_string(directory.join(MANIFEST))?;
            if title == "broken" {
                return Err("broken".into());
            }
            let description = DatasetDescription { title, ..DatasetDescription::default() };
            let (content_id, index) = (String::new(), Arc::new(NoPacks));
            let posters = Posters::default();
            Ok(OpenDataset { description, content_id, index, posters, facts: None, moments: None })
        }
    }

    #[test]
    fn a_manifest_is_known_for_a_while_after_it_was_looked_at_unless_it_is_another_than_was_read() {
        let directory = tempfile::tempdir().unwrap();
        let write = |text: &str| fs::write(directory.path().join(MANIFEST), text).unwrap();
        let entry = Entry::new("a".to_owned(), directory.path().to_owned(), Arc::new(Reader), KeptOpen::at_most(1));
        let hour = Duration::from_secs(3600);
        let known = || entry.known_since(hour).map(|dataset| dataset.open.description.title.clone());
        assert_eq!((known(), entry.condition()), (None, Condition::Broken));
        write("first");
        entry.look().unwrap();
        assert_eq!((known(), entry.condition()), (Some("first".to_owned()), Condition::Ready));
        assert!(entry.known_since(Duration::ZERO).is_none());
        write("second one");
        assert_eq!(known(), Some("first".to_owned()), "nobody has looked");
        entry.look().unwrap();
        assert_eq!(known(), Some("second one".to_owned()));
        write("broken");
        assert_eq!(entry.look().unwrap().open.description.title, "second one");
        assert_eq!((known(), entry.condition()), (None, Condition::Outdated));
    }
}
