//! How everything is compiled for the browser.

use std::ffi::OsString;
use std::process::Command;

use crate::workspace::Workspace;

/// The target's name.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The packages that do not run in the browser alone, but for the Python package, which `cargo xtask python` lints and tests.
pub const NATIVE: [&str; 11] = [
    "--workspace",
    "--exclude",
    "explorer-wasm",
    "--exclude",
    "subset-wasm",
    "--exclude",
    "plots-wasm",
    "--exclude",
    "builder-wasm",
    "--exclude",
    "tessera-python",
];

/// SIMD is in every browser that has WebGPU, and in all others since 2023. Leptos erases the types of components, which
/// otherwise are compiled anew for every place that they stand in.
pub const RUSTFLAGS: &str = "-C target-feature=+simd128 --cfg erase_components";

/// The compiler that is used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum WasmToolchain {
    /// The active one; it has the target's standard library.
    Active,
    /// The one that Debian builds browsers with, `rustc-web`. It has the standard library as
    /// source only, so that is compiled as well (about a minute).
    Debian {
        /// Whether rustup stands before it and has to be told.
        by_rustup: bool,
    },
}

impl WasmToolchain {
    /// The compiler in words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Active => "the active toolchain",
            Self::Debian { .. } => "Debian's rustc-web, with a standard library built from source",
        }
    }

    /// Whether `cargo clippy` works with it.
    pub fn has_clippy(self) -> bool {
        self == Self::Active
    }

    /// The environment of a build, for cargo itself and for programs that start cargo.
    pub fn environment(self, workspace: &Workspace) -> Vec<(&'static str, OsString)> {
        let mut environment =
            vec![("RUSTFLAGS", RUSTFLAGS.into()), ("CARGO_TARGET_DIR", workspace.wasm_target_dir().into())];
        if let Self::Debian { by_rustup } = self {
            environment.push(("RUSTC_BOOTSTRAP", "1".into()));
            environment.push(("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort".into()));
            if by_rustup {
                environment.push(("RUSTUP_TOOLCHAIN", "debian".into()));
            }
        }
        environment
    }

    /// `cargo` with that environment, in the checkout.
    pub fn cargo(self, workspace: &Workspace) -> Command {
        let mut command = Command::new("cargo");
        command.current_dir(workspace.root()).envs(self.environment(workspace));
        command
    }
}
