//! Finds what a command needs, and installs what is missing.

mod apt;
mod browser;
mod cargo_tool;
mod vulkan;
mod wasm_toolchain;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

pub use browser::Browser;

use crate::process::{announce, capture, run_summarised};
use crate::wasm::WasmToolchain;
use crate::workspace::Workspace;
use cargo_tool::CargoTool;

/// The release of Trunk that `Trunk.toml` is written for.
const TRUNK_VERSION: &str = "0.21.14";

/// What builds the front end.
pub struct FrontEndTools {
    /// The compiler for the browser.
    pub wasm: WasmToolchain,
    /// The folder that holds `wasm-bindgen` and `wasm-bindgen-test-runner` of the locked version.
    pub wasm_bindgen_folder: PathBuf,
    /// The version of wasm-bindgen that Cargo.lock names.
    pub wasm_bindgen_version: String,
    /// The folder that holds `trunk`.
    pub trunk_folder: PathBuf,
}

/// `cargo xtask setup`: everything, and says where it lies.
pub fn run(workspace: &Workspace, for_tests: bool) -> Result<()> {
    let tools = front_end(workspace)?;
    println!("compiler for the browser: {}", tools.wasm.describe());
    println!("wasm-bindgen {}: {}", tools.wasm_bindgen_version, tools.wasm_bindgen_folder.display());
    println!("trunk {TRUNK_VERSION}: {}", tools.trunk_folder.display());
    if for_tests {
        let browser = browser()?;
        println!("browser: {}", browser.chrome.display());
        println!("driver: {}", browser.driver.display());
        software_gpu();
    }
    println!("Everything is in place.");
    Ok(())
}

/// What `trunk build` needs, and the crates that it compiles.
pub fn front_end(workspace: &Workspace) -> Result<FrontEndTools> {
    fetch_crates(workspace)?;
    let wasm = wasm_toolchain::ensure()?;
    let wasm_bindgen_version = workspace.locked_version("wasm-bindgen")?;
    let wasm_bindgen_folder = CargoTool {
        package: "wasm-bindgen-cli",
        version: &wasm_bindgen_version,
        programs: &["wasm-bindgen", "wasm-bindgen-test-runner"],
        // Its own lock file is not kept up for installing.
        locked: false,
        takes: "about 2 minutes on 2 cores",
    }
    .ensure()?;
    let trunk_folder = CargoTool {
        package: "trunk",
        version: TRUNK_VERSION,
        programs: &["trunk"],
        locked: true,
        takes: "about 4 minutes on 2 cores",
    }
    .ensure()?;
    Ok(FrontEndTools { wasm, wasm_bindgen_folder, wasm_bindgen_version, trunk_folder })
}

/// Chromium and its driver, of one version.
pub fn browser() -> Result<Browser> {
    browser::ensure()
}

/// A Vulkan driver for the renderer's native tests, where one can be had.
pub fn software_gpu() {
    vulkan::ensure();
}

/// Downloads the crates of Cargo.lock now, so that a silent registry is told from a broken build.
fn fetch_crates(workspace: &Workspace) -> Result<()> {
    let fetch = |more: &[&str]| -> Result<Command> {
        let mut command = Command::new("cargo");
        command
            .args(["fetch", "--locked", "--target", "wasm32-unknown-unknown"])
            .args(["--target", &host_target()?])
            .args(more)
            .current_dir(workspace.root());
        Ok(command)
    };
    if capture(&mut fetch(&["--offline"])?).is_ok() {
        return Ok(());
    }
    announce("Downloading the crates that Cargo.lock names (about a minute, once)");
    run_summarised(&mut fetch(&[])?)
}

/// The triple of this machine, as the active compiler names it.
pub fn host_target() -> Result<String> {
    let about = capture(Command::new("rustc").arg("-vV"))?;
    let Some(host) = field(&about, "host") else {
        bail!("`rustc -vV` names no host");
    };
    Ok(host.to_owned())
}

/// A field of what `rustc -vV` prints.
fn field<'text>(about: &'text str, name: &str) -> Option<&'text str> {
    about.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_the_compilers_description() {
        let about = "rustc 1.96.0\nhost: x86_64-unknown-linux-gnu\nLLVM version: 22.1.8\n";
        assert_eq!(field(about, "host"), Some("x86_64-unknown-linux-gnu"));
        assert_eq!(field(about, "LLVM version"), Some("22.1.8"));
        assert_eq!(field(about, "release"), None);
    }
}
