//! A compiler for programs that need nothing of the system they run on.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{apt, host_target};
use crate::process::{Show, announce, capture, run_shown, which};

/// Compiles C for musl; of Debian's package `musl-tools`.
const C_COMPILER: &str = "musl-gcc";

/// The target of musl for this machine's processor, with all that it takes to build for it.
pub fn ensure() -> Result<String> {
    let host = host_target()?;
    let Some(architecture) =
        host.strip_suffix("-unknown-linux-gnu").or_else(|| host.strip_suffix("-unknown-linux-musl"))
    else {
        bail!("releases are built on Linux, and this machine is {host}");
    };
    let target = format!("{architecture}-unknown-linux-musl");
    if !has_std(&target) {
        announce(&format!("Installing Rust's standard library for {target} (a download of about 40 MB)"));
        run_shown(Command::new("rustup").args(["target", "add", &target]), Show::Progress)
            .with_context(|| format!("there is no compiler for {target}: run `rustup target add {target}`"))?;
    }
    if which(C_COMPILER).is_none() {
        if !apt::is_here() {
            bail!("there is no {C_COMPILER}: install your system's package of musl's compiler for C");
        }
        apt::install(&["musl-tools"], "a download of about 2 MB")?;
    }
    Ok(target)
}

fn has_std(target: &str) -> bool {
    capture(Command::new("rustc").args(["--print", "target-libdir", "--target", target]))
        .is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}
