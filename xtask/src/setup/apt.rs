//! Debian's packages, on machines that have them.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{Show, announce, capture, run_shown, which};

/// Whether this machine installs its packages by apt.
pub fn is_here() -> bool {
    which("apt-get").is_some() && which("apt-cache").is_some()
}

/// Whether all of these packages can be installed. Asks the registry when the lists of this
/// machine lack them and there is root to renew the lists.
pub fn offers(packages: &[&str]) -> Result<bool> {
    if !lists(packages)
        && let Ok(root) = Root::gain(packages)
    {
        root.update()?;
    }
    Ok(lists(packages))
}

/// Installs packages.
///
/// # Errors
/// Without root, a sentence with the command that someone with root can run.
pub fn install(packages: &[&str], takes: &str) -> Result<()> {
    let root = Root::gain(packages)?;
    let names = packages.join(" ");
    announce(&format!("Installing Debian packages: {names} ({takes})"));
    if !lists(packages) {
        root.update()?;
    }
    if root.install(packages).is_ok() {
        return Ok(());
    }
    announce("The package lists may be old; reading them anew and trying once more");
    root.update()?;
    root.install(packages).with_context(|| format!("cannot install the packages {names}"))
}

/// What a package depends on, by name, as the lists say.
pub fn dependencies(package: &str) -> Vec<String> {
    let said = capture(Command::new("apt-cache").args(["depends", package])).unwrap_or_default();
    said.lines().filter_map(|line| line.trim().strip_prefix("Depends: ")).map(str::to_owned).collect()
}

/// Give up on a mirror that says nothing, rather than wait for minutes.
const PATIENCE: [&str; 6] =
    ["-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20", "-o", "Acquire::Retries=1"];

/// The right to install packages.
struct Root {
    by_sudo: bool,
}

impl Root {
    /// Root, or sudo without a password.
    fn gain(packages: &[&str]) -> Result<Self> {
        if capture(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0") {
            return Ok(Self { by_sudo: false });
        }
        if capture(Command::new("sudo").args(["-n", "true"])).is_ok() {
            return Ok(Self { by_sudo: true });
        }
        bail!(
            "Debian packages are missing, and installing them needs root: run \
             `apt-get update && apt-get install -y {}` as root (or each by sudo), then this command again",
            packages.join(" ")
        )
    }

    fn update(&self) -> Result<()> {
        announce("Reading Debian's package lists (about 10 s)");
        run_shown(self.apt_get().args(["update", "-q"]), Show::Progress).context("cannot read Debian's package lists")
    }

    fn install(&self, packages: &[&str]) -> Result<()> {
        run_shown(
            self.apt_get().args(["install", "-y", "-q", "--no-install-recommends", "--no-remove"]).args(packages),
            Show::Progress,
        )
    }

    fn apt_get(&self) -> Command {
        let mut command = if self.by_sudo {
            let mut sudo = Command::new("sudo");
            sudo.args(["-n", "env"]);
            sudo
        } else {
            Command::new("env")
        };
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]).args(PATIENCE);
        command
    }
}

fn lists(packages: &[&str]) -> bool {
    packages.iter().all(|package| {
        capture(Command::new("apt-cache").args(["show", "--no-all-versions", package]))
            .is_ok_and(|about| about.contains("Package:"))
    })
}
