//! The page: compiled by cargo, bound to JavaScript by wasm-bindgen, laid out for a server; and only when something that
//! it is made of changed.

mod bundles;
mod imports;
mod parts;
mod script;
mod site;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::hash::Hasher;
use crate::process::{Show, announce, capture};
use crate::setup::{self, PageTools};
use crate::wasm::{self, WasmToolchain};
use crate::workspace::Workspace;

/// How well the page is built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// Soonest there: for a look at small data on this machine.
    Quick,
    /// What is released, into `dist/`.
    Release,
}

/// What the front end is made of.
const INPUTS: [&str; 23] = [
    "Cargo.toml",
    "Cargo.lock",
    ".cargo",
    "www",
    "explorer-wasm",
    "explorer-core",
    "explorer-points",
    "explorer-render",
    "shared-fbs",
    "corpus",
    "expression",
    "h5ad",
    "builder",
    "builder-wasm",
    "device-wasm",
    "subset",
    "subset-wasm",
    "plots",
    "plots-wasm",
    "file-slices",
    "schema",
    "schema-wasm",
    "xtask/src/front_end",
];

/// Folders of a package that the front end is not made of.
const NOT_INPUTS: [&str; 6] = ["tests", "benches", "examples", "fuzz", "snapshots", "target"];

impl Page {
    /// The folder of the built page.
    fn folder(self, workspace: &Workspace) -> PathBuf {
        match self {
            Self::Quick => workspace.wasm_target_dir().join("quick-page"),
            Self::Release => workspace.dist(),
        }
    }

    fn stamp_file(self, workspace: &Workspace) -> PathBuf {
        let name = match self {
            Self::Quick => "quick-page.stamp",
            Self::Release => "front-end.stamp",
        };
        workspace.wasm_target_dir().join(name)
    }

    /// Builds the page when nothing else is to be done.
    pub fn build_alone(self, workspace: &Workspace) -> Result<PathBuf> {
        let toolchain = setup::toolchain(workspace)?;
        self.build(workspace, toolchain, Show::Output, || setup::page_tools(workspace, self, Show::Progress))
    }

    /// Builds the page unless what lies there is already the result; returns its folder. `tools` are asked for
    /// once the page is compiled, so that they may be installed meanwhile.
    pub fn build(
        self,
        workspace: &Workspace,
        toolchain: WasmToolchain,
        show: Show,
        tools: impl FnOnce() -> Result<PageTools>,
    ) -> Result<PathBuf> {
        let folder = self.folder(workspace);
        let inputs = hash_inputs(workspace, toolchain)?;
        let earlier = fs::read_to_string(self.stamp_file(workspace)).unwrap_or_default();
        if folder.join("index.html").is_file() && earlier == stamp(&inputs, &hash_folders(workspace, &[&folder], &[])?)
        {
            announce("The page is up to date");
            return Ok(folder);
        }
        let bundles = bundles::build(workspace, toolchain, self, show, tools)?;
        site::lay_out(workspace, self, &bundles, &folder)?;
        let outputs = hash_folders(workspace, &[&folder], &[])?;
        let stamp_file = self.stamp_file(workspace);
        fs::write(&stamp_file, stamp(&inputs, &outputs))
            .with_context(|| format!("cannot write {}", stamp_file.display()))?;
        Ok(folder)
    }
}

fn stamp(inputs: &str, outputs: &str) -> String {
    format!("inputs {inputs}\noutputs {outputs}\n")
}

fn hash_inputs(workspace: &Workspace, toolchain: WasmToolchain) -> Result<String> {
    let compiler = capture(Command::new("rustc").arg("-V").envs(toolchain.environment(workspace)))?;
    let files = hash_folders(workspace, &INPUTS, &NOT_INPUTS)?;
    let mut hasher = Hasher::new();
    for part in [compiler.as_str(), wasm::RUSTFLAGS, &files] {
        hasher.field(part.as_bytes());
    }
    Ok(hasher.finish())
}

/// The hash of names and contents of everything below these paths.
fn hash_folders(workspace: &Workspace, paths: &[impl AsRef<Path>], without: &[&str]) -> Result<String> {
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
