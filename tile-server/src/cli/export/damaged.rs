//! Datasets and corpora that cannot be exported.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Error;
use corpus::native::OpenError;
use remote_files::RemoteError;
use shared_fbs::path::{is_pack_file, is_poster_file};
use tessera::dataset::DatasetError;

use super::fetched::Unfetched;

/// A dataset or a corpus is not as its manifest says.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be exported: {reason}; copy it here again, or build it anew", directory.display())]
pub struct Damaged {
    /// Its directory.
    pub directory: PathBuf,
    /// What is wrong.
    pub reason: String,
}

/// Refuses files of a directory that are not there with as many bytes as a manifest says, and names that would be neither a
/// pack's nor a poster's.
///
/// # Errors
/// [`Damaged`].
pub fn check_files<F: AsRef<str>>(directory: &Path, files: impl IntoIterator<Item = (F, u64)>) -> Result<(), Damaged> {
    let damaged = |reason| Damaged { directory: directory.to_owned(), reason };
    for (file, expected) in files {
        let file = file.as_ref();
        if !is_pack_file(file) && !is_poster_file(file) {
            return Err(damaged(format!("`{file}` is no name of a pack")));
        }
        let n_bytes = fs::metadata(directory.join(file)).and_then(|metadata| {
            if metadata.is_file() { Ok(metadata.len()) } else { Err(io::ErrorKind::InvalidInput.into()) }
        });
        match n_bytes {
            Ok(n_bytes) if n_bytes == expected => {}
            Ok(n_bytes) => return Err(damaged(format!("{file} has {n_bytes} bytes, not {expected}"))),
            Err(error) => return Err(damaged(format!("{file} cannot be read: {error}"))),
        }
    }
    Ok(())
}

/// Whether an error is of a dataset or a corpus, so that the others can be exported, and not of the site that is written.
pub fn is_of_dataset(error: &Error) -> bool {
    error.chain().any(|cause| {
        let of_reading = cause.downcast_ref::<DatasetError>();
        cause.is::<Damaged>()
            || cause.is::<Unfetched>()
            || cause.is::<OpenError>()
            || cause.is::<RemoteError>()
            || of_reading.is_some_and(|error| !matches!(error, DatasetError::Stopped))
    })
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn a_full_disk_ends_the_export_and_a_broken_corpus_does_not() {
        let full: Error = io::Error::from(io::ErrorKind::StorageFull).into();
        assert!(!is_of_dataset(&full.context("cannot write corpora/atlas")));
        let absent = corpus::native::open(Path::new("absent")).map(|_| ()).context("cannot export atlas");
        assert!(is_of_dataset(&absent.unwrap_err()));
        let stopped: Error = DatasetError::Stopped.into();
        assert!(!is_of_dataset(&stopped));
    }
}
