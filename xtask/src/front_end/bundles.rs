//! The page's programs: compiled for the browser, then bound to JavaScript.

use std::fs;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::Page;
use crate::process::{self, Show, announce};
use crate::setup::{self, WasmBindgen};
use crate::wasm::{TARGET, WasmToolchain};
use crate::workspace::Workspace;

/// A program as the page loads it.
struct Bundle {
    /// What `www/` calls it.
    name: &'static str,
    program: &'static str,
}

/// Bundles that one run of cargo compiles.
struct Group {
    /// Features of `explorer-wasm`: what draws.
    features: &'static str,
    /// The crates that the programs are of.
    packages: &'static [&'static str],
    bundles: &'static [Bundle],
}

/// The Explorer thrice: what draws with WebGL2 weighs as much as all the rest, and few browsers need it; what speaks with a
/// page around the frame weighs a tenth, and by itself the Explorer has none. With WebGL2 one program does for both.
const RELEASE: [Group; 2] = [
    Group {
        features: "explorer-wasm/webgpu",
        packages: &["explorer-wasm", "subset-wasm", "plots-wasm"],
        bundles: &[
            Bundle { name: "explorer-webgpu", program: "explorer" },
            Bundle { name: "embedded-webgpu", program: "embedded" },
            Bundle { name: "catalog", program: "catalog" },
            Bundle { name: "worker", program: "worker" },
            Bundle { name: "subset", program: "subset" },
            Bundle { name: "plots", program: "plots" },
        ],
    },
    Group {
        features: "explorer-wasm/webgl",
        packages: &["explorer-wasm"],
        bundles: &[Bundle { name: "explorer-webgl2", program: "embedded" }],
    },
];

/// What builds datasets compresses by libzstd, as the command line does, so that it makes the same bytes; and none of the
/// others has that in it. Features are those of all programs that are compiled together.
const BUILDER: Group = Group {
    features: "builder-wasm/libzstd",
    packages: &["builder-wasm"],
    bundles: &[Bundle { name: "builder", program: "builder" }],
};

/// The same where there is no compiler of C for the browser.
const BUILDER_WITHOUT_C: Group = Group { features: "", ..BUILDER };

/// One Explorer for every browser is sooner compiled than two.
const QUICK: [Group; 1] = [Group {
    features: "explorer-wasm/webgpu,explorer-wasm/webgl",
    packages: &["explorer-wasm", "subset-wasm", "plots-wasm"],
    bundles: &[
        Bundle { name: "explorer", program: "embedded" },
        Bundle { name: "catalog", program: "catalog" },
        Bundle { name: "worker", program: "worker" },
        Bundle { name: "subset", program: "subset" },
        Bundle { name: "plots", program: "plots" },
    ],
}];

/// Bundles as wasm-bindgen writes them: for each `{name}.js` and `{name}_bg.wasm`.
pub(super) struct Bundles {
    /// Where they lie.
    pub folder: PathBuf,
    /// Their names.
    pub names: Vec<&'static str>,
}

/// Compiles and binds all of them.
pub(super) fn build(
    workspace: &Workspace,
    toolchain: WasmToolchain,
    page: Page,
    show: Show,
    wasm_bindgen: impl FnOnce() -> Result<WasmBindgen>,
) -> Result<Bundles> {
    let (groups, profile, takes): (&[Group], _, _) = match page {
        Page::Quick => (&QUICK, "web-quick", "about 3 minutes"),
        Page::Release => (&RELEASE, "web", "about 13 minutes"),
    };
    announce(&format!("Building the page ({takes} on 2 cores, later much less)"));
    let folder = workspace.wasm_target_dir().join("bundles").join(profile);
    let builder = if setup::clang() { BUILDER } else { BUILDER_WITHOUT_C };
    let groups = || iter::once(&builder).chain(groups);
    let bundles = groups().flat_map(|group| group.bundles);
    for group in groups() {
        compile(workspace, toolchain, profile, group, &folder, show)?;
    }
    let wasm_bindgen = wasm_bindgen()?;
    for bundle in bundles.clone() {
        bind(&wasm_bindgen, &folder.join("compiled").join(bundle.name).with_extension("wasm"), bundle.name, &folder)?;
    }
    Ok(Bundles { names: bundles.map(|bundle| bundle.name).collect(), folder })
}

/// Compiles a group's programs and keeps each under its bundle's name: another group may have a program of that name.
fn compile(
    workspace: &Workspace,
    toolchain: WasmToolchain,
    profile: &str,
    group: &Group,
    folder: &Path,
    show: Show,
) -> Result<()> {
    let mut cargo = toolchain.cargo(workspace);
    cargo.args(["build", "--locked", "--profile", profile, "--target", TARGET]);
    for package in group.packages {
        cargo.args(["--package", package]);
    }
    cargo.arg("--no-default-features");
    if !group.features.is_empty() {
        cargo.args(["--features", group.features]);
    }
    for bundle in group.bundles {
        cargo.args(["--bin", bundle.program]);
    }
    process::run_shown(&mut cargo, show)?;
    let kept = folder.join("compiled");
    fs::create_dir_all(&kept)?;
    for bundle in group.bundles {
        let program = workspace.wasm_target_dir().join(TARGET).join(profile).join(bundle.program);
        fs::copy(program.with_extension("wasm"), kept.join(bundle.name).with_extension("wasm"))
            .with_context(|| format!("cargo made no program {}", bundle.program))?;
    }
    Ok(())
}

fn bind(wasm_bindgen: &WasmBindgen, compiled: &Path, name: &str, folder: &Path) -> Result<()> {
    let mut command = Command::new(wasm_bindgen.program("wasm-bindgen"));
    command.args(["--target", "web", "--no-typescript", "--remove-producers-section", "--remove-name-section"]);
    command.args(["--out-name", name, "--out-dir"]);
    // Unseen, since it warns that a stripped program does not list its features.
    process::run_shown(command.arg(folder).arg(compiled), Show::Nothing)
}
