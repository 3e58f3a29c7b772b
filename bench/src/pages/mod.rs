//! Whole pages in a headless browser: ours beside others' on the same points, and ours as the number of cells grows.

mod cellxgene;
mod dataset;
mod files;
mod measures;
mod memory;
mod ours;
mod own;
mod reactions;
mod report;
mod steps;
mod viewer;
mod visit;
mod web;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use e2e::{Browser, Environment};
use explorer_core::format;
use serde_json::json;
use tokio::runtime::{self, Runtime};

use crate::{clock, table};
use cellxgene::Cellxgene;
use dataset::Data;
use measures::Measures;
use viewer::Viewer;
use web::Packages;

pub use own::{OwnOptions, run as run_own};

/// Cells of the growth table's rows.
const GROWTH: [usize; 4] = [10_000, 100_000, 1_000_000, 4_300_000];

/// The options of `bench pages`.
#[derive(Args)]
pub struct Options {
    /// Numbers of cells
    #[arg(long, value_delimiter = ',')]
    cells: Vec<usize>,
    /// Our page alone, from 10 thousand cells to 4.3 million, unless --cells says otherwise
    #[arg(long)]
    growth: bool,
    /// Which viewers; ours comes first in any case
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Peer::Regl, Peer::Atlas, Peer::Cellxgene])]
    peers: Vec<Peer>,
    /// How often each page is loaded
    #[arg(long, default_value_t = 3)]
    loads: usize,
    /// Panels of our page, their cameras linked
    #[arg(long, default_value_t = 1)]
    panels: usize,
    /// Let no page receive more than so many megabits a second
    #[arg(long, value_name = "N")]
    megabits: Option<f64>,
    /// Keep the made-up data, some GB, for another run
    #[arg(long)]
    keep: bool,
    #[command(flatten)]
    programs: Programs,
}

/// What a page is driven with.
#[derive(Args)]
struct Programs {
    /// The tile server's program
    #[arg(long)]
    server: PathBuf,
    /// The folder of the built page
    #[arg(long)]
    dist: PathBuf,
    /// The browser's program
    #[arg(long)]
    browser: PathBuf,
    /// The program of the browser's driver
    #[arg(long)]
    driver: PathBuf,
}

impl Programs {
    fn environment(&self, folder: &Path) -> Environment {
        Environment {
            server: self.server.clone(),
            dist: self.dist.clone(),
            data: folder.to_owned(),
            chrome: self.browser.clone(),
            driver: self.driver.clone(),
            firefox: None,
            webkit: None,
            shots: folder.join("shots"),
        }
    }
}

/// Viewers that others have made.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Peer {
    /// regl-scatterplot, from npm
    Regl,
    /// embedding-atlas, from npm
    Atlas,
    /// cellxgene, from the Python Package Index
    Cellxgene,
}

/// Measures and prints.
///
/// # Errors
/// When our own page cannot be measured; a peer that cannot is said so.
pub fn run(folder: &Path, options: &Options) -> Result<()> {
    runtime()?.block_on(measure_all(folder, options))
}

fn runtime() -> Result<Runtime> {
    Ok(runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?)
}

async fn measure_all(folder: &Path, options: &Options) -> Result<()> {
    let environment = options.programs.environment(folder);
    let cells = match &options.cells[..] {
        [] if options.growth => GROWTH.to_vec(),
        [] => GROWTH[1..].to_vec(),
        given => given.to_vec(),
    };
    let peers = if options.growth { Vec::new() } else { install(folder, &options.peers) };
    if options.growth {
        println!("## Growth of our page\n");
    } else {
        println!("## Pages\n\n{}", report::LEGEND);
    }
    let unit = clock::calibrate();
    let mut growth = Vec::new();
    for cells in cells {
        let data = Data::make(folder, cells)?;
        let ours = measure(&environment, &ours::viewer(&environment, &data, options.panels)?, options).await?;
        if options.growth {
            growth.push((cells, ours));
        } else {
            let mut viewers = vec![("Tessera".to_owned(), ours)];
            for peer in &peers {
                let (name, measured) = peer.measure(&environment, &data, options).await;
                viewers.push((name, measured));
            }
            let network = options.megabits.map(|megabits| format!(" at {megabits} Mb/s")).unwrap_or_default();
            println!("### {} cells{network}\n\n{} when it ended.\n", format::integer(cells as u64), clock::load());
            report::print_comparison(&viewers);
        }
        if !options.keep {
            data.remove()?;
        }
    }
    if options.growth {
        report::print_growth(&growth, unit);
    } else {
        println!("Calibration loop: {}.\n", table::time(unit));
    }
    Ok(())
}

