//! What lies in a directory: an output such as a dataset, which this program may replace, or what is somebody else's.

use std::{fs, io, path::Path};

use shared_fbs::path::{MANIFEST, is_pack_file, is_poster_file};

/// A file beside the manifest in which a program that keeps datasets notes what it built this one from.
pub const NOTE: &str = "input.json";

/// What file managers leave behind in every directory that they show.
pub const LITTER: &str = ".DS_Store";

/// The end of the names of files in the making.
pub const UNFINISHED: &str = ".partial";

/// A kind of directory that is written aside and published in one step, such as a dataset.
pub trait Kind {
    /// What the names of the hidden directories begin with in which outputs of this kind are made.
    const PREFIX: &'static str;

    /// What lies at a path. Only names are looked at, so a damaged output is one, too.
    ///
    /// # Errors
    /// When a directory cannot be listed.
    fn contents(path: &Path) -> io::Result<Contents>;

    /// Removes an output, whole or unfinished. What is no part of it stays, and the directory then with it.
    ///
    /// # Errors
    /// When something stays.
    fn remove(directory: &Path) -> io::Result<()>;
}

/// What lies in a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contents {
    /// Nothing is there, or an empty directory.
    Nothing,
    /// An output of the kind that was looked for, and nothing else.
    Own,
    /// Something else, which is said as in "it …".
    Foreign(String),
}

impl Contents {
    /// What is at `path` where that tells it already: nothing, or no directory.
    pub fn unless_directory(path: &Path) -> Option<Self> {
        match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(path).is_err() => {
                Some(Self::Nothing)
            }
            Ok(metadata) if metadata.is_dir() => None,
            _ => Some(Self::Foreign("is no directory".to_owned())),
        }
    }
}

/// Datasets: a manifest, packs and posters, and nothing else.
pub struct DatasetKind;

impl Kind for DatasetKind {
    const PREFIX: &'static str = ".tessera-partial-";

    fn contents(path: &Path) -> io::Result<Contents> {
        contents_of(path, MANIFEST, is_own, "a dataset")
    }

    fn remove(directory: &Path) -> io::Result<()> {
        remove_own(directory, is_own)
    }
}

/// What lies at a path where outputs of a kind, `what`, have a manifest, and other files by whose names they are known.
///
/// # Errors
/// When a directory cannot be listed.
pub fn contents_of(path: &Path, manifest: &str, is_own: fn(&str) -> bool, what: &str) -> io::Result<Contents> {
    if let Some(contents) = Contents::unless_directory(path) {
        return Ok(contents);
    }
    let (mut is_empty, mut has_manifest) = (true, false);
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_own = name.to_str().is_some_and(is_own) && !entry.file_type()?.is_dir();
        if !is_own {
            return Ok(Contents::Foreign(format!("holds `{}`, which is no part of {what}", name.display())));
        }
        has_manifest |= name == manifest;
        is_empty = false;
    }
    Ok(match (is_empty, has_manifest) {
        (true, _) => Contents::Nothing,
        (false, true) => Contents::Own,
        (false, false) => Contents::Foreign(format!("has no {manifest}")),
    })
}

/// Removes the files of a directory that are an output's own, and then the directory.
///
/// # Errors
/// When a file cannot be removed, or others stay.
pub fn remove_own(directory: &Path, is_own: fn(&str) -> bool) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(is_own) {
            fs::remove_file(entry.path())?;
        }
    }
    fs::remove_dir(directory)
}

/// Whether a file of this name in a dataset's directory is the dataset's.
fn is_own(name: &str) -> bool {
    [MANIFEST, NOTE, LITTER].contains(&name) || name.ends_with(UNFINISHED) || is_pack_file(name) || is_poster_file(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACK: &str = "obs-0123456789abcdef.pack";

    #[test]
    fn a_dataset_is_told_from_what_is_somebody_elses() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("out");
        let contents = || DatasetKind::contents(&path).unwrap();
        assert_eq!(contents(), Contents::Nothing);
        fs::create_dir(&path).unwrap();
        assert_eq!(contents(), Contents::Nothing);
        fs::write(path.join(PACK), "").unwrap();
        assert!(matches!(contents(), Contents::Foreign(reason) if reason.contains(MANIFEST)));
        fs::write(path.join(MANIFEST), "").unwrap();
        assert_eq!(contents(), Contents::Own);
        fs::write(path.join("notes.txt"), "").unwrap();
        assert!(matches!(contents(), Contents::Foreign(reason) if reason.contains("`notes.txt`")));
        fs::remove_file(path.join("notes.txt")).unwrap();
        fs::create_dir(path.join("obs-fedcba9876543210.pack")).unwrap();
        assert!(matches!(contents(), Contents::Foreign(_)));
        let file = parent.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(DatasetKind::contents(&file).unwrap(), Contents::Foreign(_)));
    }

    #[test]
    fn only_the_datasets_files_are_removed() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("out");
        fs::create_dir(&path).unwrap();
        for name in [PACK, MANIFEST, "genes0.partial", "notes.txt"] {
            fs::write(path.join(name), "").unwrap();
        }
        DatasetKind::remove(&path).unwrap_err();
        let left: Vec<_> = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["notes.txt"]);
        fs::remove_file(path.join("notes.txt")).unwrap();
        DatasetKind::remove(&path).unwrap();
        assert!(!path.exists());
    }
}
