//! An output in the making: in a hidden directory beside its place, whose name it gets in one step.

use std::{
    fs::{self, File},
    io,
    marker::PhantomData,
    path::{Path, PathBuf},
};

use tempfile::Builder;

use super::{
    Existing,
    contents::{Contents, Kind},
    rename,
};
use crate::BuildError;

/// A file in the hidden directory that is locked as long as the program runs, however that ends.
const LOCK: &str = "lock";

/// The output in the hidden directory: the new one, and once that has been published, the one that it replaced.
const OUTPUT: &str = "output";

/// Where an output waits while it is exchanged on systems that cannot do so in one step.
const ASIDE: &str = "replaced";

/// How often one begins anew whose directory was swept before it was locked.
const ATTEMPTS: usize = 16;

/// An output of a kind that is removed unless it is published.
pub struct Partial<K: Kind> {
    container: PathBuf,
    /// Held until the directory is removed.
    _lock: File,
    kind: PhantomData<K>,
}

/// The directory that an output will have, unless something is there that stays: what exists is replaced only if it is
/// of the kind or empty, and `existing` says so. A link to a directory stays, and what it leads to is replaced.
///
/// # Errors
/// [`BuildError::OutputExists`], [`BuildError::OutputIsForeign`], or [`BuildError::Output`] when it cannot be looked at.
pub fn checked_place<K: Kind>(out: &Path, existing: Existing) -> Result<PathBuf, BuildError> {
    let place = out.display().to_string();
    let Ok(metadata) = fs::symlink_metadata(out) else { return Ok(out.to_owned()) };
    if existing == Existing::Keep {
        return Err(BuildError::OutputExists { place });
    }
    let failed = |source| BuildError::Output { place: place.clone(), source };
    match K::contents(out).map_err(failed)? {
        Contents::Foreign(reason) => Err(BuildError::OutputIsForeign { place, reason }),
        Contents::Nothing | Contents::Own if metadata.is_symlink() => out.canonicalize().map_err(failed),
        Contents::Nothing | Contents::Own => Ok(out.to_owned()),
    }
}

impl<K: Kind> Partial<K> {
    /// Begins one in `parent`, and removes those that programs left there which were killed.
    ///
    /// # Errors
    /// When the directory cannot be written to.
    pub fn create(parent: &Path) -> io::Result<Self> {
        sweep::<K>(parent);
        let mut attempts = std::iter::repeat_with(|| Self::begin(parent)).take(ATTEMPTS);
        let is_swept = |outcome: &io::Result<Self>| {
            outcome.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) && parent.exists()
        };
        attempts.find(|outcome| !is_swept(outcome)).unwrap_or_else(|| Self::begin(parent))
    }

    /// Fails for want of a file where another build sweeps the directory before it is locked.
    fn begin(parent: &Path) -> io::Result<Self> {
        let container = private_name(K::PREFIX).tempdir_in(parent)?;
        let path = container.path().join(LOCK);
        let lock = File::create_new(&path)?;
        // A file system without locks has no sweeps either.
        let _ = lock.lock();
        fs::metadata(path)?;
        fs::create_dir(container.path().join(OUTPUT))?;
        Ok(Self { container: container.keep(), _lock: lock, kind: PhantomData })
    }

    /// Where the output's files go.
    pub fn directory(&self) -> PathBuf {
        self.container.join(OUTPUT)
    }

    /// Where files may wait that are no part of the output.
    pub fn scratch(&self) -> &Path {
        &self.container
    }

    /// Puts the output at `out`. What is there goes only if it is of the kind and `existing` says so, and only once this
    /// one is in its place.
    ///
    /// # Errors
    /// As [`checked_place`].
    pub fn publish(self, out: &Path, existing: Existing) -> Result<(), BuildError> {
        let place = || out.display().to_string();
        let failed = |source| BuildError::Output { place: place(), source };
        let output = self.directory();
        rename::sync_directory(&output).map_err(failed)?;
        match (rename::without_replacing(&output, out), existing) {
            (Ok(()), _) => {}
            (Err(error), Existing::Keep) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(BuildError::OutputExists { place: place() });
            }
            (Err(error), Existing::Replace) if error.kind() == io::ErrorKind::AlreadyExists => {
                let exchange = || rename::exchange(&output, out, &self.container.join(ASIDE)).map_err(failed);
                exchange()?;
                // What was seen before it was made may have given way to something else since.
                if let Contents::Foreign(reason) = K::contents(&output).map_err(failed)? {
                    exchange()?;
                    return Err(BuildError::OutputIsForeign { place: place(), reason });
                }
            }
            (Err(error), _) => return Err(failed(error)),
        }
        rename::sync_directory(parent_of(out)).map_err(failed)
    }
}

