//! The tile server's program: how it is built, and how the demo starts it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::process::{self, Show, announce};
use crate::workspace::Workspace;

/// What the server prints, followed by its address, once it can be asked.
pub const LISTENING: &str = "listening on ";

/// How well the compiler optimizes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// The profile that the tests share: soonest there, and enough for small data.
    Quick,
    /// What is released.
    Release,
}

/// Builds the server and returns its program.
pub fn build(workspace: &Workspace, build: Build, show: Show) -> Result<PathBuf> {
    let takes = match build {
        Build::Quick => "about 3 minutes on 2 cores, later seconds",
        Build::Release => "about 5 minutes on 2 cores, later seconds",
    };
    announce(&format!("Building the tile server ({takes})"));
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--locked", "--package", "tile-server", "--bin", "tile-server"]).current_dir(workspace.root());
    if build == Build::Release {
        cargo.arg("--release");
    }
    process::run_shown(&mut cargo, show)?;
    Ok(program(workspace, build))
}

/// Where cargo puts the program.
pub fn program(workspace: &Workspace, build: Build) -> PathBuf {
    let folder = match build {
        Build::Quick => "debug",
        Build::Release => "release",
    };
    workspace.target_dir().join(folder).join("tile-server").with_extension(std::env::consts::EXE_EXTENSION)
}

/// The command that builds the tiles of a file, then serves them and the page in a folder.
pub fn serve(workspace: &Workspace, program: &Path, page: &Path, input: &Path, port: u16) -> Command {
    let mut command = Command::new(program);
    command
        .arg("serve")
        .arg(input)
        .arg("--cache")
        .arg(workspace.target_dir().join("demo"))
        .arg("--front-end")
        .arg(page)
        .arg("--port")
        .arg(port.to_string())
        // This program opens the browser, since it knows whether that is wanted.
        .arg("--no-open");
    command
}
