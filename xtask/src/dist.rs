//! `cargo xtask dist`: what is released. One program that needs nothing of the system it runs on, with the page inside,
//! in an archive with its checksum.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::front_end::Page;
use crate::process::{self, announce, capture};
use crate::setup;
use crate::workspace::Workspace;

/// What lies beside the program in the archive.
const BESIDE: [&str; 5] = ["CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "docs", "deploy"];

/// Builds the page and the program, and packs them into `target/dist/`.
pub fn run(workspace: &Workspace) -> Result<()> {
    Page::Release.build_alone(workspace)?;
    let target = setup::static_target(workspace)?;
    announce("Building the tile server for release (about 8 minutes on 2 cores, later less)");
    process::run(
        Command::new("cargo")
            .args(["build", "--locked", "--release", "--target", &target])
            .args(["--package", "tile-server", "--bin", "tile-server", "--features", "embed-front-end"])
            .current_dir(workspace.root()),
    )?;
    let program = workspace.target_dir().join(&target).join("release").join("tile-server");
    let bytes = fs::read(&program).with_context(|| format!("cannot read {}", program.display()))?;
    ensure!(is_static(&bytes), "{} asks for a dynamic linker, so it does not run everywhere", program.display());

    let about = capture(Command::new(&program).arg("--version"))?;
    let version = about.split_whitespace().last().context("the program does not say its version")?;
    let (architecture, _) = target.split_once('-').context("a target begins with an architecture")?;
    let name = format!("tile-server-{version}-{architecture}-linux");
    let archive = pack(workspace, &program, &name)?;
    let folder = archive.parent().context("the archive lies in a folder")?;
    let sums = capture(Command::new("sha256sum").arg(format!("{name}.tar.gz")).current_dir(folder))?;
    let sums_file = folder.join("SHA256SUMS");
    fs::write(&sums_file, sums).with_context(|| format!("cannot write {}", sums_file.display()))?;
    println!("The release is {}, its checksum in {}", archive.display(), sums_file.display());
    Ok(())
}

/// The archive of a folder of that name: the same bytes from the same files, whoever packs them and when.
fn pack(workspace: &Workspace, program: &Path, name: &str) -> Result<PathBuf> {
    let folder = workspace.target_dir().join("dist");
    let staged = folder.join(name);
    if staged.exists() {
        fs::remove_dir_all(&staged).with_context(|| format!("cannot remove {}", staged.display()))?;
    }
    fs::create_dir_all(&staged).with_context(|| format!("cannot create {}", staged.display()))?;
    process::run(Command::new("cp").arg("-R").args(BESIDE.map(|file| workspace.path(file))).arg(program).arg(&staged))?;
    let time = capture(Command::new("git").args(["log", "-1", "--format=%ct"]).current_dir(workspace.root()))?;
    let archive = folder.join(format!("{name}.tar.gz"));
    process::run(
        Command::new("tar")
            .args(["--create", "--gzip", "--sort=name", "--owner=0", "--group=0", "--numeric-owner"])
            .args(["--mode=u+w,go-w,a+rX", &format!("--mtime=@{}", time.trim())])
            .arg("--file")
            .arg(&archive)
            .arg(name)
            .env("GZIP", "-n")
            .current_dir(&folder),
    )?;
    fs::remove_dir_all(&staged).with_context(|| format!("cannot remove {}", staged.display()))?;
    Ok(archive)
}

/// Whether a program of ELF for 64 bits, little-endian, names no dynamic linker (a segment of type `PT_INTERP`).
fn is_static(program: &[u8]) -> bool {
    const PT_INTERP: u32 = 3;
    let u64_at = |at: usize| Some(u64::from_le_bytes(program.get(at..at + 8)?.try_into().ok()?) as usize);
    let u32_at = |at: usize| Some(u32::from_le_bytes(program.get(at..at + 4)?.try_into().ok()?));
    let u16_at = |at: usize| Some(usize::from(u16::from_le_bytes(program.get(at..at + 2)?.try_into().ok()?)));
    let segments = || {
        let (first, size, count) = (u64_at(32)?, u16_at(54)?, u16_at(56)?);
        (0..count).map(|segment| u32_at(first + segment * size)).collect::<Option<Vec<u32>>>()
    };
    program.starts_with(b"\x7fELF\x02\x01") && segments().is_some_and(|kinds| !kinds.contains(&PT_INTERP))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A head of ELF and segments of these types.
    fn program(kinds: &[u32]) -> Vec<u8> {
        let mut bytes = vec![0; 64];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        bytes[32] = 64;
        bytes[54] = 56;
        bytes[56] = kinds.len() as u8;
        for kind in kinds {
            bytes.extend(kind.to_le_bytes());
            bytes.extend([0; 52]);
        }
        bytes
    }

    #[test]
    fn a_program_with_an_interpreter_is_not_static() {
        assert!(is_static(&program(&[1, 1])));
        assert!(!is_static(&program(&[1, 3])));
        assert!(!is_static(&program(&[1])[..60]));
        assert!(!is_static(b"MZ"));
    }
}