/// A peer that is installed.
enum Installed {
    Regl(Packages),
    Atlas(Packages),
    Cellxgene(Cellxgene),
}

/// Installs the peers; says of each that cannot be had why its column is missing.
fn install(folder: &Path, peers: &[Peer]) -> Vec<Installed> {
    let install = |peer: &Peer| -> Result<Installed> {
        Ok(match peer {
            Peer::Regl => Installed::Regl(Packages::install(folder)?),
            Peer::Atlas => Installed::Atlas(Packages::install(folder)?),
            Peer::Cellxgene => Installed::Cellxgene(Cellxgene::install(folder)?),
        })
    };
    let mut installed = Vec::new();
    for peer in peers {
        match install(peer) {
            Ok(peer) => installed.push(peer),
            Err(error) => {
                let name = peer.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
                println!("`{name}` is left out: {error:#}.\n");
            }
        }
    }
    installed
}

impl Installed {
    fn name(&self) -> &'static str {
        match self {
            Self::Regl(_) => "regl-scatterplot",
            Self::Atlas(_) => "embedding-atlas",
            Self::Cellxgene(_) => "cellxgene",
        }
    }

    fn viewer(&self, data: &Data) -> Result<Viewer> {
        match self {
            Self::Regl(packages) => packages.regl(data),
            Self::Atlas(packages) => packages.atlas(data),
            Self::Cellxgene(cellxgene) => cellxgene.viewer(data),
        }
    }

    /// What it is called and its measures; where it fails, no measures and a note.
    async fn measure(&self, environment: &Environment, data: &Data, options: &Options) -> (String, Measures) {
        let failed = |name: String, error: anyhow::Error| {
            (name, Measures { notes: vec![format!("failed: {error:#}")], ..Measures::default() })
        };
        let viewer = match self.viewer(data) {
            Ok(viewer) => viewer,
            Err(error) => return failed(self.name().to_owned(), error),
        };
        match measure(environment, &viewer, options).await {
            Ok(measures) => (viewer.name.clone(), measures),
            Err(error) => failed(viewer.name.clone(), error),
        }
    }
}

/// A viewer's measures, in a browser of its own.
async fn measure(environment: &Environment, viewer: &Viewer, options: &Options) -> Result<Measures> {
    eprintln!("measuring {}", viewer.name);
    let browser = Browser::start(environment, viewer.graphics, "pages").await?;
    browser.before_pages(visit::PROBE)?;
    if let Some(megabits) = options.megabits {
        throttle(&browser, megabits)?;
    }
    let measured = steps::measure(&browser, viewer, options.loads).await;
    let mut measures = measured.with_context(|| viewer.name.clone())?;
    measures.notes.splice(0..0, viewer.notes.iter().cloned());
    Ok(measures)
}

/// Slows the browser's network down.
fn throttle(browser: &Browser, megabits: f64) -> Result<()> {
    let bytes = megabits * 1e6 / 8.0;
    let network = json!({ "offline": false, "latency": 0, "downloadThroughput": bytes, "uploadThroughput": bytes });
    browser.devtools("Network.enable", &json!({}))?;
    browser.devtools("Network.emulateNetworkConditions", &network)?;
    Ok(())
}
