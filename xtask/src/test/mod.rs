//! `cargo xtask test`: every test there is, in one command.

mod count;
mod report;

use std::ffi::OsString;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::process::announce;
use crate::server::{self, Build};
use crate::setup::{Browser, FrontEndTools};
use crate::wasm::TARGET;
use crate::workspace::Workspace;
use crate::{front_end, setup, size};
use report::Report;

/// The options of `cargo xtask test`.
#[derive(Args, Default)]
pub struct Options {
    /// Run only one kind of test
    #[arg(long, value_name = "KIND")]
    only: Option<Kind>,
}

/// The kinds of test, in the order in which they run.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// On this machine, without a browser
    Native,
    /// Rust in a real, headless browser
    Wasm,
    /// A browser against the real server and the built page
    E2e,
}

/// Sets up, runs the tests, and ends with the line `N passed, N failed`.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let wants = |kind| options.only.is_none_or(|only| only == kind);
    let mut report = Report::new();

    let tools = report.prepare("set up", || {
        let tools = setup::front_end(workspace)?;
        let browser = setup::browser()?;
        setup::software_gpu();
        Ok((tools, browser))
    });
    if wants(Kind::Native) {
        announce("Native tests (about 5 minutes on 2 cores, later much less)");
        report.run_counted("native tests", &mut native_tests(workspace));
    }
    if let Some((tools, browser)) = &tools {
        if wants(Kind::Wasm) {
            announce("Tests in a headless browser (about 4 minutes on 2 cores, later much less)");
            if let Some(mut tests) = report.prepare("wasm set-up", || wasm_tests(workspace, tools, browser)) {
                report.run_counted("wasm tests", &mut tests);
            }
        }
        if wants(Kind::E2e) {
            end_to_end(workspace, tools, browser, &mut report);
        }
    }
    report.finish()
}

fn native_tests(workspace: &Workspace) -> Command {
    let mut command = Command::new("cargo");
    command.args(["test", "--locked", "--no-fail-fast"]).current_dir(workspace.root());
    command
}

fn end_to_end(workspace: &Workspace, tools: &FrontEndTools, browser: &Browser, report: &mut Report) {
    let front_end = report.prepare("front end", || front_end::build(workspace, tools));
    let server = report.prepare("tile server", || server::build(workspace, Build::Quick));
    let (Some(()), Some(server)) = (front_end, server) else {
        return;
    };
    report.prepare("size budget", || size::check(&workspace.dist()));
    announce("End-to-end tests (a few minutes on 2 cores)");
    let mut command = Command::new("cargo");
    command
        .args(["test", "--locked", "--no-fail-fast", "--package", "e2e"])
        .current_dir(workspace.root())
        .env("TESSERA_SERVER", server)
        .env("TESSERA_DIST", workspace.dist())
        .env("TESSERA_DATA", workspace.path("data"))
        .env("CHROME", &browser.chrome)
        .env("CHROMEDRIVER", &browser.driver);
    report.run_counted("end-to-end tests", &mut command);
}

/// The command that runs every package with wasm tests in the browser.
fn wasm_tests(workspace: &Workspace, tools: &FrontEndTools, browser: &Browser) -> Result<Command> {
    let capabilities = workspace.wasm_target_dir().join("webdriver.json");
    fs::create_dir_all(workspace.wasm_target_dir())?;
    fs::write(&capabilities, webdriver_capabilities(browser).to_string())
        .with_context(|| format!("cannot write {}", capabilities.display()))?;
    let runner =
        tools.wasm_bindgen_folder.join("wasm-bindgen-test-runner").with_extension(std::env::consts::EXE_EXTENSION);
    let mut command = tools.wasm.cargo(workspace);
    command
        .args(["test", "--locked", "--no-fail-fast", "--target", TARGET])
        .args(wasm_test_targets(workspace)?)
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner)
        .env("CHROMEDRIVER", &browser.driver)
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &capabilities)
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60")
        .env("WASM_BINDGEN_TEST_TIMEOUT", "300")
        // Tests that forget to ask for a browser would otherwise want Node.
        .env("WASM_BINDGEN_USE_BROWSER", "1");
    Ok(command)
}

/// How ChromeDriver starts the browser for wasm tests: with WebGPU on the software adapter.
fn webdriver_capabilities(browser: &Browser) -> Value {
    json!({
        "goog:chromeOptions": {
            "binary": browser.chrome,
            "args": [
                "--headless=new",
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                "--enable-unsafe-webgpu",
                "--use-webgpu-adapter=swiftshader",
                "--enable-unsafe-swiftshader",
                "--use-angle=swiftshader",
            ]
        }
    })
}

/// `-p` and target arguments for the packages that use wasm-bindgen-test.
fn wasm_test_targets(workspace: &Workspace) -> Result<Vec<OsString>> {
    let metadata = workspace.metadata(&["--no-deps"])?;
    let mut arguments: Vec<OsString> = Vec::new();
    let mut has_test_files = false;
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let tests_in_browser = package["dependencies"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|dependency| dependency["name"] == "wasm-bindgen-test");
        if !tests_in_browser {
            continue;
        }
        let name = package["name"].as_str().context("a package has no name")?;
        arguments.extend(["--package".into(), name.into()]);
        has_test_files |= package["targets"].as_array().into_iter().flatten().any(|target| target["kind"][0] == "test");
    }
    // Not the programs: linking each of them again takes long, and the tests are in the library.
    arguments.push("--lib".into());
    if has_test_files {
        arguments.extend(["--test".into(), "*".into()]);
    }
    Ok(arguments)
}
