//! A dataset in the making: a hidden sibling of the output that becomes it in one step.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use tempfile::{Builder, TempDir};

/// What the name of every such directory begins with.
const PREFIX: &str = ".tessera-partial-";

/// A file in the directory that is locked as long as the build runs, however that ends.
const LOCK: &str = "lock";

/// A directory that is removed unless it is published.
pub struct Partial {
    directory: TempDir,
    lock: File,
}

impl Partial {
    /// Makes one in `parent`, and removes those that builds left there which were killed.
    pub fn create(parent: &Path) -> io::Result<Self> {
        sweep(parent);
        let directory = private_name().tempdir_in(parent)?;
        // Locked before it has the name that a sweep looks for.
        let unnamed = directory.path().join("lock.new");
        let lock = File::create_new(&unnamed)?;
        // A file system without locks has no sweeps either.
        let _ = lock.lock();
        fs::rename(unnamed, directory.path().join(LOCK))?;
        Ok(Self { directory, lock })
    }

    /// Where to write.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Puts the directory at `out`. What was there goes only once this is in its place, and is put
    /// back when that fails.
    pub fn publish(self, out: &Path) -> io::Result<()> {
        drop(self.lock);
        fs::remove_file(self.directory.path().join(LOCK))?;
        let parent = self.directory.path().parent().unwrap_or(Path::new("."));
        let replaced = match fs::symlink_metadata(out) {
            Ok(_) => {
                let replaced = private_name().tempdir_in(parent)?;
                fs::rename(out, replaced.path().join("replaced"))?;
                Some(replaced)
            }
            Err(_) => None,
        };
        if let Err(error) = fs::rename(self.directory.path(), out) {
            if let Some(replaced) = replaced {
                fs::rename(replaced.path().join("replaced"), out)?;
            }
            return Err(error);
        }
        let _ = self.directory.keep();
        replaced.map_or(Ok(()), TempDir::close)
    }
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

/// Removes what killed builds left. What cannot be removed harms nobody, so errors are passed over.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if is_ours
            && let Ok(lock) = File::open(entry.path().join(LOCK))
            && lock.try_lock().is_ok()
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn what_is_not_published_goes() {
        let parent = tempfile::tempdir().unwrap();
        let partial = Partial::create(parent.path()).unwrap();
        fs::write(partial.path().join("a"), "a").unwrap();
        drop(partial);
        assert_eq!(names(parent.path()), [""; 0]);
    }

    #[test]
    fn what_a_killed_build_left_goes_with_the_next_and_what_runs_stays() {
        let parent = tempfile::tempdir().unwrap();
        let killed = parent.path().join(format!("{PREFIX}killed"));
        fs::create_dir(&killed).unwrap();
        fs::write(killed.join(LOCK), "").unwrap();
        let running = Partial::create(parent.path()).unwrap();
        assert!(!killed.exists());
        let other = Partial::create(parent.path()).unwrap();
        assert!(running.path().exists() && other.path().exists());
    }

    #[test]
    fn publishing_replaces_what_was_there() {
        let parent = tempfile::tempdir().unwrap();
        let out = parent.path().join("out");
        for content in ["one", "two"] {
            let partial = Partial::create(parent.path()).unwrap();
            fs::write(partial.path().join("file"), content).unwrap();
            partial.publish(&out).unwrap();
            assert_eq!(names(parent.path()), ["out"]);
            assert_eq!(names(&out), ["file"]);
            assert_eq!(fs::read_to_string(out.join("file")).unwrap(), content);
        }
    }
}
