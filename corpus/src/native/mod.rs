//! Corpora as directories.

mod dataset;
mod fit;
mod kind;
mod merge;
mod merge_error;
mod parquet;
mod verify;

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
use tessera::{
    dataset::{DatasetError, MOST_MANIFEST_BYTES},
    files, plain_file,
    tiles::FileTiles,
};

pub use dataset::DatasetCounts;
pub use kind::CorpusKind;
pub use merge::{Added, add, remove};
pub use merge_error::MergeError;
pub use parquet::{FEATURES, GROUPS, ParquetFileError, SUMS, to_parquet};
pub use tessera::dataset::wait;
pub use verify::verify;

use crate::{
    Corpus, LookUp, Manifest,
    build::{self, Choices, Input, Summary, SummaryError, Terms},
};

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
/// [`OpenError::NoManifest`], [`OpenError::Manifest`], and [`DatasetError::LongManifest`].
pub fn open(directory: &Path) -> Result<FileCorpus, OpenError> {
    let path = directory.join(CORPUS);
    let bytes = plain_file::read(&path, MOST_MANIFEST_BYTES).map_err(|source| match source.kind() {
        io::ErrorKind::FileTooLarge => DatasetError::LongManifest { path: path.clone() }.into(),
        _ => OpenError::NoManifest { path: directory.to_owned(), source },
    })?;
    let manifest = Manifest::decode(&bytes).map_err(|source| OpenError::Manifest { path, source })?;
    let files: Arc<dyn files::Files> = Arc::new(files::Directory(directory.to_owned()));
    Ok(of_manifest(&files, manifest))
}

/// The corpus of a manifest, with packs among these files.
pub fn of_manifest(files: &Arc<dyn files::Files>, manifest: Manifest) -> FileCorpus {
    let packs = manifest.parts.iter().flat_map(shared_fbs::corpus::Part::dataset_packs);
    let tiles = FileTiles::of_packs(files, packs);
    Corpus::new(manifest, tiles)
}

/// Why there is no summary in files.
#[derive(Debug, thiserror::Error)]
pub enum SummaryFileError {
    /// It cannot be made.
    #[error(transparent)]
    Summary(#[from] SummaryError),
    /// Its Parquet files cannot be written.
    #[error(transparent)]
    Parquet(#[from] ParquetFileError),
    /// It cannot be read back.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Something is where it goes.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// Makes a summary at a place: a directory of tiles, and Parquet files of the same sums.
///
/// # Errors
/// [`SummaryFileError`]; nothing is left then, or what was there before.
pub fn summarize(
    input: Input<'_>,
    choices: &Choices,
    terms: &Terms<'_>,
    (out, existing): (&Path, Existing),
    progress: &dyn Progress,
) -> Result<Summary, SummaryFileError> {
    publish(out, existing, progress, |directory, environment| {
        let summary = build::summarize(input, choices, terms, environment)?;
        parquet::write(&open(directory)?, environment.output)?;
        Ok(summary)
    })
}

/// Adds up the corpora or summaries of some directories to a corpus at a place.
///
/// # Errors
/// [`MergeError`]; nothing is left then, or what was there before.
pub fn build_corpus(
    directories: &[&Path],
    sums: Option<&Path>,
    (out, existing): (&Path, Existing),
    look_up: &LookUp<'_>,
    progress: &dyn Progress,
) -> Result<Added, MergeError> {
    publish(out, existing, progress, |_, environment| merge::build(directories, sums, look_up, environment))
}

/// Makes a directory of a corpus, or of a summary, in one step: what `make` writes is there whole, or not at all.
fn publish<R, E: From<BuildError>>(
    out: &Path,
    existing: Existing,
    progress: &dyn Progress,
    make: impl FnOnce(&Path, Environment<'_>) -> Result<R, E>,
) -> Result<R, E> {
    let out = checked_place::<CorpusKind>(out, existing)?;
    let parent = parent_of(&out);
    let failed = |source| BuildError::Output { place: out.display().to_string(), source };
    fs::create_dir_all(parent).map_err(failed)?;
    let partial = Partial::<CorpusKind>::create(parent).map_err(failed)?;
    let output = Directory::new(&partial.directory());
    let scratch = TemporaryFiles::new(partial.scratch());
    let made = make(&partial.directory(), Environment { output: &output, scratch: &scratch, progress })?;
    partial.publish(&out, existing)?;
    Ok(made)
}
