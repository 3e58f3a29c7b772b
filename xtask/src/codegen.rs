//! Rust from the FlatBuffers schemas.
//!
//! The compiler is built from source by the package `xtask/flatc`, since it must be of the same
//! release as the runtime crate. Whether the generated files fit the schemas is told without it,
//! from the hashes that every run leaves in `SOURCES`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::hash;
use crate::process::{self, announce, capture};
use crate::workspace::Workspace;

const SCHEMAS: &str = "shared-fbs/schemas";
const GENERATED: &str = "shared-fbs/src/generated";
const SOURCES: &str = "shared-fbs/src/generated/SOURCES";
const FLAGS: [&str; 2] = ["--rust", "--gen-object-api"];

/// Generates everything anew.
pub fn generate(workspace: &Workspace) -> Result<()> {
    if process::which("cmake").is_none() {
        bail!(
            "generating code needs cmake and a C++ compiler (on Debian and Ubuntu \
             `sudo apt-get install -y cmake g++`); nothing else in this repository does"
        );
    }
    let runtime = workspace.locked_version("flatbuffers")?;
    announce("Building the FlatBuffers compiler (about 90 s on 2 cores, later at once)");
    let flatc = |arguments: &[PathBuf]| {
        let mut command = Command::new("cargo");
        command
            .args(["run", "--quiet", "--locked", "--manifest-path", "xtask/flatc/Cargo.toml"])
            .arg("--target-dir")
            .arg(workspace.target_dir().join("flatc"))
            .arg("--")
            .args(arguments)
            .current_dir(workspace.root());
        command
    };
    let said = capture(&mut flatc(&["--version".into()]))?;
    let version = said.split_whitespace().last().unwrap_or_default();
    if version != runtime {
        bail!(
            "xtask/flatc builds flatc {version}, but Cargo.lock has the runtime flatbuffers \
             {runtime}: bring both to one release"
        );
    }

    let generated = workspace.path(GENERATED);
    fs::create_dir_all(&generated)?;
    for old in files_with(&generated, "rs")? {
        fs::remove_file(old)?;
    }
    let mut arguments: Vec<PathBuf> = FLAGS.map(PathBuf::from).to_vec();
    arguments.extend(["-o".into(), generated.clone()]);
    arguments.extend(files_with(&workspace.path(SCHEMAS), "fbs")?);
    process::run(&mut flatc(&arguments))?;
    for file in files_with(&generated, "rs")? {
        // The builder fills the object structs by literals, so that a new field cannot be forgotten.
        fs::write(&file, fs::read_to_string(&file)?.replace("#[non_exhaustive]", ""))?;
    }
    process::run(
        Command::new("rustfmt")
            .args(["--edition", "2024"])
            .args(files_with(&generated, "rs")?)
            .current_dir(workspace.root()),
    )?;

    fs::write(workspace.path(SOURCES), sources(workspace, version)?)?;
    println!("{GENERATED} is made anew by flatc {version}.");
    Ok(())
}

/// Fails when a schema, a generated file or the runtime changed since `generate` ran.
pub fn check(workspace: &Workspace) -> Result<()> {
    let recorded = fs::read_to_string(workspace.path(SOURCES)).unwrap_or_default();
    let expected = sources(workspace, &workspace.locked_version("flatbuffers")?)?;
    match first_difference(&recorded, &expected) {
        None => Ok(()),
        Some(difference) => bail!(
            "{GENERATED} does not fit the schemas ({difference}): run `cargo xtask codegen` and \
             commit what it writes"
        ),
    }
}

/// What `SOURCES` says when all is fresh.
fn sources(workspace: &Workspace, version: &str) -> Result<String> {
    let mut text = String::from("# Written by `cargo xtask codegen`; `cargo xtask tidy` checks it.\n");
    let _ = writeln!(text, "flatc {version} {}", FLAGS.join(" "));
    for (folder, extension) in [(SCHEMAS, "fbs"), (GENERATED, "rs")] {
        for file in files_with(&workspace.path(folder), extension)? {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let _ = writeln!(text, "{name} {}", hash::text_file(&file)?);
        }
    }
    Ok(text)
}

/// The files of a folder with that extension, sorted by name.
fn files_with(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    Ok(files)
}

/// The first line that is in only one of two texts of lines.
fn first_difference(recorded: &str, expected: &str) -> Option<String> {
    let lacks = |text: &str, line: &str| text.lines().all(|other| other != line);
    expected
        .lines()
        .find(|line| lacks(recorded, line))
        .map(|line| format!("not recorded: {line}"))
        .or_else(|| recorded.lines().find(|line| lacks(expected, line)).map(|line| format!("no longer so: {line}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_schema_is_named() {
        let recorded = "flatc 1\ntiles.fbs aa\n";
        assert_eq!(first_difference(recorded, recorded), None);
        let changed = first_difference(recorded, "flatc 1\ntiles.fbs bb\n");
        assert_eq!(changed.as_deref(), Some("not recorded: tiles.fbs bb"));
        let removed = first_difference(recorded, "flatc 1\n");
        assert_eq!(removed.as_deref(), Some("no longer so: tiles.fbs aa"));
    }
}
