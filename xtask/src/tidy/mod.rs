//! `cargo xtask tidy`: the rules of the repository that no compiler knows.
//!
//! Every rule is a pure function from what it looks at to the complaints it has.

mod arrows;
mod bridge;
mod circles;
mod host;
mod markdown;
mod named_tests;
mod shaders;
mod text;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::codegen;
use crate::process::capture;
use crate::reference;
use crate::workspace::Workspace;

/// The largest file that may be committed, in bytes.
const LARGEST_FILE_BYTES: u64 = 5_000_000;

/// A file of the repository that holds text.
pub struct SourceFile {
    /// The path from the root, with slashes.
    pub path: String,
    /// The content.
    pub text: String,
}

/// Checks everything and prints all complaints.
pub fn run(workspace: &Workspace) -> Result<()> {
    let paths = committed_paths(workspace)?;
    let files = read_sources(workspace, &paths);

    let mut complaints = Vec::new();
    for path in &paths {
        complaints.extend(too_large(path, &workspace.path(path)));
    }
    for file in &files {
        complaints.extend(text::check(file));
        complaints.extend(markdown::check(file, |target| workspace.path(target).exists()));
        complaints.extend(bridge::check(file));
        complaints.extend(host::check(file));
    }
    complaints.extend(named_tests::check(&files));
    complaints.extend(circles::check(&files));
    complaints.extend(shaders::check(&paths));
    complaints.extend(arrows::check(workspace)?);
    complaints.extend(reference::complaints(workspace)?);
    if let Err(error) = codegen::check(workspace) {
        complaints.push(error.to_string());
    }

    for complaint in &complaints {
        println!("{complaint}");
    }
    if complaints.is_empty() {
        println!("tidy: {} files, nothing to complain about", paths.len());
        Ok(())
    } else {
        bail!("tidy has {} complaints", complaints.len())
    }
}

/// What git tracks or would track: ignored files are nobody's business.
fn committed_paths(workspace: &Workspace) -> Result<Vec<String>> {
    let listed = capture(
        Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(workspace.root()),
    )?;
    let mut paths: Vec<String> = listed
        .split('\0')
        .filter(|path| !path.is_empty() && workspace.path(path).is_file())
        .map(str::to_owned)
        .collect();
    paths.sort();
    paths.dedup();
    Ok(paths)
}

fn read_sources(workspace: &Workspace, paths: &[String]) -> Vec<SourceFile> {
    paths
        .iter()
        .filter(|path| text::is_source(path))
        .filter_map(|path| {
            let text = fs::read_to_string(workspace.path(path)).ok()?;
            Some(SourceFile { path: path.clone(), text })
        })
        .collect()
}

fn too_large(path: &str, file: &Path) -> Option<String> {
    let size = file.metadata().ok()?.len();
    (size > LARGEST_FILE_BYTES)
        .then(|| format!("{path}: {size} bytes (a large file stays in every clone for ever; make it, or fetch it)"))
}
