//! Building from a file to a directory.
//!
//! All is written to a hidden directory beside the output, which gets the output's name at the end in one step: what
//! has that name stays unless it is a dataset that is to be replaced, and an interrupted build leaves nothing half-made.

mod contents;
mod directory;
mod input;
mod partial;
mod rename;

use std::{
    fs, io,
    path::Path,
    time::{Duration, Instant},
};

use h5ad::{H5ad, H5adError};
use shared_fbs::manifest::Manifest;

pub use self::{
    contents::{Contents, DatasetKind, Kind, LITTER, NOTE, UNFINISHED, contents_of, remove_own},
    directory::{Directory, TemporaryFiles},
    input::{InputStamp, input_files},
    partial::{Partial, checked_place, parent_of},
};

use crate::{BuildError, Environment, Options, Progress, plan::Plan};

/// What becomes of an output that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and the build is refused.
    Keep,
    /// It is replaced, if it is a dataset or empty.
    Replace,
}

/// Where a dataset goes.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The directory, which need not exist.
    pub out: &'a Path,
    /// What becomes of what is there.
    pub existing: Existing,
    /// What is kept beside the manifest.
    pub note: Option<InputNote<'a>>,
}

/// What a program that keeps datasets notes of the input, as a file [`NOTE`] beside the manifest.
#[derive(Clone, Copy, Debug)]
pub struct InputNote<'a> {
    /// The state of the input that the note is about. An input in another one is refused as changed.
    pub stamp: &'a InputStamp,
    /// The note.
    pub text: &'a str,
}

/// What a build did.
#[derive(Clone, Debug)]
pub struct Report {
    /// The manifest as written.
    pub manifest: Manifest,
    /// Bytes of all files.
    pub n_bytes: u64,
    /// Values that are stored, over all layers.
    pub n_values: u64,
    /// Wall time.
    pub spent: Duration,
    /// Largest resident memory of the process so far, where the system tells.
    pub peak_memory_bytes: Option<u64>,
}

/// Builds the dataset of `input` at `out`.
///
/// # Errors
/// [`BuildError`]; nothing is left at `out` then, or what was there before.
pub fn build(
    input: &Path,
    out: &Path,
    existing: Existing,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Report, BuildError> {
    build_at(input, Target { out, existing, note: None }, options, progress)
}

/// Builds the dataset of `input` at a target.
///
/// # Errors
/// As [`build`].
pub fn build_at(
    input: &Path,
    target: Target<'_>,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Report, BuildError> {
    let started = Instant::now();
    let out = checked_place::<DatasetKind>(target.out, target.existing)?;
    let output = |source| BuildError::Output { place: out.display().to_string(), source };
    let unreadable = |source| H5adError::Io { file: input.display().to_string(), source };
    let changed = || BuildError::InputChanged { file: input.display().to_string() };
    let before = InputStamp::settled(input).map_err(unreadable)?;
    if target.note.is_some_and(|note| *note.stamp != before) {
        return Err(changed());
    }
    let written = write(input, &out, options, progress);
    let is_told = matches!(written, Err(BuildError::Interrupted | BuildError::Output { .. }));
    if !is_told && InputStamp::of(input).ok().as_ref() != Some(&before) {
        return Err(changed());
    }
    let (partial, manifest) = written?;
    let n_bytes = directory_bytes(&partial.directory()).map_err(output)?;
    if let Some(note) = target.note {
        fs::write(partial.directory().join(NOTE), note.text).map_err(output)?;
    }
    partial.publish(&out, target.existing)?;
    Ok(Report {
        n_bytes,
        n_values: manifest.layers.iter().map(|layer| layer.n_nonzero).sum(),
        manifest,
        spent: started.elapsed(),
        peak_memory_bytes: peak_memory_bytes(),
    })
}

/// Writes the dataset, but gives it no name yet.
fn write(
    input: &Path,
    out: &Path,
    options: &Options,
    progress: &dyn Progress,
) -> Result<(Partial<DatasetKind>, Manifest), BuildError> {
    let output = |source| BuildError::Output { place: out.display().to_string(), source };
    let source = input.file_name().unwrap_or_default().to_string_lossy();
    let plan = Plan::read(H5ad::open_modality(input, options.modality.as_deref())?, &source, options, progress)?;
    let parent = parent_of(out);
    fs::create_dir_all(parent).map_err(output)?;
    let partial = Partial::create(parent).map_err(output)?;
    let directory = Directory::new(&partial.directory());
    let scratch = TemporaryFiles::new(partial.scratch());
    let environment = Environment { output: &directory, scratch: &scratch, progress };
    let manifest = plan.write(&environment)?;
    Ok((partial, manifest))
}

fn directory_bytes(directory: &Path) -> io::Result<u64> {
    fs::read_dir(directory)?.map(|entry| Ok(entry?.metadata()?.len())).sum()
}

/// Linux's own account of the process.
fn peak_memory_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
