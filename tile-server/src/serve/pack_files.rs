//! The packs of datasets, which stay open: a pack never changes, so it is looked at once.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, RwLock, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use remote_files::Remote;
use shared_fbs::path::{PACK_SUFFIX, content_hash, is_poster_file};
use xxhash_rust::xxh64::xxh64;

use super::{
    confined_file::OpenFile,
    confirmed_pack::{ConfirmedPack, RecentFrames},
    dataset_reader::{PackDescription, TileIndex},
    file_reading::{Patience, SharedFile},
};
use crate::file_stamp::FileStamp;

/// The longest poster of another host that is taken: as many may be in memory as packs are kept open.
const MOST_POSTER_BYTES: u64 = 1 << 20;

/// The packs of one dataset.
pub(super) struct PackFiles {
    source: PackSource,
    packs: HashMap<String, Arc<PackFile>>,
    kept: Arc<KeptOpen>,
}

/// Where packs lie.
pub(super) enum PackSource {
    /// In a directory, by its canonical path.
    Directory(PathBuf),
    /// In a folder of another host.
    Remote {
        remote: Remote,
        /// Confirms what is read of them.
        index: Arc<dyn TileIndex>,
        /// Frames of all packs that were read lately.
        recent: Arc<RecentFrames>,
    },
}

/// A pack, open or not.
struct PackFile {
    name: String,
    /// As the manifest says.
    n_bytes: u64,
    n_segments: usize,
    open: RwLock<Option<OpenFile>>,
    /// Held by who opens it, so that those who come meanwhile get what that one opened.
    opening: Mutex<()>,
    /// The number of the use that was its last.
    last_use: AtomicU64,
}

/// Why there is no pack to read.
#[derive(Debug, thiserror::Error)]
pub(super) enum PackError {
    /// The dataset has none of that name.
    #[error("the dataset has no such file")]
    Unknown,
    /// It is not open, and the thread may not wait.
    #[error("the file is not open")]
    NotAtHand,
    /// It cannot be opened.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is not what the manifest describes.
    #[error("{name} has {found} bytes, and the manifest says {expected}")]
    Length { name: String, found: u64, expected: u64 },
    /// It lies on another host, and is to be in memory whole.
    #[error("{name} is longer than {MOST_POSTER_BYTES} bytes, which no poster is")]
    TooLong { name: String },
    /// It lies on another host, which sends something else.
    #[error("{address} sends bytes that the hash in its name does not confirm")]
    Unconfirmed { address: String },
}

/// The packs that are open, of all datasets: so many at most, the least used being closed. A read under way keeps its
/// own open until it is done.
pub(super) struct KeptOpen {
    most: usize,
    open: Mutex<Vec<Weak<PackFile>>>,
    n_uses: AtomicU64,
    n_openings: AtomicU64,
}

/// How packs were used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PackUses {
    /// How many are open now.
    pub(super) now_open: u64,
    /// How often one was used.
    pub(super) uses: u64,
    /// How often one had to be opened.
    pub(super) openings: u64,
}

impl PackFiles {
    /// None of them open.
    pub(super) fn new(source: PackSource, packs: Vec<PackDescription>, kept: Arc<KeptOpen>) -> Self {
        let packs = packs.into_iter().map(|PackDescription { file, n_bytes, n_segments }| {
            let (open, opening, last_use) = Default::default();
            (file.clone(), Arc::new(PackFile { name: file, n_bytes, n_segments, open, opening, last_use }))
        });
        Self { source, packs: packs.collect(), kept }
    }

