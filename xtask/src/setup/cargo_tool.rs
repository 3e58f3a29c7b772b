//! Programs that cargo installs, each of one exact version.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{Show, announce, capture, run_shown, which};

/// A package of the registry and the programs in it.
pub struct CargoTool<'a> {
    /// The package's name.
    pub package: &'a str,
    /// The version, exact.
    pub version: &'a str,
    /// The programs that it installs and we use; all must be there.
    pub programs: &'a [&'a str],
    /// Whether to install with the versions of its own lock file.
    pub locked: bool,
    /// Features without which it has no program.
    pub features: &'a [&'a str],
    /// Whether its programs answer to `--version`: those that do not are only looked for where they were installed.
    pub tells_version: bool,
    /// How long an installation tends to take.
    pub takes: &'a str,
}

impl CargoTool<'_> {
    /// The folder that holds the programs: on PATH, in cargo's own folder or in the cache of
    /// earlier installations; installs them into that cache when they are nowhere.
    pub fn ensure(&self, show: Show) -> Result<PathBuf> {
        let cache = cache_folder()?.join(format!("{}-{}", self.package, self.version));
        let on_path = || which(self.programs.first()?)?.parent().map(Path::to_path_buf);
        let elsewhere = if self.tells_version {
            [on_path(), cargo_home().map(|home| home.join("bin"))]
        } else {
            // Of what version they are, only the name of their folder tells.
            [None, None]
        };
        let candidates = elsewhere.into_iter().flatten().chain([cache.join("bin")]);
        if let Some(found) = candidates.into_iter().find(|folder| self.is_in(folder)) {
            return Ok(found);
        }
        self.install(&cache, show)?;
        let folder = cache.join("bin");
        if !self.is_in(&folder) {
            bail!(
                "cargo installed {} {} in {}, but its programs do not answer to that version",
                self.package,
                self.version,
                folder.display()
            );
        }
        Ok(folder)
    }

    fn is_in(&self, folder: &Path) -> bool {
        self.programs.iter().all(|program| {
            let path = folder.join(program).with_extension(env::consts::EXE_EXTENSION);
            let is_version =
                || capture(Command::new(&path).arg("--version")).is_ok_and(|said| says_version(&said, self.version));
            path.is_file() && (!self.tells_version || is_version())
        })
    }

    fn install(&self, root: &Path, show: Show) -> Result<()> {
        announce(&format!(
            "Installing {} {} into {} ({}, once)",
            self.package,
            self.version,
            root.display(),
            self.takes
        ));
        fs::create_dir_all(root).with_context(|| format!("cannot make {}", root.display()))?;
        let mut command = Command::new("cargo");
        command
            .args(["install", self.package, "--version"])
            .arg(format!("={}", self.version))
            .arg("--root")
            .arg(root)
            // Quick to build matters more here than quick to run.
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
            .env_remove("CARGO_TARGET_DIR")
            .env_remove("CARGO_BUILD_TARGET")
            .env_remove("RUSTFLAGS");
        if self.locked {
            command.arg("--locked");
        }
        if !self.features.is_empty() {
            command.arg("--features").arg(self.features.join(","));
        }
        run_shown(&mut command, show).with_context(|| format!("cannot install {} {}", self.package, self.version))
    }
}

/// Whether the line that a program prints for `--version` names exactly this version.
fn says_version(said: &str, version: &str) -> bool {
    said.split_whitespace().any(|word| word == version)
}

fn cargo_home() -> Option<PathBuf> {
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}

/// Where installations are kept from one checkout to the next; `TESSERA_TOOLS` moves it.
fn cache_folder() -> Result<PathBuf> {
    if let Some(folder) = env::var_os("TESSERA_TOOLS") {
        return Ok(folder.into());
    }
    if let Some(folder) = env::var_os("XDG_CACHE_HOME") {
        return Ok(PathBuf::from(folder).join("tessera/tools"));
    }
    let home = env::home_dir()
        .context("there is no home folder to keep tools in; name a folder in the variable TESSERA_TOOLS")?;
    let caches = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
    Ok(home.join(caches).join("tessera/tools"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_whole() {
        assert!(says_version("wasm-bindgen 0.2.13\n", "0.2.13"));
        assert!(says_version("wasm-bindgen 0.2.130 (abcdef)", "0.2.130"));
        assert!(!says_version("wasm-bindgen 0.2.130", "0.2.13"));
        assert!(!says_version("wasm-bindgen 0.3.0-beta.1", "0.3.0"));
    }
}
