//! The page: built by Trunk into `dist/`, and only when something that it is made of changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::hash::Hasher;
use crate::process::{self, announce, capture, path_with};
use crate::setup::FrontEndTools;
use crate::wasm;
use crate::workspace::Workspace;

/// What the front end is made of.
const INPUTS: [&str; 9] = [
    "Cargo.toml",
    "Cargo.lock",
    "Trunk.toml",
    ".cargo",
    "www",
    "explorer-wasm",
    "explorer-core",
    "explorer-render",
    "shared-fbs",
];

/// Folders of a package that the front end is not made of.
const NOT_INPUTS: [&str; 6] = ["tests", "benches", "examples", "fuzz", "snapshots", "target"];

/// Builds the front end into `dist/`, unless what lies there is already the result.
pub fn build(workspace: &Workspace, tools: &FrontEndTools) -> Result<()> {
    let stamp_path = workspace.wasm_target_dir().join("front-end.stamp");
    let inputs = hash_inputs(workspace, tools)?;
    let earlier = fs::read_to_string(&stamp_path).unwrap_or_default();
    if workspace.dist().join("index.html").is_file()
        && earlier == stamp(&inputs, &hash_folders(workspace, &["dist"], &[])?)
    {
        announce("The front end is up to date");
        return Ok(());
    }
    announce("Building the front end with Trunk (about 5 minutes on 2 cores, later much less)");
    process::run(&mut trunk(workspace, tools)?)?;
    let outputs = hash_folders(workspace, &["dist"], &[])?;
    fs::write(&stamp_path, stamp(&inputs, &outputs)).with_context(|| format!("cannot write {}", stamp_path.display()))
}

fn trunk(workspace: &Workspace, tools: &FrontEndTools) -> Result<Command> {
    let program = tools.trunk_folder.join("trunk");
    let path = path_with(&[&tools.wasm_bindgen_folder, &tools.trunk_folder])?;
    let mut command = Command::new(program);
    command
        .args(["build", "--skip-version-check"])
        .current_dir(workspace.root())
        .envs(tools.wasm.environment(workspace))
        .env("PATH", path)
        .env("TRUNK_TOOLS_WASM_BINDGEN", &tools.wasm_bindgen_version)
        // Trunk takes this variable for a boolean and refuses the customary `1`.
        .env_remove("NO_COLOR");
    Ok(command)
}

fn stamp(inputs: &str, outputs: &str) -> String {
    format!("inputs {inputs}\noutputs {outputs}\n")
}

fn hash_inputs(workspace: &Workspace, tools: &FrontEndTools) -> Result<String> {
    let compiler = capture(Command::new("rustc").arg("-V").envs(tools.wasm.environment(workspace)))?;
    let files = hash_folders(workspace, &INPUTS, &NOT_INPUTS)?;
    let mut hasher = Hasher::new();
    for part in [compiler.as_str(), wasm::RUSTFLAGS, &tools.wasm_bindgen_version, &files] {
        hasher.field(part.as_bytes());
    }
    Ok(hasher.finish())
}

/// The hash of names and contents of everything below these paths.
fn hash_folders(workspace: &Workspace, paths: &[&str], without: &[&str]) -> Result<String> {
    let mut files = Vec::new();
    for path in paths {
        collect_files(&workspace.path(path), without, &mut files)?;
    }
    files.sort();
    let mut hasher = Hasher::new();
    for file in &files {
        let name = file.strip_prefix(workspace.root()).unwrap_or(file);
        hasher.field(name.to_string_lossy().as_bytes());
        let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        hasher.field(&bytes);
    }
    Ok(hasher.finish())
}

fn collect_files(path: &Path, without: &[&str], files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.push(path.to_path_buf());
        return Ok(());
    }
    let Ok(entries) = fs::read_dir(path) else {
        return Ok(());
    };
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot list {}", path.display()))?;
        if without.iter().all(|name| entry.file_name() != *name) {
            collect_files(&entry.path(), without, files)?;
        }
    }
    Ok(())
}
