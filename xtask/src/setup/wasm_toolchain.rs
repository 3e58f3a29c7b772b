//! A compiler that can build for the browser.

use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{apt, field};
use crate::process::{Show, announce, capture, run_shown, which};
use crate::wasm::{TARGET, WasmToolchain};

/// Where Debian's compiler lies, the one that it builds browsers with.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_STD_SOURCE: &str = "/usr/lib/rustlib/src/rust/library/std";
/// A link to the linker, which another package holds.
const DEBIAN_LINKER: &str = "/usr/bin/rust-lld";

/// Finds or installs a compiler for wasm32.
///
/// The variable `TESSERA_WASM_TOOLCHAIN` (`rustup` or `debian`) allows only that one.
pub fn ensure() -> Result<WasmToolchain> {
    let wish = env::var("TESSERA_WASM_TOOLCHAIN").ok();
    let may_be = |way: &str| wish.as_deref().is_none_or(|wish| wish == way);

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
        let packages = debian_packages();
        let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
        apt::install(&packages, "a download of about 200 MB, a minute or two")?;
        if let Some(debian) = debian_toolchain()? {
            return Ok(debian);
        }
        bail!("Debian's rustc-web is installed, but is not what {DEBIAN_RUSTC} starts");
    }
    bail!(
        "no compiler for {TARGET} could be found or installed: run `rustup target add {TARGET}` where the network \
         allows it (on Debian without that, `apt-get update` as root may be enough; elsewhere without rustup, \
         install your system's package of Rust's standard library for wasm32), then this command again"
    )
}

const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm"];

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
    let added = run_shown(Command::new("rustup").args(["target", "add", TARGET]), Show::Progress);
    if let Err(error) = &added {
        println!("    rustup could not: {error:#}");
    }
    added.is_ok()
}

/// Debian's compiler, if all of it is there and new enough for this workspace.
fn debian_toolchain() -> Result<Option<WasmToolchain>> {
    let has_parts =
        [DEBIAN_RUSTC, DEBIAN_CARGO, DEBIAN_STD_SOURCE, DEBIAN_LINKER].iter().all(|part| Path::new(part).exists());
    if !has_parts {
        return Ok(None);
    }
    let about = capture(Command::new(DEBIAN_RUSTC).arg("-vV"))?;
    let release = field(&about, "release").unwrap_or_default();
    if minor_version(release) < minor_version(env!("CARGO_PKG_RUST_VERSION")) {
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

/// Debian's compiler, the source of its standard library, and the linker.
///
/// The linker's package carries the version of the LLVM that the compiler was built with; the
/// package of the compiler's LLVM tools depends on that version.
fn debian_packages() -> Vec<String> {
    let mut packages: Vec<String> = DEBIAN_PACKAGES.map(str::to_owned).into();
    packages.extend(linker_package(&apt::dependencies("rust-web-llvm")));
    packages
}

/// `llvm-22` → `lld-22`.
fn linker_package(dependencies: &[String]) -> Option<String> {
    dependencies.iter().find_map(|package| {
        let version = package.strip_prefix("llvm-")?;
        version.parse::<u32>().is_ok().then(|| format!("lld-{version}"))
    })
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
        let dependencies = ["libc6", "llvm-runtime", "llvm-22"].map(str::to_owned);
        assert_eq!(linker_package(&dependencies).as_deref(), Some("lld-22"));
        assert_eq!(linker_package(&[]), None);
    }

    #[test]
    fn releases_are_compared_by_number() {
        assert!(minor_version("1.9.0") < minor_version("1.91"));
        assert_eq!(minor_version("1.96.0-nightly"), Some(96));
    }
}
