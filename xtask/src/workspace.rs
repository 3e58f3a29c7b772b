//! Where things lie in the checkout, and what its lock file says.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process::capture;

/// The checkout this program was started in.
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Finds the checkout from where cargo says this package lies.
    pub fn find() -> Result<Self> {
        let manifest_dir =
            env::var_os("CARGO_MANIFEST_DIR").context("start this program by `cargo xtask …`, in the checkout")?;
        let root = Path::new(&manifest_dir).parent().context("the xtask package has no parent folder")?.to_path_buf();
        Ok(Self { root })
    }

    /// The folder of the root manifest, absolute.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path below the root; an absolute path stays as it is.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// Where native builds go.
    pub fn target_dir(&self) -> PathBuf {
        let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        self.path(target)
    }

    /// Where builds for the browser go. Their compiler and flags may differ from the native
    /// ones, and in one folder each would throw the other's work away.
    pub fn wasm_target_dir(&self) -> PathBuf {
        self.target_dir().join("wasm")
    }

    /// Where the page is built for release.
    pub fn dist(&self) -> PathBuf {
        self.path("dist")
    }

    /// What `cargo metadata` says, with further arguments.
    pub fn metadata(&self, arguments: &[&str]) -> Result<Value> {
        let said = capture(
            Command::new("cargo")
                .args(["metadata", "--format-version", "1", "--locked"])
                .args(arguments)
                .current_dir(&self.root),
        )?;
        serde_json::from_str(&said).context("cargo metadata printed something else than JSON")
    }

    /// What git sees of the working tree: equal before and after means that nothing changed.
    pub fn git_state(&self) -> Result<String> {
        let git = |arguments: [&str; 2]| capture(Command::new("git").args(arguments).current_dir(&self.root));
        Ok(git(["status", "--porcelain"])? + &git(["diff", "HEAD"])?)
    }

    /// The version of `package` in Cargo.lock.
    pub fn locked_version(&self, package: &str) -> Result<String> {
        let path = self.path("Cargo.lock");
        let lock = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        version_in_lock(&lock, package)
            .map(str::to_owned)
            .with_context(|| format!("Cargo.lock names no package `{package}`"))
    }
}

/// The version that a lock file gives for its first package of that name.
fn version_in_lock<'lock>(lock: &'lock str, package: &str) -> Option<&'lock str> {
    let mut lines = lock.lines();
    let name = format!("name = \"{package}\"");
    lines.by_ref().find(|line| *line == name)?;
    lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_gives_the_version_of_the_exact_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-backend\"\nversion = \"0.2.99\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(version_in_lock(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(version_in_lock(lock, "wasm"), None);
    }
}
