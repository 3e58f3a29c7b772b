//! Packages of Python's index, each of one exact version whose content is known.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::{Show, run_shown};

/// A package, and nothing that it depends on.
pub struct PythonPackage<'a> {
    /// Name and version, as `name==1.2.3`.
    pub requirement: &'a str,
    /// SHA-256 of each of its files that may be installed, in hex.
    pub hashes: &'a [&'a str],
}

impl PythonPackage<'_> {
    /// Installs it into a folder. Pip compares what it downloads with the hashes.
    pub fn install(&self, folder: &Path, show: Show) -> Result<()> {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let requirements = folder.join("requirements.txt");
        let hashes: String = self.hashes.iter().map(|hash| format!(" --hash=sha256:{hash}")).collect();
        fs::write(&requirements, format!("{}{hashes}\n", self.requirement))
            .with_context(|| format!("cannot write {}", requirements.display()))?;
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--no-deps", "--require-hashes", "--upgrade", "--target"]);
        run_shown(pip.arg(folder).arg("--requirement").arg(&requirements), show)
    }
}
