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

/// An unfinished file in the folder of another one, with the permissions that the user's mask gives any new file. It is gone
/// with its handle, unless it is kept.
///
/// # Errors
/// When none can be made there.
pub fn beside(path: &Path, suffix: &str) -> io::Result<NamedTempFile> {
    let parent = folder_of(path);
    if !fs::metadata(parent)?.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tessera-unfinished-").suffix(suffix);
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
