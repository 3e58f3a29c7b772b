//! `cargo xtask generate`: made-up datasets of any size.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::process::{self, announce};
use crate::workspace::Workspace;

/// The options of `cargo xtask generate`, which are those of the generator itself.
#[derive(Args)]
#[command(disable_help_flag = true)]
pub struct Options {
    /// --cells N --genes G [--seed S] [--out FILE.h5ad] [--format csr|csc|dense]
    /// [--compression gzip|none] [--raw] [--force] [--quiet]; --help tells more
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
    arguments: Vec<OsString>,
}

/// Builds the generator and runs it where the user is.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let mut command = generator(workspace);
    command.args(&options.arguments);
    process::run(&mut command)
}

/// A made-up dataset of this size, generated unless an earlier run did.
pub fn cached(workspace: &Workspace, cells: usize, genes: usize) -> Result<PathBuf> {
    cached_as(workspace, &format!("{cells}x{genes}.h5ad"), cells, genes, &[])
}

/// The same with its counts, of another seed.
pub fn with_counts(workspace: &Workspace, cells: usize, genes: usize, seed: u64) -> Result<PathBuf> {
    let name = format!("{cells}x{genes}-{seed}-counts.h5ad");
    cached_as(workspace, &name, cells, genes, &["--raw", "--seed", &seed.to_string()])
}

fn cached_as(workspace: &Workspace, name: &str, cells: usize, genes: usize, more: &[&str]) -> Result<PathBuf> {
    let folder = workspace.target_dir().join("synthetic");
    let file = folder.join(name);
    if !file.is_file() {
        announce(&format!(
            "Generating {cells} cells of {genes} genes (a minute to build the generator, then a minute or so a \
             million cells)"
        ));
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let mut command = generator(workspace);
        command.arg("--cells").arg(cells.to_string()).arg("--genes").arg(genes.to_string()).arg("--out").arg(&file);
        process::run(command.args(more))?;
    }
    Ok(file)
}

/// `cargo run` of the generator; its arguments are still to come.
fn generator(workspace: &Workspace) -> Command {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["run", "--quiet", "--locked", "--release", "--manifest-path"])
        .arg(workspace.path("Cargo.toml"))
        .args(["--package", "synthetic", "--bin", "synthetic", "--"]);
    cargo
}
