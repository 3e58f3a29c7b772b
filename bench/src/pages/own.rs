//! Files of the user's own: chosen on the page, seen, built there.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use e2e::{Browser, Environment, Graphics, Page, TileServer};
use fantoccini::Locator;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Programs, dataset::Data, memory, runtime, visit::PROBE};
use crate::{clock, data, data::Size, table};

/// The sizes that are measured unless files are named.
const SIZES: [Size; 2] = [Size { cells: 3_000, genes: 14_000 }, Size { cells: 100_000, genes: 20_000 }];

/// Cells of the dataset that the page's server has meanwhile.
const SERVED: usize = 10_000;

const FIELD: &str = "[data-testid=device-file]";

/// How often the page is looked at.
const PAUSE: Duration = Duration::from_millis(50);

/// How often memory is looked at, once there is a picture.
const MEMORY_PAUSE: Duration = Duration::from_secs(1);

/// The longest that a file may take, in seconds.
const PATIENCE: f64 = 1_200.0;

/// What is on the page: whether cells are drawn, when that was first seen, and whether genes are there. Times are in
/// milliseconds of the clock on the wall, since the page is opened anew while a file is built.
const FACTS: &str = "(() => { \
    const first = window.__probe.seen.find(seen => seen.lit >= 0.001)?.at ?? null; \
    const by = name => document.querySelector(`[data-testid=${name}]`); \
    const ready = by('canvas')?.dataset.state === 'ready'; \
    return { now: performance.timeOrigin + performance.now(), \
             first: ready && first !== null ? performance.timeOrigin + first : null, \
             complete: ready && by('device-banner') === null && by('gene-search') !== null, \
             failure: window.__probe.failure ?? by('error')?.textContent ?? null }; })()";

/// The options of `bench own`.
#[derive(Args)]
pub struct OwnOptions {
    /// The files; made-up ones of 3 000 x 14 000 and 100 000 x 20 000 when none is named
    #[arg(long, value_delimiter = ',')]
    files: Vec<PathBuf>,
    /// How often each is opened, each time by a browser that has nothing
    #[arg(long, default_value_t = 3)]
    loads: usize,
    #[command(flatten)]
    programs: Programs,
}

#[derive(Deserialize)]
struct Facts {
    now: f64,
    first: Option<f64>,
    complete: bool,
    failure: Option<String>,
}

/// What one opening took.
struct Opened {
    /// Seconds until cells were drawn.
    first: f64,
    /// Seconds until all genes were there.
    complete: f64,
    /// The most bytes that the page's process held, its workers included.
    page: Option<f64>,
    /// The most bytes that all processes of the browser held.
    browser: Option<f64>,
}

/// Measures and prints.
///
/// # Errors
/// When a file cannot be opened.
pub fn run(folder: &Path, options: &OwnOptions) -> Result<()> {
    runtime()?.block_on(measure_all(folder, options))
}

async fn measure_all(folder: &Path, options: &OwnOptions) -> Result<()> {
    let environment = options.programs.environment(folder);
    let files = if options.files.is_empty() { made_up(folder)? } else { options.files.clone() };
    let served = TileServer::start(&environment, &Data::make(folder, SERVED)?.tiles)?;
    let mut rows = table::Table::new(["File", "Bytes", "First picture", "All genes", "Page and workers", "Browser"]);
    for file in &files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let mut loads = Vec::new();
        for load in 0..options.loads {
            eprintln!("opening {name}, {} of {}", load + 1, options.loads);
            loads.push(open(&environment, served.address(), file).await.with_context(|| name.to_string())?);
        }
        let median = |of: fn(&Opened) -> f64| clock::median(&loads.iter().map(of).collect::<Vec<_>>());
        let most = |of: fn(&Opened) -> Option<f64>| {
            let most = loads.iter().filter_map(of).max_by(f64::total_cmp);
            most.map_or("unknown".to_owned(), |n_bytes| table::bytes(n_bytes as u64))
        };
        rows.push([
            name.to_string(),
            table::bytes(fs::metadata(file)?.len()),
            table::time(median(|opened| opened.first)),
            table::time(median(|opened| opened.complete)),
            most(|opened| opened.page),
            most(|opened| opened.browser),
        ]);
    }
    println!("## Files of the user's own\n\nSince the file was chosen; medians of {} openings, the most memory.\n", {
        options.loads
    });
    rows.print();
    println!("{} when it ended.\n", clock::load());
    Ok(())
}

fn made_up(folder: &Path) -> Result<Vec<PathBuf>> {
    let make = |size: Size| {
        let file = size.h5ad(folder);
        data::generate(size, &file).map(|()| file)
    };
    SIZES.into_iter().map(make).collect()
}

/// Opens a file in a browser of its own.
async fn open(environment: &Environment, address: &str, file: &Path) -> Result<Opened> {
    let browser = Browser::start(environment, Graphics::WebGpu, "own").await?;
    browser.before_pages(PROBE)?;
    let page = Page::new(&browser);
    page.goto(address).await?;
    page.element("device-open").await?;
    let path = file.canonicalize()?;
    let started = facts(&page).await?.context("the page is there")?.now;
    page.client().find(Locator::Css(FIELD)).await?.send_keys(&path.to_string_lossy()).await?;
    let mut opened = Opened { first: f64::NAN, complete: f64::NAN, page: None, browser: None };
    let mut looked = Instant::now();
    loop {
        // While one page follows another there is nothing to ask.
        if let Some(facts) = facts(&page).await? {
            if let Some(failure) = facts.failure {
                bail!("the page fails: {failure}");
            }
            if let (Some(first), true) = (facts.first, opened.first.is_nan()) {
                opened.first = (first - started) / 1e3;
            }
            if facts.complete {
                opened.complete = (facts.now - started) / 1e3;
                return Ok(opened);
            }
            if facts.now - started > PATIENCE * 1e3 {
                bail!("it takes more than {PATIENCE} s");
            }
        }
        // To look at memory takes a processor some time, too, which the page is not to lack.
        if !opened.first.is_nan() && looked.elapsed() > MEMORY_PAUSE {
            opened.page = larger(opened.page, memory::of_page());
            opened.browser = larger(opened.browser, memory::of_browser());
            looked = Instant::now();
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn larger(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    a.into_iter().chain(b).max_by(f64::total_cmp)
}

async fn facts(page: &Page<'_>) -> Result<Option<Facts>> {
    let Ok(facts) = page.evaluate(FACTS, Value::Null).await else { return Ok(None) };
    if facts == json!(null) { Ok(None) } else { Ok(Some(serde_json::from_value(facts)?)) }
}