    /// Whether there is one of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.packs.contains_key(name)
    }

    /// Whether there is one of that name, and it is open.
    pub(super) fn has_open(&self, name: &str) -> bool {
        self.packs.get(name).is_some_and(|pack| pack.is_open())
    }

    /// Whether all are there as the manifest says, without opening them: a dataset that is being copied is not whole.
    ///
    /// # Errors
    /// The first that is not there or has another length.
    pub(super) fn check_lengths(&self) -> Result<(), PackError> {
        self.packs.values().try_for_each(|pack| {
            let found = match &self.source {
                PackSource::Directory(directory) => directory.join(&pack.name).metadata()?.len(),
                // Each read looks at the length of its segment, and a poster is read whole.
                PackSource::Remote { .. } if pack.n_segments > 0 || is_poster_file(&pack.name) => pack.n_bytes,
                PackSource::Remote { remote, .. } => remote.head(&pack.name).map_err(io::Error::from)?.n_bytes,
            };
            pack.check_length(found)
        })
    }

    /// An open pack.
    ///
    /// # Errors
    /// When there is none of that name, it cannot be opened, is no plain file, is a link that leads out of the
    /// directory, or has another length than the manifest says.
    pub(super) fn open(&self, name: &str, patience: Patience) -> Result<OpenFile, PackError> {
        let pack = self.packs.get(name).ok_or(PackError::Unknown)?;
        let open = pack.at_hand();
        if open.is_none() && patience == Patience::AtHand {
            return Err(PackError::NotAtHand);
        }
        pack.last_use.store(self.kept.n_uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        if let Some(open) = open {
            return Ok(open);
        }
        let _opening = pack.opening.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = pack.at_hand() {
            return Ok(open);
        }
        let open = match &self.source {
            PackSource::Directory(directory) => pack.open_in(directory)?,
            PackSource::Remote { remote, .. } if is_poster_file(name) => pack.read_elsewhere(remote)?,
            PackSource::Remote { remote, index, recent } => {
                let bytes = ConfirmedPack {
                    stem: name.strip_suffix(PACK_SUFFIX).unwrap_or(name).to_owned(),
                    place: remote.place().to_string().into(),
                    index: Arc::clone(index),
                    recent: Arc::clone(recent),
                };
                pack.open_elsewhere(remote, bytes)?
            }
        };
        *pack.open.write().unwrap_or_else(PoisonError::into_inner) = Some(open.clone());
        self.kept.keep(pack);
        Ok(open)
    }
}

