//! Finds what a command needs, and installs what is missing.

mod apt;
mod browser;
mod cargo_deny;
mod cargo_tool;
mod clang;
mod firefox;
mod python_package;
mod static_target;
mod vulkan;
mod wasm_toolchain;
mod webkit;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

pub use browser::Browser;
pub use firefox::Firefox;
pub use python_package::PythonPackage;
pub use webkit::WebKit;

use crate::front_end::Page;
use crate::process::{Show, announce, capture, run_shown};
use crate::wasm::WasmToolchain;
use crate::workspace::Workspace;
use cargo_tool::CargoTool;

/// The programs of the package `wasm-bindgen-cli`, in the version that Cargo.lock names.
#[derive(Clone)]
pub struct WasmBindgen {
    folder: PathBuf,
}

impl WasmBindgen {
    /// The path of `wasm-bindgen` or `wasm-bindgen-test-runner`.
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name).with_extension(std::env::consts::EXE_EXTENSION)
    }
}

/// What the page is built with, after it is compiled.
#[derive(Clone)]
pub struct PageTools {
    /// Binds programs to JavaScript.
    pub wasm_bindgen: WasmBindgen,
    /// Cuts parts out of programs; the quick page has none.
    pub wasm_split: Option<PathBuf>,
}

/// `cargo xtask setup`: everything, and says where it lies.
pub fn run(workspace: &Workspace, for_tests: bool) -> Result<()> {
    println!("compiler for the browser: {}", toolchain(workspace)?.describe());
    println!("clang: {}", if clang() { "there" } else { "not there" });
    println!("wasm-bindgen: {}", wasm_bindgen(workspace, Show::Progress)?.program("wasm-bindgen").display());
    println!("wasm-split-cli: {}", wasm_split(Show::Progress)?.display());
    if for_tests {
        let browser = browser()?;
        println!("browser: {}", browser.chrome.display());
        println!("driver: {}", browser.driver.display());
        software_gpu();
    }
    println!("Everything is in place.");
    Ok(())
}

/// A compiler for the browser, and the crates that it compiles.
pub fn toolchain(workspace: &Workspace) -> Result<WasmToolchain> {
    fetch_crates(workspace)?;
    wasm_toolchain::ensure()
}

/// What binds programs for the browser to JavaScript, and runs their tests.
pub fn wasm_bindgen(workspace: &Workspace, show: Show) -> Result<WasmBindgen> {
    let version = workspace.locked_version("wasm-bindgen")?;
    let folder = CargoTool {
        package: "wasm-bindgen-cli",
        version: &version,
        programs: &["wasm-bindgen", "wasm-bindgen-test-runner"],
        // Its own lock file is not kept up for installing.
        locked: false,
        features: &[],
        tells_version: true,
        takes: "about 2 minutes on 2 cores",
    }
    .ensure(show)?;
    Ok(WasmBindgen { folder })
}

/// What cuts parts out of programs for the browser.
fn wasm_split(show: Show) -> Result<PathBuf> {
    let program = "wasm-split-cli";
    let folder = CargoTool {
        package: "wasm_split_cli_support",
        version: "0.2.4",
        programs: &[program],
        locked: true,
        features: &["build-binary"],
        tells_version: false,
        takes: "about a minute on 2 cores",
    }
    .ensure(show)?;
    Ok(folder.join(program).with_extension(std::env::consts::EXE_EXTENSION))
}

/// What a page of this kind is built with.
pub fn page_tools(workspace: &Workspace, page: Page, show: Show) -> Result<PageTools> {
    let wasm_split = match page {
        Page::Quick => None,
        Page::Release => Some(wasm_split(show)?),
    };
    Ok(PageTools { wasm_bindgen: wasm_bindgen(workspace, show)?, wasm_split })
}

/// Whether C can be compiled for the browser.
pub fn clang() -> bool {
    clang::ensure()
}

/// Chromium and its driver, of one version.
pub fn browser() -> Result<Browser> {
    browser::ensure()
}

/// Firefox and its driver.
pub fn firefox() -> Result<Firefox> {
    firefox::ensure()
}

/// A browser of WebKitGTK and its driver.
pub fn webkit() -> Result<WebKit> {
    webkit::ensure()
}

/// What compares dependencies with `deny.toml`.
pub fn cargo_deny(workspace: &Workspace) -> Result<PathBuf> {
    cargo_deny::ensure(workspace)
}

/// A Vulkan driver for the renderer's native tests, where one can be had.
pub fn software_gpu() {
    vulkan::ensure();
}

/// A target whose programs need nothing of the system they run on, and the crates that are compiled for it.
pub fn static_target(workspace: &Workspace) -> Result<String> {
    fetch_crates(workspace)?;
    static_target::ensure()
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
    run_shown(&mut fetch(&[])?, Show::Progress)
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
