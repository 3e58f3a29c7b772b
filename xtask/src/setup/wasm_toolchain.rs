//! A compiler that can build for the browser.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{apt, field};
use crate::process::{announce, capture, run_summarised, which};
use crate::wasm::{TARGET, WasmToolchain};

/// Where Debian's compiler lies, the one that it builds browsers with.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_STD_SOURCE: &str = "/usr/lib/rustlib/src/rust/library/std";

/// Finds or installs a compiler for wasm32.
///
/// The variable `TESSERA_WASM_TOOLCHAIN` (`rustup` or `debian`) allows only that road.
pub fn ensure() -> Result<WasmToolchain> {
    let wish = env::var("TESSERA_WASM_TOOLCHAIN").ok();
    let may_be = |road: &str| wish.as_deref().is_none_or(|wish| wish == road);

    if may_be("rustup") && active_compiler_has_target() {
        return Ok(WasmToolchain::Active);
    }
    if may_be("debian")
        && let Some(debian) = debian_toolchain()?
    {
        return Ok(debian);
    }
    if may_be("rustup") && add_by_rustup() && active_compiler_has_target() {
        return Ok(WasmToolchain::Active);
    }
    if may_be("debian") && apt::is_here() && apt::offers(&DEBIAN_PACKAGES)? {
        install_debian_packages()?;
        if let Some(debian) = debian_toolchain()? {
            return Ok(debian);
        }
        bail!("Debian's rustc-web is installed, but is not what {DEBIAN_RUSTC} starts");
    }
    bail!(
        "no compiler for {TARGET} could be found or installed: \
         run `rustup target add {TARGET}` where the network allows it \
         (without rustup, install your system's package of Rust's wasm32 standard library), \
         then this command again"
    )
}

const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

fn active_compiler_has_target() -> bool {
    let libraries = capture(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]));
    libraries.is_ok_and(|folder| holds_std(Path::new(folder.trim())))
}

fn holds_std(folder: &Path) -> bool {
    folder
        .read_dir()
        .is_ok_and(|entries| entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-")))
}

/// Whether rustup could install the target.
fn add_by_rustup() -> bool {
    if which("rustup").is_none() {
        return false;
    }
    announce(&format!("Adding the target {TARGET} by rustup (about 10 s)"));
    let added = run_summarised(Command::new("rustup").args(["target", "add", TARGET]));
    if let Err(error) = &added {
        println!("    rustup could not: {error:#}");
    }
    added.is_ok()
}

/// Debian's compiler, if all of it is there and new enough for this workspace.
fn debian_toolchain() -> Result<Option<WasmToolchain>> {
    let has_parts = [DEBIAN_RUSTC, DEBIAN_CARGO, DEBIAN_STD_SOURCE].iter().all(|part| Path::new(part).exists());
    if !has_parts {
        return Ok(None);
    }
    let about = capture(Command::new(DEBIAN_RUSTC).arg("-vV"))?;
    let release = field(&about, "release").unwrap_or_default();
    if minor_version(release) < minor_version(env!("CARGO_PKG_RUST_VERSION")) {
        return Ok(None);
    }
    if !debian_lld(&about).is_some_and(|linker| linker.exists()) {
        return Ok(None);
    }
    if which("rustup").is_none() {
        return Ok(Some(WasmToolchain::Debian { by_rustup: false }));
    }
    let toolchains = capture(Command::new("rustup").args(["toolchain", "list"]))?;
    if !toolchains.lines().any(|line| line.split_whitespace().next() == Some("debian")) {
        capture(Command::new("rustup").args(["toolchain", "link", "debian", "/usr"]))
            .context("cannot make Debian's compiler known to rustup")?;
    }
    Ok(Some(WasmToolchain::Debian { by_rustup: true }))
}

/// The linker of the LLVM that Debian's compiler was built with.
fn debian_lld(about_rustc: &str) -> Option<PathBuf> {
    let major = field(about_rustc, "LLVM version")?.split('.').next()?;
    Some(PathBuf::from(format!("/usr/bin/lld-{major}")))
}

fn install_debian_packages() -> Result<()> {
    apt::install(&DEBIAN_PACKAGES, "a download of about 200 MB, a minute or two")?;
    let about = capture(Command::new(DEBIAN_RUSTC).arg("-vV"))?;
    let linker = debian_lld(&about).context("Debian's rustc does not name its LLVM")?;
    let package = linker.file_name().unwrap_or_default().to_string_lossy().into_owned();
    apt::install(&[&package], "about 20 s")
}

/// `1.96.0` → 96. All of Rust's releases so far begin with 1.
fn minor_version(release: &str) -> Option<u32> {
    release.split('.').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_linker_follows_the_compilers_llvm() {
        let about = "rustc 1.96.0\nrelease: 1.96.0\nLLVM version: 22.1.8\n";
        assert_eq!(debian_lld(about), Some(PathBuf::from("/usr/bin/lld-22")));
    }

    #[test]
    fn releases_are_compared_by_number() {
        assert!(minor_version("1.9.0") < minor_version("1.91"));
        assert_eq!(minor_version("1.96.0-nightly"), Some(96));
    }
}
