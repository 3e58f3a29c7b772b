//! Copies of AnnData files with changes.

use std::{fs::File, path::Path};

use anyhow::{Context as _, Result};
use h5ad::{Revision, revise_file};
use tempfile::NamedTempFile;

use super::aside;

/// Writes a copy of `data` that `revise` changes to `out`, where nothing may be, once `check` has found the copy right.
/// Where any of it fails, nothing is written.
pub fn write(
    data: &Path,
    out: &Path,
    revise: impl FnOnce(&mut Revision<File>) -> Result<()>,
    check: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    let unwritten = || format!("{} cannot be written", out.display());
    let copy = aside::beside(out, ".h5ad").with_context(unwritten)?;
    revise_file(data, copy.reopen().with_context(unwritten)?, revise)?;
    check(copy.path())?;
    keep(copy, data, out)
}

/// Puts what was written aside and comes of `data` in its place, where nothing may be.
pub fn keep(written: NamedTempFile, data: &Path, out: &Path) -> Result<()> {
    let unwritten = || format!("{} cannot be written", out.display());
    // Who may read the file may read what comes of it.
    let permissions = std::fs::metadata(data).map(|metadata| metadata.permissions());
    permissions.and_then(|permissions| written.as_file().set_permissions(permissions)).with_context(unwritten)?;
    written.persist_noclobber(out).map_err(|error| error.error).with_context(unwritten)?;
    Ok(())
}
