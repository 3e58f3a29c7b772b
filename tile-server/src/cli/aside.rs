//! Files written aside and then renamed, so that whoever looks sees the old one or the new one, whole.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

/// Writes a file. Links are followed, and an existing file keeps its permissions; what is no plain file, such as a pipe,
/// is written to as it is.
///
/// # Errors
/// When it cannot be written; a file that was there is as before then.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    let known = match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => Some(metadata),
        Ok(_) => return fs::write(path, bytes),
        Err(_) => None,
    };
    let target: PathBuf = if known.is_some() { path.canonicalize()? } else { path.to_owned() };
    let mut file = beside(&target, "")?;
    file.write_all(bytes.as_ref())?;
    if let Some(known) = known {
        file.as_file().set_permissions(known.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(target)?;
    Ok(())
}

/// The folder of a file.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What names of unfinished files begin with.
const PREFIX: &str = ".tessera-unfinished-";

/// An unfinished file in the folder of another one, with the permissions that the user's mask gives any new file. It is gone
/// with its handle, unless it is kept; what programs left there that were killed goes first.
///
/// # Errors
/// When none can be made there.
pub fn beside(path: &Path, suffix: &str) -> io::Result<NamedTempFile> {
    let parent = folder_of(path);
    if !fs::metadata(parent)?.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    #[cfg(unix)]
    sweep(parent);
    loop {
        let file = begin(parent, suffix)?;
        // A file system without locks has no sweeps either; one who sweeps may have come before the lock.
        #[cfg(unix)]
        let _ = file.as_file().lock();
        if file.path().exists() {
            return Ok(file);
        }
    }
}

/// Removes what killed programs left: those who write hold a lock as long as they run.
#[cfg(unix)]
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_file = || entry.file_type().is_ok_and(|kind| kind.is_file());
        if !entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes()) || !is_file() {
            continue;
        }
        // The lock is held until the file is gone, so that one who has just begun it sees that.
        let Ok(file) = fs::File::open(entry.path()) else { continue };
        if file.try_lock().is_ok() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn begin(parent: &Path, suffix: &str) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(suffix);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    // Without the name that nobody gave.
    builder.tempfile_in(parent).map_err(|error| error.kind().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("table.csv");
        write(&path, "one").unwrap();
        write(&path, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        let error = write(&directory.path().join("absent/table.csv"), "").unwrap_err().to_string();
        assert!(!error.contains("unfinished"), "{error}");
        write(directory.path(), "").unwrap_err();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn what_a_killed_program_left_goes_with_the_next_and_what_is_written_stays() {
        let directory = tempfile::tempdir().unwrap();
        let names = || {
            let entries = fs::read_dir(directory.path()).unwrap();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
        };
        let [left, other] = [".tessera-unfinished-left.h5ad", "other.h5ad"].map(|name| directory.path().join(name));
        fs::write(&left, "half").unwrap();
        fs::write(&other, "whole").unwrap();
        let running = beside(&other, ".h5ad").unwrap();
        assert!(!left.exists());
        let second = beside(&other, ".h5ad").unwrap();
        assert!(running.path().exists() && second.path().exists() && other.exists(), "{:?}", names());
        drop((running, second));
        assert_eq!(names(), ["other.h5ad"]);
        // Those who begin together do not take each other's.
        let begin = || (0..50).for_each(|_| assert!(beside(&other, "").unwrap().path().exists()));
        std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(begin))));
        assert_eq!(names(), ["other.h5ad"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_keeps_its_permissions_and_a_link_stays_one() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
        let directory = tempfile::tempdir().unwrap();
        let [path, link] = ["table.csv", "link"].map(|name| directory.path().join(name));
        fs::write(&path, "one").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&path, &link).unwrap();
        let before = fs::metadata(&path).unwrap().ino();
        write(&link, "two").unwrap();
        let after = fs::metadata(&path).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!((after.permissions().mode() & 0o777, fs::read_to_string(&path).unwrap()), (0o640, "two".to_owned()));
        assert_ne!(after.ino(), before);
    }
}
