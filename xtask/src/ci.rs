//! `cargo xtask ci`: what must pass before a change lands, here and on the machine that decides.

use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::process::{self, announce, human_time};
use crate::setup;
use crate::wasm::{self, TARGET};
use crate::workspace::Workspace;
use crate::{codegen, deploy, test, tidy};

const RUSTDOC_FLAGS: &str = "--deny warnings";

/// What a page can do with a file from the user's disk: no file system, clock, threads or C below it. The page itself is
/// among them, since cargo would otherwise compile with fewer features, and anew, what they share.
const FOR_BROWSERS: [&str; 25] = [
    "--package",
    "explorer-wasm",
    "--package",
    "subset-wasm",
    "--package",
    "plots-wasm",
    "--package",
    "device-wasm",
    "--package",
    "schema-wasm",
    "--package",
    "h5ad",
    "--package",
    "schema",
    "--package",
    "builder",
    "--package",
    "explorer-core",
    "--package",
    "shared-fbs",
    "--no-default-features",
    "--features",
    "explorer-wasm/webgpu,explorer-wasm/webgl,explorer-wasm/parts",
    "--lib",
    "--bins",
];

/// Runs every check; the tests, too, unless `.ci/run` runs them by the README's own command.
pub fn run(workspace: &Workspace, no_tests: bool) -> Result<()> {
    let before = workspace.git_state()?;

    timed("format", || process::run(cargo(workspace).args(["fmt", "--all", "--check"])))?;
    timed("tidy", || tidy::run(workspace))?;
    timed("generated code is fresh", || codegen::check(workspace))?;
    timed("examples of deployment", || deploy::check(workspace))?;
    timed("dependencies", || check_dependencies(workspace))?;
    timed("clippy", || {
        process::run(cargo(workspace).args(["clippy", "--locked"]).args(wasm::NATIVE).args([
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ]))
    })?;
    timed("clippy for the browser", || lint_wasm(workspace, &["--package", "explorer-wasm", "--all-targets"]))?;
    timed("reader, builder and core for the browser", || lint_wasm(workspace, &FOR_BROWSERS))?;
    timed("clippy for the browser's builder", || lint_wasm(workspace, &["--package", "builder-wasm"]))?;
    timed("documentation for the browser", || document_wasm(workspace))?;
    timed("documentation", || {
        process::run(
            cargo(workspace)
                .args(["doc", "--locked"])
                .args(wasm::NATIVE)
                .args(["--no-deps", "--document-private-items"])
                .env("RUSTDOCFLAGS", RUSTDOC_FLAGS),
        )
    })?;
    if !no_tests {
        test::run(workspace, &test::Options::default())?;
    }
    if workspace.git_state()? != before {
        bail!("the run changed files that git tracks, or left new ones: see `git status`");
    }
    Ok(())
}

/// Licenses, sources and bans of dependencies. Advisories need their database from the network:
/// `cargo deny check advisories`.
fn check_dependencies(workspace: &Workspace) -> Result<()> {
    match setup::cargo_deny(workspace) {
        Ok(program) => process::run(
            Command::new(program)
                .args(["--locked", "check", "bans", "licenses", "sources"])
                .current_dir(workspace.root()),
        ),
        Err(error) => {
            println!("note: dependencies are not checked, since there is no cargo-deny: {error:#}");
            Ok(())
        }
    }
}

/// Clippy for the browser's packages; where their compiler has none, the compiler's own warnings.
fn lint_wasm(workspace: &Workspace, packages: &[&str]) -> Result<()> {
    let toolchain = setup::toolchain(workspace)?;
    let mut command = toolchain.cargo(workspace);
    if toolchain.has_clippy() {
        command.arg("clippy");
    } else {
        println!("note: {} has no clippy; checking without", toolchain.describe());
        command.arg("check");
        command.env("RUSTFLAGS", format!("{} --deny warnings", wasm::RUSTFLAGS));
    }
    command.args(["--locked", "--target", TARGET]).args(packages);
    if toolchain.has_clippy() {
        command.args(["--", "--deny", "warnings"]);
    }
    process::run(&mut command)
}

fn document_wasm(workspace: &Workspace) -> Result<()> {
    process::run(
        setup::toolchain(workspace)?
            .cargo(workspace)
            .args(["doc", "--locked", "--target", TARGET, "--package", "explorer-wasm"])
            .args(["--lib", "--no-deps", "--document-private-items"])
            .env("RUSTDOCFLAGS", RUSTDOC_FLAGS),
    )
}

fn cargo(workspace: &Workspace) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(workspace.root());
    command
}

fn timed(name: &str, step: impl FnOnce() -> Result<()>) -> Result<()> {
    announce(&format!("Check: {name}"));
    let started = Instant::now();
    step()?;
    println!("    {name}: passed in {}", human_time(started.elapsed()));
    Ok(())
}
