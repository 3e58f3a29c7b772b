//! Debian's packages, on machines that have them.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{announce, capture, run_summarised, which};

/// Whether this machine installs its packages by apt.
pub fn is_here() -> bool {
    which("apt-get").is_some() && which("apt-cache").is_some()
}

/// Whether all of these packages can be installed; asks the registry when the lists are empty.
pub fn offers(packages: &[&str]) -> Result<bool> {
    if lists(packages) {
        return Ok(true);
    }
    update()?;
    Ok(lists(packages))
}

/// Installs packages.
///
/// # Errors
/// Without root, a sentence with the command that someone with root can run.
pub fn install(packages: &[&str], takes: &str) -> Result<()> {
    let names = packages.join(" ");
    announce(&format!("Installing Debian packages: {names} ({takes})"));
    if !lists(packages) {
        update()?;
    }
    let install = |packages: &[&str]| -> Result<()> {
        let mut command = as_root(&names)?;
        command.args(["apt-get", "install", "-y", "-q", "--no-install-recommends"]).args(PATIENCE).args(packages);
        run_summarised(&mut command)
    };
    if install(packages).is_ok() {
        return Ok(());
    }
    announce("The package lists may be old; reading them anew and trying once more");
    update()?;
    install(packages).with_context(|| format!("cannot install the packages {names}"))
}

/// Give up on a mirror that says nothing, rather than wait for minutes.
const PATIENCE: [&str; 6] =
    ["-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20", "-o", "Acquire::Retries=1"];

fn update() -> Result<()> {
    announce("Reading Debian's package lists (about 10 s)");
    let mut command = as_root("")?;
    command.args(["apt-get", "update", "-q"]).args(PATIENCE);
    run_summarised(&mut command).context("cannot read Debian's package lists")
}

fn lists(packages: &[&str]) -> bool {
    packages.iter().all(|package| {
        capture(Command::new("apt-cache").args(["show", "--no-all-versions", package]))
            .is_ok_and(|about| about.contains("Package:"))
    })
}

/// A command that runs what it is given as root.
fn as_root(packages: &str) -> Result<Command> {
    let mut command = if capture(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0") {
        Command::new("env")
    } else if capture(Command::new("sudo").args(["-n", "true"])).is_ok() {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "env"]);
        sudo
    } else if packages.is_empty() {
        bail!(
            "this needs root, and sudo here asks for a password: \
             run `sudo apt-get update`, then this command again"
        )
    } else {
        bail!(
            "this needs root, and sudo here asks for a password: \
             run `sudo apt-get install -y {packages}`, then this command again"
        )
    };
    command.arg("DEBIAN_FRONTEND=noninteractive");
    Ok(command)
}
