//! `cargo xtask bench`: measures, and prints what `BENCHMARKS.md` holds.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::process::{self, announce};
use crate::setup;
use crate::wasm::TARGET;
use crate::workspace::Workspace;

/// The options of `cargo xtask bench`.
#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Build made-up data, compare sets of its cells by every road, rank its markers
    #[command(disable_help_flag = true)]
    De {
        /// [--cells N] [--genes G] [--reuse] [--peers]; --help tells more
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
        arguments: Vec<OsString>,
    },
    /// Run the kernels natively and in a headless browser
    #[command(disable_help_flag = true)]
    Wasm {
        /// [--cells N] [--genes G]; --help tells more
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
        arguments: Vec<OsString>,
    },
    /// Everything, as Markdown for BENCHMARKS.md
    #[command(disable_help_flag = true)]
    All {
        /// [--sizes small|large]; --help tells more
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
        arguments: Vec<OsString>,
    },
}

/// Builds the bench, for the browser too where it is needed, and runs it.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let (name, arguments, needs_browser) = match &options.what {
        What::De { arguments } => ("de", arguments, false),
        What::Wasm { arguments } => ("wasm", arguments, true),
        What::All { arguments } => ("all", arguments, true),
    };
    let mut command = Command::new("cargo");
    command
        .current_dir(workspace.root())
        .args(["run", "--quiet", "--locked", "--release", "--package", "bench", "--bin", "bench", "--"])
        .arg("--folder")
        .arg(workspace.target_dir().join("bench"))
        .arg(name)
        .args(arguments);
    if needs_browser {
        let browser = setup::browser()?;
        command.arg("--module").arg(kernels(workspace)?).arg("--browser").arg(browser.chrome);
    }
    announce("Building the bench (about 5 minutes on 2 cores, later seconds)");
    process::run(&mut command)
}

/// The kernels for the browser, compiled as the page is; returns the folder of the module and its script.
fn kernels(workspace: &Workspace) -> Result<PathBuf> {
    let tools = setup::front_end(workspace)?;
    announce("Building the kernels for the browser (about 2 minutes on 2 cores, later seconds)");
    process::run(tools.wasm.cargo(workspace).args([
        "build",
        "--locked",
        "--profile",
        "web",
        "--target",
        TARGET,
        "--package",
        "bench",
        "--lib",
    ]))?;
    let folder = workspace.target_dir().join("bench").join("module");
    let program = tools.wasm_bindgen_folder.join("wasm-bindgen").with_extension(std::env::consts::EXE_EXTENSION);
    process::run(
        Command::new(program)
            .args(["--target", "no-modules", "--no-typescript", "--out-dir"])
            .arg(&folder)
            .arg(workspace.wasm_target_dir().join(TARGET).join("web").join("bench.wasm")),
    )?;
    Ok(folder)
}
