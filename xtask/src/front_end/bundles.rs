//! The page's programs: compiled for the browser, then bound to JavaScript.

use std::fs;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::Page;
use super::parts::{self, Cut};
use crate::process::{self, Show, announce};
use crate::setup::{self, PageTools};
use crate::wasm::{TARGET, WasmToolchain};
use crate::workspace::Workspace;

/// A program as the page loads it.
struct Bundle {
    /// What `www/` calls it.
    name: &'static str,
    program: &'static str,
    /// Whether parts of it are loaded when they are first needed.
    has_parts: bool,
}

impl Bundle {
    const fn whole(name: &'static str, program: &'static str) -> Self {
        Self { name, program, has_parts: false }
    }

    const fn in_parts(name: &'static str, program: &'static str) -> Self {
        Self { name, program, has_parts: true }
    }
}

/// Bundles that one run of cargo compiles.
struct Group {
    /// Features of `explorer-wasm`: what draws.
    features: &'static str,
    /// The crates that the programs are of.
    packages: &'static [&'static str],
    /// Crates that are compiled for speed here, and for size elsewhere.
    fast: &'static [&'static str],
    bundles: &'static [Bundle],
}

/// The Explorer thrice: what draws with WebGL2 weighs as much as all the rest, and few browsers need it; what speaks with a
/// page around the frame weighs a tenth, and by itself the Explorer has none. With WebGL2 one program does for both.
const RELEASE: [Group; 2] = [
    Group {
        features: "explorer-wasm/webgpu,explorer-wasm/parts",
        packages: &["explorer-wasm", "subset-wasm", "plots-wasm", "device-wasm", "schema-wasm"],
        fast: &[],
        bundles: &[
            Bundle::in_parts("explorer-webgpu", "explorer"),
            Bundle::in_parts("embedded-webgpu", "embedded"),
            Bundle::whole("catalog", "catalog"),
            Bundle::whole("expression", "expression"),
            Bundle::whole("worker", "worker"),
            Bundle::whole("subset", "subset"),
            Bundle::whole("plots", "plots"),
            Bundle::whole("device", "device"),
            Bundle::whole("validator", "validator"),
        ],
    },
    Group {
        features: "explorer-wasm/webgl,explorer-wasm/parts",
        packages: &["explorer-wasm"],
        fast: &[],
        bundles: &[Bundle::in_parts("explorer-webgl2", "embedded")],
    },
];

/// What builds datasets compresses by libzstd, as the command line does, so that it makes the same bytes; and none of the
/// others has that in it. Features are those of all programs that are compiled together.
const BUILDER: Group = Group {
    features: "builder-wasm/libzstd",
    packages: &["builder-wasm"],
    // A file is read whole here; elsewhere, what of it is looked at.
    fast: &["h5ad"],
    bundles: &[Bundle::whole("builder", "builder")],
};

/// The same where there is no compiler of C for the browser.
const BUILDER_WITHOUT_C: Group = Group { features: "", ..BUILDER };

/// One Explorer for every browser is sooner compiled than two.
const QUICK: [Group; 1] = [Group {
    features: "explorer-wasm/webgpu,explorer-wasm/webgl",
    packages: &["explorer-wasm", "subset-wasm", "plots-wasm", "device-wasm", "schema-wasm"],
    fast: &[],
    bundles: &[
        Bundle::whole("explorer", "embedded"),
        Bundle::whole("catalog", "catalog"),
        Bundle::whole("expression", "expression"),
        Bundle::whole("worker", "worker"),
        Bundle::whole("subset", "subset"),
        Bundle::whole("plots", "plots"),
        Bundle::whole("device", "device"),
        Bundle::whole("validator", "validator"),
    ],
}];

/// Bundles as wasm-bindgen writes them: for each `{name}.js` and `{name}_bg.wasm`.
pub(super) struct Bundles {
    /// Where they lie.
    pub folder: PathBuf,
    /// Their names.
    pub names: Vec<&'static str>,
    /// Parts of them, by name.
    pub parts: Vec<(String, PathBuf)>,
}

/// Compiles and binds all of them.
pub(super) fn build(
    workspace: &Workspace,
    toolchain: WasmToolchain,
    page: Page,
    show: Show,
    tools: impl FnOnce() -> Result<PageTools>,
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
    let tools = tools()?;
    let mut parts = Vec::new();
    for bundle in bundles.clone() {
        let compiled = folder.join("compiled").join(bundle.name).with_extension("wasm");
        if bundle.has_parts {
            let wasm_split = tools.wasm_split.as_deref().context("nothing is there that cuts a program into parts")?;
            let cut = parts::cut(wasm_split, &compiled, bundle.name, &folder.join("cut").join(bundle.name))?;
            bind(&tools, &cut.program, bundle, &folder)?;
            join(&cut, bundle.name, &folder)?;
            parts.extend(cut.parts);
        } else {
            bind(&tools, &compiled, bundle, &folder)?;
        }
    }
    Ok(Bundles { names: bundles.map(|bundle| bundle.name).collect(), folder, parts })
}

/// Puts what loads the parts of a program into its script.
fn join(cut: &Cut, name: &str, folder: &Path) -> Result<()> {
    let path = folder.join(name).with_extension("js");
    let script = fs::read_to_string(&path).with_context(|| format!("wasm-bindgen wrote no {}", path.display()))?;
    fs::write(&path, cut.joined(name, &script)?).with_context(|| format!("cannot write {}", path.display()))
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
    for package in group.fast {
        cargo.args(["--config", &format!("profile.{profile}.package.{package}.opt-level=2")]);
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

fn bind(tools: &PageTools, compiled: &Path, bundle: &Bundle, folder: &Path) -> Result<()> {
    let mut command = Command::new(tools.wasm_bindgen.program("wasm-bindgen"));
    command.args(["--target", "web", "--no-typescript", "--remove-producers-section", "--remove-name-section"]);
    if bundle.has_parts {
        // Parts take the program's table of functions, which the linker exports.
        command.arg("--keep-lld-exports");
    }
    command.args(["--out-name", bundle.name, "--out-dir"]);
    // Unseen, since it warns that a stripped program does not list its features.
    process::run_shown(command.arg(folder).arg(compiled), Show::Nothing)
}