impl PackFile {
    /// If it is open, and could be read so far.
    fn at_hand(&self) -> Option<OpenFile> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.as_ref().filter(|open| !open.file.has_failed()).cloned()
    }

    fn open_in(&self, directory: &Path) -> Result<OpenFile, PackError> {
        let open = OpenFile::within(directory, Path::new(&self.name))?;
        self.check_length(open.n_bytes)?;
        Ok(open)
    }

    fn open_elsewhere(&self, remote: &Remote, bytes: ConfirmedPack) -> Result<OpenFile, PackError> {
        let modified = if self.n_segments > 0 {
            None
        } else {
            let head = remote.head(&self.name).map_err(io::Error::from)?;
            self.check_length(head.n_bytes)?;
            head.modified
        };
        let stamp = FileStamp::elsewhere(self.n_bytes, modified, xxh64(self.name.as_bytes(), 0));
        Ok(OpenFile::elsewhere(SharedFile::of_pack(bytes), stamp))
    }

    /// A small file, whole in memory, which the hash in its name confirms.
    fn read_elsewhere(&self, remote: &Remote) -> Result<OpenFile, PackError> {
        if self.n_bytes > MOST_POSTER_BYTES {
            return Err(PackError::TooLong { name: self.name.clone() });
        }
        let read = || remote.read(&self.name, self.n_bytes, 0..self.n_bytes).map_err(io::Error::from);
        let is_confirmed =
            |bytes: &[u8]| content_hash(&self.name) == Some(format!("{:016x}", xxh64(bytes, 0)).as_str());
        let mut bytes = read()?;
        if !is_confirmed(&bytes) {
            remote.forget(&self.name, self.n_bytes, 0..self.n_bytes);
            bytes = read()?;
        }
        if !is_confirmed(&bytes) {
            remote.forget(&self.name, self.n_bytes, 0..self.n_bytes);
            return Err(PackError::Unconfirmed { address: remote.place().below(&self.name).to_string() });
        }
        let stamp = FileStamp::elsewhere(self.n_bytes, None, xxh64(self.name.as_bytes(), 0));
        Ok(OpenFile::elsewhere(SharedFile::in_memory(bytes), stamp))
    }

    /// Compares the length that is found with the manifest's.
    fn check_length(&self, found: u64) -> Result<(), PackError> {
        if found == self.n_bytes {
            return Ok(());
        }
        Err(PackError::Length { name: self.name.clone(), found, expected: self.n_bytes })
    }

    fn is_open(&self) -> bool {
        self.open.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn close(&self) {
        self.open.write().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl KeptOpen {
    /// At most so many.
    pub(super) fn at_most(most: usize) -> Arc<Self> {
        Arc::new(Self { most, open: Mutex::default(), n_uses: AtomicU64::new(0), n_openings: AtomicU64::new(0) })
    }

    /// How packs were used so far.
    pub(super) fn uses(&self) -> PackUses {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let now_open = open.iter().filter_map(Weak::upgrade).filter(|pack| pack.is_open()).count() as u64;
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        PackUses { now_open, uses: count(&self.n_uses), openings: count(&self.n_openings) }
    }

    /// Keeps one more open, and closes the one that was not used for longest if those are too many.
    fn keep(&self, pack: &Arc<PackFile>) {
        self.n_openings.fetch_add(1, Ordering::Relaxed);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|other| other.upgrade().is_some_and(|other| other.is_open() && !Arc::ptr_eq(&other, pack)));
        if open.len() >= self.most {
            let last_use = |pack: &Weak<PackFile>| pack.upgrade().map(|pack| pack.last_use.load(Ordering::Relaxed));
            let least_used = (0..open.len()).min_by_key(|&at| last_use(&open[at]));
            if let Some(pack) = least_used.and_then(|at| open.swap_remove(at).upgrade()) {
                pack.close();
            }
        }
        open.push(Arc::downgrade(pack));
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::Barrier, thread};

    use super::*;

    fn packs(directory: &Path, names: &[&str], kept: &Arc<KeptOpen>) -> PackFiles {
        let packs = names.iter().map(|name| {
            fs::write(directory.join(name), name).unwrap();
            PackDescription { file: (*name).to_owned(), n_bytes: name.len() as u64, n_segments: 0 }
        });
        PackFiles::new(PackSource::Directory(directory.canonicalize().unwrap()), packs.collect(), Arc::clone(kept))
    }

    #[test]
    fn a_pack_is_opened_once_and_only_by_who_may_wait() {
        let directory = tempfile::tempdir().unwrap();
        let packs = packs(directory.path(), &["a", "bb"], &KeptOpen::at_most(2));
        assert!(matches!(packs.open("a", Patience::AtHand), Err(PackError::NotAtHand)));
        let first = packs.open("a", Patience::MayWait).unwrap();
        fs::remove_file(directory.path().join("a")).unwrap();
        assert!(Arc::ptr_eq(&first.file, &packs.open("a", Patience::AtHand).unwrap().file));
        assert!(matches!(packs.open("c", Patience::MayWait), Err(PackError::Unknown)));
        // One that could not be read is looked at anew.
        first.file.read_at(&mut [0], 1, Patience::MayWait).unwrap_err();
        assert!(matches!(packs.open("a", Patience::MayWait), Err(PackError::Io(_))));
    }

    #[test]
    fn a_pack_that_many_open_at_once_is_opened_once() {
        let directory = tempfile::tempdir().unwrap();
        for _ in 0..32 {
            let packs = packs(directory.path(), &["a"], &KeptOpen::at_most(1));
            let together = Barrier::new(8);
            let open = || {
                together.wait();
                packs.open("a", Patience::MayWait).unwrap().file
            };
            let files = thread::scope(|scope| {
                let opening: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
                opening.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
            });
            assert!(files.iter().all(|file| Arc::ptr_eq(file, &files[0])));
        }
    }

    #[test]
    fn a_pack_of_another_length_is_not_opened() {
        let directory = tempfile::tempdir().unwrap();
        let packs = packs(directory.path(), &["abc"], &KeptOpen::at_most(2));
        for bytes in ["ab", "abcd", ""] {
            fs::write(directory.path().join("abc"), bytes).unwrap();
            let error = packs.open("abc", Patience::MayWait).err().unwrap().to_string();
            assert!(error.contains(&format!("{} bytes", bytes.len())), "{error}");
        }
    }

    #[test]
    fn the_least_used_are_closed_and_others_stay() {
        let directory = tempfile::tempdir().unwrap();
        let kept = KeptOpen::at_most(2);
        let [first, second] = ["1", "2"].map(|name| {
            let directory = directory.path().join(name);
            fs::create_dir(&directory).unwrap();
            packs(&directory, &["a", "b"], &kept)
        });
        let open = |packs: &PackFiles, name| packs.open(name, Patience::AtHand).is_ok();
        first.open("a", Patience::MayWait).unwrap();
        first.open("b", Patience::MayWait).unwrap();
        assert!(open(&first, "a"));
        second.open("a", Patience::MayWait).unwrap();
        assert_eq!([open(&first, "a"), open(&first, "b"), open(&second, "a")], [true, false, true]);
        // What belongs to a dataset that is gone takes no place.
        drop(first);
        second.open("b", Patience::MayWait).unwrap();
        assert!(open(&second, "a") && open(&second, "b"));
    }
}
