//! `cargo xtask test`: every test there is, in one command.

mod count;
mod report;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::front_end::Page;
use crate::process::{self, Show, announce};
use crate::server::{self, Build};
use crate::setup::{Browser, PageTools};
use crate::wasm::{self, TARGET, WasmToolchain};
use crate::workspace::Workspace;
use crate::{setup, size};
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
    /// The same in Firefox and WebKitGTK, in short; not among all tests, since it takes them, their drivers and Xvfb
    Browsers,
}

/// What tests in a browser need.
struct Tools {
    toolchain: WasmToolchain,
    page: PageTools,
    browser: Browser,
}

/// Sets up, runs the tests, and ends with the line `N passed, N failed`.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let mut report = Report::new();
    let tools = report.prepare("set up", || {
        let toolchain = setup::toolchain(workspace)?;
        let page = setup::page_tools(workspace, Page::Release, Show::Progress)?;
        let browser = setup::browser()?;
        setup::software_gpu();
        Ok(Tools { toolchain, page, browser })
    });
    match (options.only, &tools) {
        (Some(Kind::Native), _) | (None, None) => {
            announce("Native tests (about 5 minutes on 2 cores, later much less)");
            report.run_counted("native tests", &mut cargo_test(workspace));
        }
        (Some(Kind::Wasm), Some(tools)) => wasm_tests(workspace, tools, &mut report),
        (Some(Kind::E2e), Some(tools)) => {
            let page = report.prepare("page", || tools.page(workspace, Show::Output));
            let server = report.prepare("tile server", || server::build(workspace, Build::Quick, Show::Output));
            if let (Some(page), Some(_)) = (page, server) {
                report.prepare("size budget", || size::check(&page));
                announce("End-to-end tests (a few minutes on 2 cores)");
                let mut tests = tools.end_to_end(workspace, &page);
                report.run_counted("end-to-end tests", tests.args(["--package", "e2e"]));
            }
        }
        (Some(Kind::Browsers), Some(tools)) => in_other_browsers(workspace, tools, &mut report),
        (None, Some(tools)) => all(workspace, tools, &mut report),
        (Some(Kind::Wasm | Kind::E2e | Kind::Browsers), None) => {}
    }
    report.finish()
}

/// A short end-to-end test in each browser other than Chromium.
fn in_other_browsers(workspace: &Workspace, tools: &Tools, report: &mut Report) {
    let firefox = report.prepare("Firefox", setup::firefox);
    let webkit = report.prepare("WebKitGTK", setup::webkit);
    let page = report.prepare("page", || tools.page(workspace, Show::Output));
    let server = report.prepare("tile server", || server::build(workspace, Build::Quick, Show::Output));
    if let (Some(firefox), Some(webkit), Some(page), Some(_)) = (firefox, webkit, page, server) {
        announce("A test in each (about a minute)");
        let mut tests = tools.end_to_end(workspace, &page);
        tests.env("FIREFOX", &firefox.program).env("GECKODRIVER", &firefox.driver);
        tests.env("WEBKIT", &webkit.program).env("WEBKITDRIVER", &webkit.driver);
        report.run_counted(
            "tests in other browsers",
            tests.args(["--package", "e2e", "--features", "browsers", "--test", "browsers"]),
        );
    }
}

/// All tests. The page is built while the tests compile, since the end of its build keeps one core busy; and all that
/// runs natively is compiled and run as one, since what packages share would otherwise be compiled for each selection.
fn all(workspace: &Workspace, tools: &Tools, report: &mut Report) {
    let page = std::thread::scope(|scope| {
        let page = scope.spawn(|| tools.page(workspace, Show::Nothing));
        announce("Compiling the native and the end-to-end tests (about 8 minutes on 2 cores, later much less)");
        report.prepare("native build", || process::run(cargo_test(workspace).args(wasm::NATIVE).arg("--no-run")));
        wasm_tests(workspace, tools, report);
        announce("Waiting for the page");
        report.prepare("page", || page.join().map_err(|_| anyhow!("the page's build broke off"))?)
    });
    if let Some(page) = page {
        report.prepare("size budget", || size::check(&page));
        announce("Native and end-to-end tests (about 10 minutes on 2 cores)");
        report.run_counted("other tests", tools.end_to_end(workspace, &page).args(wasm::NATIVE));
    } else {
        report.run_counted("native tests", &mut cargo_test(workspace));
    }
}

/// `cargo test` of what runs natively; end-to-end tests only where they are named.
fn cargo_test(workspace: &Workspace) -> Command {
    let mut command = Command::new("cargo");
    command.args(["test", "--locked", "--no-fail-fast"]).current_dir(workspace.root());
    command
}

impl Tools {
    fn page(&self, workspace: &Workspace, show: Show) -> Result<PathBuf> {
        Page::Release.build(workspace, self.toolchain, show, || Ok(self.page.clone()))
    }

    /// `cargo test` in the environment that end-to-end tests need.
    fn end_to_end(&self, workspace: &Workspace, page: &Path) -> Command {
        let mut command = cargo_test(workspace);
        command
            .env("TESSERA_SERVER", server::program(workspace, Build::Quick))
            .env("TESSERA_DIST", page)
            .env("TESSERA_DATA", workspace.path("data"))
            .env("CHROME", &self.browser.chrome)
            .env("CHROMEDRIVER", &self.browser.driver);
        command
    }
}

fn wasm_tests(workspace: &Workspace, tools: &Tools, report: &mut Report) {
    announce("Tests in a headless browser (about 4 minutes on 2 cores, later much less)");
    if let Some(mut tests) = report.prepare("wasm set-up", || wasm_test_command(workspace, tools)) {
        report.run_counted("wasm tests", &mut tests);
    }
}

/// The command that runs every package with wasm tests in the browser.
fn wasm_test_command(workspace: &Workspace, tools: &Tools) -> Result<Command> {
    let capabilities = workspace.wasm_target_dir().join("webdriver.json");
    fs::create_dir_all(workspace.wasm_target_dir())?;
    fs::write(&capabilities, webdriver_capabilities(&tools.browser).to_string())
        .with_context(|| format!("cannot write {}", capabilities.display()))?;
    let mut command = tools.toolchain.cargo(workspace);
    command
        .args(["test", "--locked", "--no-fail-fast", "--target", TARGET])
        .args(wasm_test_targets(workspace)?)
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", tools.page.wasm_bindgen.program("wasm-bindgen-test-runner"))
        .env("CHROMEDRIVER", &tools.browser.driver)
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &capabilities)
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "300")
        .env("WASM_BINDGEN_TEST_TIMEOUT", "900")
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
