//! Names given in one step, without taking what has them already.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

/// Gives the directory at `from` the name `to`.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] when there is something at `to`, which stays. Where the system has no such step, an
/// empty directory at `to` is taken all the same.
pub fn without_replacing(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    match with_flags(from, to, rustix::fs::RenameFlags::NOREPLACE) {
        Err(error) if is_unsupported(&error) => {}
        outcome => return outcome,
    }
    fs::rename(from, to).map_err(|error| match error.kind() {
        io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotADirectory | io::ErrorKind::PermissionDenied
            if fs::symlink_metadata(to).is_ok() =>
        {
            io::ErrorKind::AlreadyExists.into()
        }
        _ => error,
    })
}

/// Exchanges the names of two directories. Where the system has no such step, `b` is called `aside` in between.
///
/// # Errors
/// When one does not exist or cannot be renamed; both have their old names then.
pub fn exchange(a: &Path, b: &Path, aside: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    match with_flags(a, b, rustix::fs::RenameFlags::EXCHANGE) {
        Err(error) if is_unsupported(&error) => {}
        outcome => return outcome,
    }
    fs::rename(b, aside)?;
    if let Err(error) = fs::rename(a, b) {
        fs::rename(aside, b)?;
        return Err(error);
    }
    fs::rename(aside, a)
}

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn with_flags(from: &Path, to: &Path, flags: rustix::fs::RenameFlags) -> io::Result<()> {
    Ok(rustix::fs::renameat_with(rustix::fs::CWD, from, rustix::fs::CWD, to, flags)?)
}

/// Whether the kernel or the file system has no such step: network file systems and old kernels.
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn is_unsupported(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let errno = Errno::from_io_error(error);
    errno.is_some_and(|errno| [Errno::INVAL, Errno::NOSYS, Errno::NOTSUP, Errno::OPNOTSUPP].contains(&errno))
}

/// Waits until the names in a directory are on the disk, where the file system knows of that.
///
/// # Errors
/// When the disk fails.
pub fn sync_directory(directory: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    match File::open(directory).and_then(|directory| directory.sync_all()) {
        // Of file systems that sync no directories, and of directories that may not be listed.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied
            ) =>
        {
            Ok(())
        }
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_the_name_already_keeps_it() {
        let directory = tempfile::tempdir().unwrap();
        let [from, to] = ["from", "to"].map(|name| directory.path().join(name));
        fs::create_dir(&from).unwrap();
        fs::create_dir(&to).unwrap();
        fs::write(to.join("notes"), "").unwrap();
        assert_eq!(without_replacing(&from, &to).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        fs::remove_file(to.join("notes")).unwrap();
        fs::remove_dir(&to).unwrap();
        fs::write(&to, "").unwrap();
        assert_eq!(without_replacing(&from, &to).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        fs::remove_file(&to).unwrap();
        without_replacing(&from, &to).unwrap();
        assert!(to.is_dir() && !from.exists());
    }

    #[test]
    fn names_are_exchanged_or_stay() {
        let directory = tempfile::tempdir().unwrap();
        let [a, b, aside] = ["a", "b", "aside"].map(|name| directory.path().join(name));
        fs::create_dir(&a).unwrap();
        assert!(exchange(&a, &b, &aside).is_err());
        fs::create_dir(&b).unwrap();
        fs::write(a.join("of a"), "").unwrap();
        exchange(&a, &b, &aside).unwrap();
        assert!(b.join("of a").exists() && !a.join("of a").exists() && !aside.exists());
    }
}