impl<K: Kind> Drop for Partial<K> {
    fn drop(&mut self) {
        remove::<K>(&self.container);
    }
}

/// The directory that a path lies in.
pub fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Names of temporary directories, open to whom the user's mask allows.
fn private_name(prefix: &'static str) -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(prefix);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o777));
    }
    builder
}

/// Removes what killed programs left.
fn sweep<K: Kind>(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(K::PREFIX) {
            continue;
        }
        match File::open(entry.path().join(LOCK)) {
            Ok(lock) if lock.try_lock().is_ok() => remove::<K>(&entry.path()),
            // Killed as it began or ended; one that is just beginning takes another directory.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let _ = fs::remove_dir(entry.path());
            }
            _ => {}
        }
    }
}

/// Removes such a directory, but nothing that no program of this kind has put there. What cannot be removed harms nobody,
/// so errors are passed over.
fn remove<K: Kind>(container: &Path) {
    let output = container.join(OUTPUT);
    if output.exists() && K::remove(&output).is_err() {
        return;
    }
    let _ = fs::remove_file(container.join(LOCK));
    let _ = fs::remove_dir(container);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::contents::DatasetKind;
    use shared_fbs::path::MANIFEST;

    const PREFIX: &str = DatasetKind::PREFIX;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    fn partial(parent: &Path, content: &str) -> Partial<DatasetKind> {
        let partial = Partial::create(parent).unwrap();
        fs::write(partial.directory().join(MANIFEST), content).unwrap();
        partial
    }

    #[test]
    fn what_is_not_published_goes() {
        let parent = tempfile::tempdir().unwrap();
        drop(partial(parent.path(), "a"));
        assert_eq!(names(parent.path()), [""; 0]);
    }

    #[test]
    fn what_a_killed_build_left_goes_with_the_next_and_what_runs_stays() {
        let parent = tempfile::tempdir().unwrap();
        let killed = parent.path().join(format!("{PREFIX}killed"));
        fs::create_dir_all(killed.join(OUTPUT)).unwrap();
        for name in [LOCK, "output/genes0.partial", "output/obs-0123456789abcdef.pack"] {
            fs::write(killed.join(name), "").unwrap();
        }
        let beginning = parent.path().join(format!("{PREFIX}beginning"));
        fs::create_dir(&beginning).unwrap();
        let running = partial(parent.path(), "running");
        assert!(!killed.exists());
        let other = partial(parent.path(), "other");
        assert!(running.directory().exists() && other.directory().exists() && !beginning.exists());
    }

    #[test]
    fn builds_that_begin_together_do_not_sweep_each_other() {
        let parent = tempfile::tempdir().unwrap();
        let begin = || (0..50).for_each(|_| drop(partial(parent.path(), "a")));
        std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(begin))));
        assert_eq!(names(parent.path()), [""; 0]);
    }

    #[test]
    fn what_a_build_did_not_put_there_is_never_swept() {
        let parent = tempfile::tempdir().unwrap();
        let killed = parent.path().join(format!("{PREFIX}killed"));
        fs::create_dir_all(killed.join(OUTPUT)).unwrap();
        fs::write(killed.join(LOCK), "").unwrap();
        fs::write(killed.join("output/notes.txt"), "precious").unwrap();
        drop(partial(parent.path(), "a"));
        assert_eq!(fs::read_to_string(killed.join("output/notes.txt")).unwrap(), "precious");
    }

    #[test]
    fn publishing_replaces_a_dataset_on_request() {
        let parent = tempfile::tempdir().unwrap();
        let out = parent.path().join("out");
        let publish = |content, existing| partial(parent.path(), content).publish(&out, existing);
        let content = || fs::read_to_string(out.join(MANIFEST)).unwrap();
        publish("one", Existing::Keep).unwrap();
        assert!(matches!(publish("two", Existing::Keep), Err(BuildError::OutputExists { .. })));
        assert_eq!(content(), "one");
        publish("two", Existing::Replace).unwrap();
        assert_eq!((content().as_str(), names(&out).as_slice()), ("two", &[MANIFEST.to_owned()][..]));
        assert_eq!(names(parent.path()), ["out"]);
    }

    #[test]
    fn what_appeared_meanwhile_is_not_this_builds_to_delete() {
        let parent = tempfile::tempdir().unwrap();
        let out = parent.path().join("out");
        for existing in [Existing::Keep, Existing::Replace] {
            let built = partial(parent.path(), "built");
            fs::create_dir(&out).unwrap();
            fs::write(out.join("notes.txt"), "precious").unwrap();
            built.publish(&out, existing).unwrap_err();
            assert_eq!(fs::read_to_string(out.join("notes.txt")).unwrap(), "precious");
            assert_eq!(names(parent.path()), ["out"]);
            fs::remove_dir_all(&out).unwrap();
        }
    }
}
