//! Copies of AnnData files with changes.

use std::{fs, fs::File, path::Path};

use anyhow::{Context as _, Error, Result};
use builder::{BuildError, native::InputStamp};
use h5ad::{Revision, WriteError, revise_file};
use schema::{Report, State};
use tempfile::NamedTempFile;

use super::{aside, exit};

/// A file that a copy is made of. It is read more than once meanwhile, and must be the same each time.
pub struct Original<'a> {
    path: &'a Path,
    /// None where it could not be looked at, which who reads it says better.
    before: Option<InputStamp>,
}

impl<'a> Original<'a> {
    /// The file as it is now: call it before anything of the file is read.
    pub fn of(path: &'a Path) -> Self {
        Self { path, before: InputStamp::settled(path).ok() }
    }

    /// Makes sure that all that was read so far is of one state of the file.
    ///
    /// # Errors
    /// [`BuildError::InputChanged`].
    pub fn must_be_as_before(&self) -> Result<(), BuildError> {
        if InputStamp::of(self.path).ok() == self.before {
            return Ok(());
        }
        Err(BuildError::InputChanged { file: self.path.display().to_string() })
    }

    /// Writes a copy that `revise` changes to `out`, where nothing may be, once `check` has found the copy right. Where
    /// any of it fails, nothing is written.
    pub fn write(
        &self,
        out: &Path,
        revise: impl FnOnce(&mut Revision<File>) -> Result<()>,
        check: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<()> {
        let copy = aside::beside(out, ".h5ad").with_context(|| unwritten(out))?;
        let written = copy.reopen().with_context(|| unwritten(out)).and_then(|to| {
            revise_file(self.path, to, revise).map_err(|error| of_file(out, error))?;
            check(copy.path())
        });
        // What comes of two files says nothing of either.
        if !written.as_ref().is_err_and(is_told) {
            self.must_be_as_before()?;
        }
        written?;
        keep(copy, self.path, out)
    }
}

/// Whether an error has nothing to do with the file that was read.
fn is_told(error: &Error) -> bool {
    matches!(error.downcast_ref(), Some(BuildError::Interrupted | BuildError::Output { .. }))
}

/// The error, which names the file if that is what could not be written.
pub fn of_file(out: &Path, error: Error) -> Error {
    match error.downcast() {
        Ok(WriteError::Io(source)) => BuildError::Output { place: out.display().to_string(), source }.into(),
        Ok(error) => error.into(),
        Err(error) => error,
    }
}

fn unwritten(out: &Path) -> String {
    format!("{} cannot be written", out.display())
}

/// Whether the file that a report is on cannot be read, as a whole or on, so that no copy of it is of use.
pub fn is_unread(report: &Report) -> bool {
    // A check that the file itself stopped is about all of it.
    let is_stopped = || report.findings.iter().any(|finding| finding.rule.id() == "R3" && finding.place == "/");
    report.state == State::Unknown || is_stopped()
}

/// The exit code that a report on a file means.
pub fn code_of(report: &Report) -> u8 {
    match (is_unread(report), report.is_valid()) {
        (true, _) => exit::INPUT,
        (false, true) => 0,
        (false, false) => exit::DAMAGE,
    }
}

/// Puts what was written aside and comes of `data` in its place, where nothing may be.
pub fn keep(written: NamedTempFile, data: &Path, out: &Path) -> Result<()> {
    // Who may read the file may read what comes of it, which is its owner's to write to.
    let permissions = fs::metadata(data).map(|metadata| writable(metadata.permissions()));
    permissions
        .and_then(|permissions| written.as_file().set_permissions(permissions))
        .with_context(|| unwritten(out))?;
    written.persist_noclobber(out).map_err(|error| error.error).with_context(|| unwritten(out))?;
    Ok(())
}

/// The same permissions, with the owner's to write.
fn writable(mut permissions: fs::Permissions) -> fs::Permissions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        permissions.set_mode(permissions.mode() | 0o200);
    }
    #[cfg(not(unix))]
    permissions.set_readonly(false);
    permissions
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The demo file in a folder of its own.
    fn demo(folder: &Path) -> std::path::PathBuf {
        let path = folder.join("cells.h5ad");
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/pbmc68k_reduced.h5ad"), &path).unwrap();
        path
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_that_another_takes_the_place_of_is_not_copied() {
        type When = fn(&Path);
        let replace: When = |path| fs::rename(path.with_extension("other"), path).unwrap();
        let append: When = |path| {
            use std::io::Write as _;
            fs::OpenOptions::new().append(true).open(path).unwrap().write_all(b"more").unwrap();
        };
        let nothing: When = |_| ();
        for (before, within) in [(replace, nothing), (nothing, replace), (append, nothing), (nothing, append)] {
            let folder = tempfile::tempdir().unwrap();
            let (path, out) = (demo(folder.path()), folder.path().join("copy.h5ad"));
            fs::copy(&path, path.with_extension("other")).unwrap();
            let original = Original::of(&path);
            assert!(original.must_be_as_before().is_ok());
            before(&path);
            let written = original.write(
                &out,
                |_| Ok(()),
                |_| {
                    within(&path);
                    Ok(())
                },
            );
            let error = written.unwrap_err().to_string();
            assert!(error.contains("cells.h5ad changed while it was read"), "{error}");
            assert!(names(folder.path()).iter().all(|name| name.starts_with("cells.")), "{:?}", names(folder.path()));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_copy_of_a_file_that_nobody_may_write_to_is_the_owners_to_write_to() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (path, out) = (demo(folder.path()), folder.path().join("copy.h5ad"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        Original::of(&path).write(&out, |_| Ok(()), |_| Ok(())).unwrap();
        assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o644);
    }
}
