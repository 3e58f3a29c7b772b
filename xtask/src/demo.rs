//! `cargo xtask demo`: from a bare machine to the Explorer in the browser.

use std::io::{BufRead, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::front_end::Page;
use crate::process::{self, Show, announce};
use crate::server::{self, Build};
use crate::workspace::Workspace;
use crate::{corpus, generate, setup};

/// The dataset that comes with the repository.
const DEMO_INPUT: &str = "data/pbmc68k_reduced.h5ad";

/// The options of `cargo xtask demo`.
#[derive(Args)]
pub struct Options {
    /// The port to serve on; 0 lets the system choose
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// Do not open the browser, only print the address
    #[arg(long)]
    no_open: bool,
    /// Show your own data (.h5ad) instead of the demo dataset
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Show so many made-up cells instead of the demo dataset; the file is kept for the next time
    #[arg(long, value_name = "N", conflicts_with = "input")]
    cells: Option<usize>,
    /// Show Gene Expression over a corpus of made-up datasets, and say how to ask it on the command line
    #[arg(long, conflicts_with_all = ["input", "cells"])]
    corpus: bool,
    /// Number of genes of the made-up cells; 20000 is a whole genome, and 16 GB a million cells
    #[arg(long, value_name = "G", default_value_t = 2_000, requires = "cells")]
    genes: usize,
}

/// Builds everything, serves, and opens the page; returns when the server has stopped.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let (input, page, build) = match (&options.input, options.cells) {
        _ if options.corpus => (corpus::make(workspace)?, Page::Quick, Build::Quick),
        (Some(file), _) => (std::path::absolute(file)?, Page::Release, Build::Release),
        (None, Some(cells)) => (generate::cached(workspace, cells, options.genes)?, Page::Release, Build::Release),
        (None, None) => (workspace.path(DEMO_INPUT), Page::Quick, Build::Quick),
    };
    if !input.exists() {
        bail!("there is no file {}", input.display());
    }
    let (page, program) = build_both(workspace, page, build)?;

    announce("Starting the tile server; Ctrl-C stops it");
    let mut command = server::serve(workspace, &program, &page, &input, options.port);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    // In a group of its own, so that Ctrl-C reaches it once, from here.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
    let stopping = stop_with_us(&child)?;
    watch_output(&mut child, options.no_open)?;
    let status = child.wait().context("lost sight of the tile server")?;
    if status.success() || stopping.load(Ordering::SeqCst) {
        Ok(())
    } else {
        bail!("the tile server stopped ({status}); what it said is above")
    }
}

/// Builds page and server at once: neither keeps all cores busy. Returns the page's folder and the server's program.
fn build_both(workspace: &Workspace, page: Page, build: Build) -> Result<(PathBuf, PathBuf)> {
    let toolchain = setup::toolchain(workspace)?;
    std::thread::scope(|scope| {
        let (sender, installed) = std::sync::mpsc::channel();
        let program = scope.spawn(move || {
            // The page waits for it at the end; what is not there then is told there.
            let _ = sender.send(setup::page_tools(workspace, page, Show::Nothing));
            server::build(workspace, build, Show::Nothing)
        });
        let tools = || installed.recv().context("the tools' installation broke off")?;
        let folder = page.build(workspace, toolchain, Show::Output, tools);
        let program = program.join().map_err(|_| anyhow::anyhow!("the server's build broke off"))?;
        Ok((folder?, program?))
    })
}

/// Hands Ctrl-C, SIGTERM and SIGHUP on to the server, which then finishes its requests and ends.
fn stop_with_us(child: &Child) -> Result<Arc<AtomicBool>> {
    let stopping = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stopping);
    let id = child.id().to_string();
    ctrlc::set_handler(move || {
        flag.store(true, Ordering::SeqCst);
        let mut stop = if cfg!(windows) {
            let mut stop = Command::new("taskkill");
            stop.args(["/PID", &id, "/T", "/F"]);
            stop
        } else {
            let mut stop = Command::new("kill");
            stop.args(["-TERM", &id]);
            stop
        };
        let _ = stop.status();
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(stopping)
}

/// Passes on what the server prints, and opens the page once it says where it is.
fn watch_output(child: &mut Child, no_open: bool) -> Result<()> {
    let stdout = child.stdout.take().context("the server has no output")?;
    let mut opened = false;
    for line in BufReader::new(stdout).lines() {
        let line = line.context("cannot read what the server prints")?;
        println!("{line}");
        let _ = std::io::stdout().flush();
        let Some(url) = address_in(&line) else {
            continue;
        };
        if opened {
            continue;
        }
        opened = true;
        println!("\nThe Explorer is at {url}\n");
        if !no_open && !open_browser(url) {
            println!("Open this address in a browser; none could be started from here.");
        }
    }
    Ok(())
}

/// The address in the line that the server prints when it is ready.
fn address_in(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once(server::LISTENING)?;
    let url = rest.split_whitespace().next()?;
    url.starts_with("http://").then_some(url)
}

/// Whether a browser could be asked to show the page.
fn open_browser(url: &str) -> bool {
    let (program, arguments): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("cmd", &["/C", "start", ""])
    } else {
        ("xdg-open", &[])
    };
    if cfg!(target_os = "linux") && !has_display() {
        return false;
    }
    let mut command = Command::new(program);
    command.args(arguments).arg(url);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    process::which(program).is_some() && command.spawn().is_ok()
}

fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|variable| std::env::var_os(variable).is_some_and(|value| !value.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_the_servers_line() {
        assert_eq!(address_in("listening on http://127.0.0.1:8787/"), Some("http://127.0.0.1:8787/"));
        assert_eq!(address_in("built 4 packs"), None);
        assert_eq!(address_in("listening on a socket"), None);
    }
}
