//! Corpora in folders, which come, change and go.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use shared_fbs::path::CORPUS;
use tokio::time::sleep;

use super::{
    corpora::{Corpora, Corpus, CorpusAddress},
    disk_threads::DiskThreads,
};
use crate::{catalog::ids, file_stamp::FileStamp};

/// How long it is until folders are looked at again.
const PERIOD: Duration = Duration::from_secs(2);

/// Folders whose corpora are served.
pub(super) struct CorpusFolders {
    folders: Arc<[PathBuf]>,
    threads: DiskThreads,
    /// The longest that a look may take.
    time: Duration,
    /// What was said of folders, so that it is said once.
    told: Mutex<BTreeSet<String>>,
}

/// A corpus of a folder: its directory, and the state of its manifest.
type Found = (PathBuf, Option<FileStamp>);

/// Corpora by their ids.
type ById = HashMap<String, Arc<Corpus>>;

/// Whether a directory is that of a corpus or a summary.
pub fn is_corpus(directory: &Path) -> bool {
    directory.join(CORPUS).is_file()
}

/// The corpus of a directory.
pub fn corpus_of(directory: &Path) -> CorpusAddress {
    let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    CorpusAddress { id: ids::name_of(&directory), place: directory.into() }
}

/// The directories of corpora right in a folder, by name.
///
/// # Errors
/// When it cannot be listed.
pub fn corpora_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    let mut directories: Vec<PathBuf> =
        entries.into_iter().map(|entry| entry.path()).filter(|directory| is_corpus(directory)).collect();
    directories.sort();
    Ok(directories)
}

impl CorpusFolders {
    /// Those of these paths, each of which may be looked at for so long.
    pub(super) fn new(folders: Vec<PathBuf>, time: Duration) -> Self {
        let folders = folders.into_iter().map(|folder| folder.canonicalize().unwrap_or(folder)).collect();
        Self { folders, threads: DiskThreads::default(), time, told: Mutex::default() }
    }

    /// Takes up corpora that have come or changed, and leaves out those that have gone, again and again.
    pub(super) async fn watch(&self, corpora: &Corpora) {
        if self.folders.is_empty() {
            return;
        }
        loop {
            sleep(PERIOD).await;
            self.look(corpora).await;
        }
    }

    /// Looks once. Where the disk does not answer all stays as it is.
    async fn look(&self, corpora: &Corpora) {
        let (folders, before) = (Arc::clone(&self.folders), corpora.served());
        let looked = self.threads.run(self.time, move || look_into(&folders, &before)).await;
        let (next, faults) = match looked {
            Ok(Ok(next)) => next,
            Ok(Err(fault)) => return self.tell(BTreeSet::from([fault])),
            Err(error) => return self.tell(BTreeSet::from([error.to_string()])),
        };
        self.tell(faults);
        if let Some(next) = next {
            corpora.replace(next);
        }
    }

    /// Says what is wrong, unless it was wrong before.
    fn tell(&self, faults: BTreeSet<String>) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        faults.difference(&told).for_each(|fault| tracing::error!("{fault}"));
        *told = faults;
    }
}

/// The corpora to serve from now on, where they are others than before, and what is wrong; or why a folder cannot be looked
/// into.
fn look_into(folders: &[PathBuf], before: &ById) -> Result<(Option<ById>, BTreeSet<String>), String> {
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    let mut faults = BTreeSet::new();
    for folder in folders {
        let in_folder =
            corpora_in(folder).map_err(|error| format!("{} cannot be listed: {error}", folder.display()))?;
        for directory in in_folder {
            // What goes in this moment is not found the next time.
            let Ok(directory) = directory.canonicalize() else { continue };
            let (id, stamp) = (ids::name_of(&directory), FileStamp::at(&directory.join(CORPUS)));
            if found.insert(id.clone(), (directory, stamp)).is_some() {
                faults.insert(format!(
                    "two corpora are called `{id}`, of which one is served; rename the directory of one"
                ));
            }
        }
    }
    let is_of_folder = |corpus: &Corpus| {
        corpus.root().is_some_and(|root| root.parent().is_some_and(|parent| folders.iter().any(|of| of == parent)))
    };
    let mut next = ById::new();
    let mut has_changed = false;
    for (id, corpus) in before {
        let stays = !is_of_folder(corpus) || found.contains_key(id);
        if stays {
            next.insert(id.clone(), Arc::clone(corpus));
        } else {
            tracing::info!(corpus = %id, "the corpus has gone");
            has_changed = true;
        }
    }
    for (id, (directory, stamp)) in found {
        match next.get(&id) {
            // One that was named by itself has its name.
            Some(known) if !is_of_folder(known) => continue,
            Some(known) if known.root() == Some(&directory) && known.stamp() == stamp => continue,
            Some(_) | None => {}
        }
        match Corpus::open(&id, &directory) {
            Ok(corpus) => {
                next.insert(id, Arc::new(corpus));
                has_changed = true;
            }
            // It may be on its way.
            Err(error) => drop(faults.insert(error.to_string())),
        }
    }
    Ok((has_changed.then_some(next), faults))
}
