//! Building from a file to a directory.
//!
//! All is written to a temporary sibling of the output and renamed at the end, so that an interrupted build leaves
//! nothing half-made.

mod directory;
mod partial;

use std::{
    fs, io,
    path::Path,
    time::{Duration, Instant},
};

use h5ad::H5ad;
use shared_fbs::{manifest::Manifest, path::MANIFEST};

use crate::{BuildError, Environment, Options, Progress, plan::Plan};
use directory::{Directory, TemporaryFiles};
use partial::Partial;

/// What becomes of an output that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and the build is refused.
    Keep,
    /// It is replaced, if it is a dataset or empty.
    Replace,
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
    let started = Instant::now();
    let output = |source| BuildError::Output { place: out.display().to_string(), source };
    check_output(out, existing)?;
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let source = input.file_name().unwrap_or_default().to_string_lossy();
    let plan = Plan::read(H5ad::open(input)?, &source, options, progress)?;
    fs::create_dir_all(parent).map_err(output)?;
    let partial = Partial::create(parent).map_err(output)?;
    let directory = Directory::new(partial.path());
    let scratch = TemporaryFiles::new(partial.path());
    let environment = Environment { output: &directory, scratch: &scratch, progress };
    let manifest = plan.write(&environment)?;
    partial.publish(out).map_err(output)?;
    let n_bytes = directory_bytes(out).map_err(output)?;
    Ok(Report {
        n_bytes,
        n_values: manifest.layers.iter().map(|layer| layer.n_nonzero).sum(),
        manifest,
        spent: started.elapsed(),
        peak_memory_bytes: peak_memory_bytes(),
    })
}

/// Refuses an output that exists, unless it may be replaced; what is no dataset never may.
fn check_output(out: &Path, existing: Existing) -> Result<(), BuildError> {
    if fs::symlink_metadata(out).is_err() {
        return Ok(());
    }
    let place = out.display().to_string();
    let is_empty = || fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_none());
    match existing {
        Existing::Keep => Err(BuildError::OutputExists { place }),
        Existing::Replace if out.join(MANIFEST).is_file() || is_empty() => Ok(()),
        Existing::Replace => Err(BuildError::OutputIsForeign { place }),
    }
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
