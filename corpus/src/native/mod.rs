//! Corpora as directories.

mod dataset;
mod kind;
mod merge;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use builder::{
    BuildError, Environment, Progress,
    native::{Directory, Existing, Partial, TemporaryFiles, checked_place, parent_of},
};
use shared_fbs::{DecodeError, path::CORPUS};
use tessera::{dataset::DatasetError, files, tiles::FileTiles};

pub use dataset::DatasetCounts;
pub use kind::CorpusKind;
pub use merge::{Added, MergeError, add, build, remove};
pub use tessera::dataset::wait;

use crate::{Corpus, Manifest};

/// A corpus in files.
pub type FileCorpus = Corpus<FileTiles>;

/// Why a corpus cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is none.
    #[error(
        "{path} is no corpus and no summary: it has no {CORPUS} ({source}); `tile-server summarize FILE.h5ad --out DIR` \
         makes a summary, `tile-server corpus build DIR… --out DIR` a corpus"
    )]
    NoManifest {
        /// The directory.
        path: PathBuf,
        /// Why the file cannot be read.
        source: io::Error,
    },
    /// Its manifest is broken or of another version.
    #[error("{path}: {source}")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: DecodeError,
    },
    /// A tile cannot be read.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

/// Opens the corpus or summary of a directory.
///
/// # Errors
/// [`OpenError::NoManifest`] and [`OpenError::Manifest`].
pub fn open(directory: &Path) -> Result<FileCorpus, OpenError> {
    let path = directory.join(CORPUS);
    let bytes =
        fs::read(&path).map_err(|source| OpenError::NoManifest { path: directory.to_owned(), source })?;
    let manifest = Manifest::decode(&bytes).map_err(|source| OpenError::Manifest { path, source })?;
    let files: Arc<dyn files::Files> = Arc::new(files::Directory(directory.to_owned()));
    let packs = manifest.parts.iter().flat_map(shared_fbs::corpus::Part::dataset_packs);
    let tiles = FileTiles::of_packs(&files, packs);
    Ok(Corpus::new(manifest, tiles))
}

/// Makes a directory of a corpus, or of a summary, in one step: what `make` writes is there whole, or not at all.
///
/// # Errors
/// When there is something that stays, or it cannot be written; and those of `make`.
pub fn publish<R, E: From<BuildError>>(
    out: &Path,
    existing: Existing,
    progress: &dyn Progress,
    make: impl FnOnce(Environment<'_>) -> Result<R, E>,
) -> Result<R, E> {
    let out = checked_place::<CorpusKind>(out, existing)?;
    let parent = parent_of(&out);
    let failed = |source| BuildError::Output { place: out.display().to_string(), source };
    fs::create_dir_all(parent).map_err(failed)?;
    let partial = Partial::<CorpusKind>::create(parent).map_err(failed)?;
    let output = Directory::new(&partial.directory());
    let scratch = TemporaryFiles::new(partial.scratch());
    let made = make(Environment { output: &output, scratch: &scratch, progress })?;
    partial.publish(&out, existing)?;
    Ok(made)
}
