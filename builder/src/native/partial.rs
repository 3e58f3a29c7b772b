//! A dataset in the making: in a hidden directory beside the output, whose name it gets in one step.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use tempfile::Builder;

use super::{
    Existing,
    contents::{self, Contents},
    rename,
};
use crate::BuildError;

/// What the name of every such directory begins with.
const PREFIX: &str = ".tessera-partial-";

/// A file in the directory that is locked as long as the build runs, however that ends.
const LOCK: &str = "lock";

/// The dataset in the directory: the new one, and once that has been published, the one that it replaced.
const DATASET: &str = "dataset";

/// Where a dataset waits while it is exchanged on systems that cannot do so in one step.
const ASIDE: &str = "replaced";

/// How often a build begins anew whose directory was swept before it was locked.
const ATTEMPTS: usize = 16;

/// A dataset that is removed unless it is published.
pub struct Partial {
    container: PathBuf,
    /// Held until the directory is removed.
    _lock: File,
}

impl Partial {
    /// Begins one in `parent`, and removes those that builds left there which were killed.
    pub fn create(parent: &Path) -> io::Result<Self> {
        sweep(parent);
        let mut attempts = std::iter::repeat_with(|| Self::begin(parent)).take(ATTEMPTS);
        let is_swept = |outcome: &io::Result<Self>| {
            outcome.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) && parent.exists()
        };
        attempts.find(|outcome| !is_swept(outcome)).unwrap_or_else(|| Self::begin(parent))
    }

    /// Fails for want of a file where another build sweeps the directory before it is locked.
    fn begin(parent: &Path) -> io::Result<Self> {
        let container = private_name().tempdir_in(parent)?;
        let path = container.path().join(LOCK);
        let lock = File::create_new(&path)?;
        // A file system without locks has no sweeps either.
        let _ = lock.lock();
        fs::metadata(path)?;
        fs::create_dir(container.path().join(DATASET))?;
        Ok(Self { container: container.keep(), _lock: lock })
    }

    /// Where the dataset's files go.
    pub fn dataset(&self) -> PathBuf {
        self.container.join(DATASET)
    }

    /// Where files may wait that are no part of the dataset.
    pub fn scratch(&self) -> &Path {
        &self.container
    }

    /// Puts the dataset at `out`. What is there goes only if it is a dataset and `existing` says so, and only once this
    /// one is in its place.
    pub fn publish(self, out: &Path, existing: Existing) -> Result<(), BuildError> {
        let place = || out.display().to_string();
        let failed = |source| BuildError::Output { place: place(), source };
        let dataset = self.dataset();
        rename::sync_directory(&dataset).map_err(failed)?;
        match (rename::without_replacing(&dataset, out), existing) {
            (Ok(()), _) => {}
            (Err(error), Existing::Keep) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(BuildError::OutputExists { place: place() });
            }
            (Err(error), Existing::Replace) if error.kind() == io::ErrorKind::AlreadyExists => {
                let exchange = || rename::exchange(&dataset, out, &self.container.join(ASIDE)).map_err(failed);
                exchange()?;
                // What was seen before the build may have given way to something else since.
                if let Contents::Foreign(reason) = Contents::of(&dataset).map_err(failed)? {
                    exchange()?;
                    return Err(BuildError::OutputIsForeign { place: place(), reason });
                }
            }
            (Err(error), _) => return Err(failed(error)),
        }
        rename::sync_directory(parent_of(out)).map_err(failed)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        remove(&self.container);
    }
}

/// The directory that a path lies in.
pub fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Names of temporary directories, open to whom the user's mask allows.
fn private_name() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(PREFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o777));
    }
    builder
}

/// Removes what killed builds left.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        match File::open(entry.path().join(LOCK)) {
            Ok(lock) if lock.try_lock().is_ok() => remove(&entry.path()),
            // Killed as it began or ended; one that is just beginning takes another directory.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let _ = fs::remove_dir(entry.path());
            }
            _ => {}
        }
    }
}

/// Removes such a directory, but nothing that no build has put there. What cannot be removed harms nobody, so errors
/// are passed over.
fn remove(container: &Path) {
    let dataset = container.join(DATASET);
    if dataset.exists() && contents::remove(&dataset).is_err() {
        return;
    }
    let _ = fs::remove_file(container.join(LOCK));
    let _ = fs::remove_dir(container);
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_fbs::path::MANIFEST;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    fn partial(parent: &Path, content: &str) -> Partial {
        let partial = Partial::create(parent).unwrap();
        fs::write(partial.dataset().join(MANIFEST), content).unwrap();
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
        fs::create_dir_all(killed.join(DATASET)).unwrap();
        for name in [LOCK, "dataset/genes0.partial", "dataset/obs-0123456789abcdef.pack"] {
            fs::write(killed.join(name), "").unwrap();
        }
        let beginning = parent.path().join(format!("{PREFIX}beginning"));
        fs::create_dir(&beginning).unwrap();
        let running = partial(parent.path(), "running");
        assert!(!killed.exists());
        let other = partial(parent.path(), "other");
        assert!(running.dataset().exists() && other.dataset().exists() && !beginning.exists());
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
        fs::create_dir_all(killed.join(DATASET)).unwrap();
        fs::write(killed.join(LOCK), "").unwrap();
        fs::write(killed.join("dataset/notes.txt"), "precious").unwrap();
        drop(partial(parent.path(), "a"));
        assert_eq!(fs::read_to_string(killed.join("dataset/notes.txt")).unwrap(), "precious");
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
