//! `synthetic`: writes a made-up `.h5ad` of any size.

use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};
use indicatif::{HumanBytes, HumanCount, HumanDuration, ProgressBar, ProgressStyle};
use synthetic::h5ad::{self, Compression, Layout, Options, Progress, Raw, Views};
use synthetic::{Model, Spec};

/// Writes a realistic, made-up single-cell dataset: the same for the same numbers, on any machine
#[derive(Parser)]
#[command(name = "synthetic")]
struct Cli {
    /// Number of cells
    #[arg(long)]
    cells: usize,
    /// Number of genes
    #[arg(long)]
    genes: usize,
    /// Which of all datasets of this size
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The file to write [default: synthetic-CELLSxGENES-SEED.h5ad]
    #[arg(long, value_name = "FILE.h5ad")]
    out: Option<PathBuf>,
    /// How X is laid out
    #[arg(long, value_enum, default_value_t = Format::Csr)]
    format: Format,
    /// What is done to the bytes
    #[arg(long, value_enum, default_value_t = Compressed::None)]
    compression: Compressed,
    /// Keep the counts too, in raw, which doubles the file
    #[arg(long)]
    raw: bool,
    /// Add an embedding of three dimensions, and spots on a tissue with its image
    #[arg(long)]
    views: bool,
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
    /// Say nothing unless it fails
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Compressed sparse rows, cell by cell
    Csr,
    /// Compressed sparse columns, gene by gene
    Csc,
    /// Every value, zeros too
    Dense,
}

#[derive(Clone, Copy, ValueEnum)]
enum Compressed {
    /// HDF5's gzip filter, as `write_h5ad(compression="gzip")`
    Gzip,
    /// Nothing
    None,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    let started = Instant::now();
    let spec = Spec { n_cells: cli.cells, n_genes: cli.genes, seed: cli.seed };
    let default = || PathBuf::from(format!("synthetic-{}x{}-{}.h5ad", cli.cells, cli.genes, cli.seed));
    let out = cli.out.clone().unwrap_or_else(default);
    if out.exists() && !cli.force {
        bail!("{} is there already; --force replaces it", out.display());
    }
    let options = Options {
        layout: match cli.format {
            Format::Csr => Layout::Csr,
            Format::Csc => Layout::Csc,
            Format::Dense => Layout::Dense,
        },
        compression: match cli.compression {
            // The level that h5py takes.
            Compressed::Gzip => Compression::Gzip { level: 4 },
            Compressed::None => Compression::None,
        },
        raw: if cli.raw { Raw::Counts } else { Raw::Absent },
        views: if cli.views { Views::SpaceAndTissue } else { Views::Flat },
    };
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed)).context("cannot listen for Ctrl-C")?;

    let model = Model::new(spec)?;
    let mut display = Display::new(cli);
    let written = h5ad::write(&model, &out, options, |step| {
        display.show(step);
        if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    display.bar.finish_and_clear();
    let summary = written.with_context(|| format!("cannot write {}", out.display()))?;
    if !cli.quiet {
        let spent = started.elapsed().as_secs_f64();
        eprintln!(
            "{}: {}, {} non-zeros in {spent:.1} s ({} non-zeros/s)",
            out.display(),
            HumanBytes(summary.bytes),
            HumanCount(summary.nnz),
            HumanCount((summary.nnz as f64 / spent) as u64),
        );
    }
    Ok(())
}

/// A bar on a terminal, a line now and then elsewhere, or nothing.
struct Display {
    bar: ProgressBar,
    lines: bool,
    started: Instant,
    shown: Instant,
    n_cells: usize,
    n_genes: usize,
    stage: &'static str,
}

impl Display {
    fn new(cli: &Cli) -> Self {
        let on_terminal = std::io::stderr().is_terminal();
        let bar = if cli.quiet || !on_terminal {
            ProgressBar::hidden()
        } else {
            let style = "{msg:6} {wide_bar} {human_pos}/{human_len} {per_sec} {eta} left";
            let style = ProgressStyle::with_template(style).expect("the template is well-formed");
            ProgressBar::no_length().with_style(style)
        };
        let now = Instant::now();
        Self {
            bar,
            lines: !cli.quiet && !on_terminal,
            started: now,
            shown: now,
            n_cells: cli.cells,
            n_genes: cli.genes,
            stage: "",
        }
    }

    fn show(&mut self, step: Progress) {
        let (stage, done, of) = match step {
            Progress::Cells { cells, .. } => ("cells", cells, self.n_cells),
            Progress::Genes(genes) => ("genes", genes, self.n_genes),
        };
        if self.stage != stage {
            self.stage = stage;
            self.started = Instant::now();
            self.bar.set_length(of as u64);
            self.bar.set_message(stage);
            self.bar.reset();
        }
        self.bar.set_position(done as u64);
        if self.lines && self.shown.elapsed() > Duration::from_secs(10) {
            self.shown = Instant::now();
            let spent = self.started.elapsed();
            let left = spent.mul_f64((of - done) as f64 / done.max(1) as f64);
            let rate = HumanCount((done as f64 / spent.as_secs_f64().max(1e-9)) as u64);
            let (done, of) = (HumanCount(done as u64), HumanCount(of as u64));
            eprintln!("{stage}: {done} of {of} ({rate}/s, {} left)", HumanDuration(left));
        }
    }
}
