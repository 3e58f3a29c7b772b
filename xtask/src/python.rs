//! `cargo xtask python`: the Python package, as a wheel in a clean environment.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::process::{self, Show, announce};
use crate::server::{self, Build};
use crate::workspace::Workspace;

/// What builds wheels.
const MATURIN: &str = "maturin==1.16.0";

/// The options of `cargo xtask python`.
#[derive(Args)]
pub struct Options {
    /// Build the wheel as it is released: quicker code, and longer to compile
    #[arg(long)]
    release: bool,
    /// Also test the loader with torch, whose wheel has gigabytes
    #[arg(long)]
    torch: bool,
    /// Only build the wheel, and say where it is
    #[arg(long, conflicts_with = "torch")]
    no_tests: bool,
}

/// Lints the native half, builds the wheel, installs it into a new environment, and runs the package's tests there.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let folder = workspace.target_dir().join("python");
    if !options.no_tests {
        announce("Linting the native half (about 3 minutes on 2 cores, later seconds)");
        let mut clippy = Command::new("cargo");
        clippy.args(["clippy", "--locked", "--package", "tessera-python", "--", "--deny", "warnings"]);
        process::run(clippy.current_dir(workspace.root()))?;
    }
    let wheel = build_wheel(workspace, &folder, if options.release { "release" } else { "dev" })?;
    println!("The wheel is {}", wheel.display());
    if options.no_tests {
        return Ok(());
    }
    let server = server::build(workspace, Build::Quick, Show::Output)?;
    announce("Installing the wheel and what its tests take into a clean environment (about a minute)");
    let python = new_environment(&folder.join("tests"))?;
    let mut pip = pip(&python);
    pip.arg("--requirement").arg(workspace.path("python/tests/requirements.txt")).arg(&wheel);
    if options.torch {
        pip.arg("torch>=2");
    }
    process::run(&mut pip)?;
    announce("Tests of the Python package (about a minute)");
    let mut tests = Command::new(&python);
    // From a folder without the sources, so that what is imported is the wheel's.
    tests
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .arg(workspace.path("python/tests"))
        .current_dir(&folder);
    if options.torch {
        tests.arg(workspace.path("python/tests/loader_with_torch.py"));
    }
    process::run(tests.env("TESSERA_SERVER", server).env("PYTHONDONTWRITEBYTECODE", "1"))
}

/// Builds the wheel by a profile of cargo's, alone in a folder.
fn build_wheel(workspace: &Workspace, folder: &Path, profile: &str) -> Result<PathBuf> {
    announce("Building the wheel (about 4 minutes on 2 cores, later seconds)");
    let folder_of_tools = folder.join("tools");
    let tools = match python_in(&folder_of_tools) {
        python if python.exists() => python,
        _ => new_environment(&folder_of_tools)?,
    };
    process::run(pip(&tools).arg(MATURIN))?;
    let wheels = folder.join("wheels");
    if wheels.exists() {
        fs::remove_dir_all(&wheels).with_context(|| format!("cannot empty {}", wheels.display()))?;
    }
    let mut maturin = Command::new(&tools);
    maturin.args(["-m", "maturin", "build", "--locked", "--profile", profile]);
    maturin.arg("--manifest-path").arg(workspace.path("python/Cargo.toml")).arg("--out").arg(&wheels);
    process::run(maturin.current_dir(workspace.root()))?;
    let built = fs::read_dir(&wheels).with_context(|| format!("there is no {}", wheels.display()))?;
    match built.filter_map(|entry| Some(entry.ok()?.path())).collect::<Vec<_>>().as_slice() {
        [wheel] => Ok(wheel.clone()),
        other => bail!("maturin wrote {} wheels, and not one", other.len()),
    }
}

/// The Python of a new environment in a folder, which is emptied.
fn new_environment(folder: &Path) -> Result<PathBuf> {
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(folder);
    process::run(&mut venv).context("Python 3.10 or later is needed, with its module venv")?;
    Ok(python_in(folder))
}

fn python_in(environment: &Path) -> PathBuf {
    environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

fn pip(python: &Path) -> Command {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    pip
}
