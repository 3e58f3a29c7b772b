//! `cargo xtask bench`: measures, and prints what `BENCHMARKS.md` holds.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::front_end::Page;
use crate::process::{self, Show, announce};
use crate::server::{self, Build};
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
    /// Brush, lasso and color the cells of growing datasets, without a page
    #[command(disable_help_flag = true)]
    Interact {
        /// [--cells N,N,…]; --help tells more
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
        arguments: Vec<OsString>,
    },
    /// Drive a headless browser through our page and through others' on the same points
    #[command(disable_help_flag = true)]
    Pages {
        /// [--cells N,N] [--growth] [--peers regl,atlas,cellxgene]; --help tells more
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
        arguments: Vec<OsString>,
    },
    /// Open files of the user's own in the page, and build their datasets there
    #[command(disable_help_flag = true)]
    Own {
        /// [--loads N] [--files A.h5ad,B.h5ad]; --help tells more
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

/// What has to be there before a part of the bench runs.
enum Needs {
    Nothing,
    /// The kernels compiled for the browser, and a browser.
    Kernels,
    /// The page, its server, a browser and its driver.
    Page,
}

/// Builds the bench, for the browser too where it is needed, and runs it.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let (name, arguments, needs) = match &options.what {
        What::De { arguments } => ("de", arguments, Needs::Nothing),
        What::Wasm { arguments } => ("wasm", arguments, Needs::Kernels),
        What::Interact { arguments } => ("interact", arguments, Needs::Nothing),
        What::Pages { arguments } => ("pages", arguments, Needs::Page),
        What::Own { arguments } => ("own", arguments, Needs::Page),
        What::All { arguments } => ("all", arguments, Needs::Kernels),
    };
    let mut command = Command::new("cargo");
    command
        .current_dir(workspace.root())
        .args(["run", "--quiet", "--locked", "--release", "--package", "bench", "--bin", "bench", "--"])
        .arg("--folder")
        .arg(workspace.target_dir().join("bench"))
        .arg(name)
        .args(arguments);
    match needs {
        Needs::Nothing => {}
        Needs::Kernels => {
            let browser = setup::browser()?;
            command.arg("--module").arg(kernels(workspace)?).arg("--browser").arg(browser.chrome);
        }
        Needs::Page => {
            let browser = setup::browser()?;
            let page = Page::Release.build_alone(workspace)?;
            command.arg("--server").arg(server::build(workspace, Build::Release, Show::Output)?);
            command.arg("--dist").arg(page);
            command.arg("--browser").arg(browser.chrome).arg("--driver").arg(browser.driver);
        }
    }
    announce("Building the bench (about 5 minutes on 2 cores, later seconds)");
    process::run(&mut command)
}

/// The kernels for the browser, compiled as the page is; returns the folder of the module and its script.
fn kernels(workspace: &Workspace) -> Result<PathBuf> {
    let (toolchain, wasm_bindgen) = (setup::toolchain(workspace)?, setup::wasm_bindgen(workspace, Show::Progress)?);
    announce("Building the kernels for the browser (about 2 minutes on 2 cores, later seconds)");
    process::run(toolchain.cargo(workspace).args([
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
    process::run(
        Command::new(wasm_bindgen.program("wasm-bindgen"))
            .args(["--target", "no-modules", "--no-typescript", "--out-dir"])
            .arg(&folder)
            .arg(workspace.wasm_target_dir().join(TARGET).join("web").join("bench.wasm")),
    )?;
    Ok(folder)
}
