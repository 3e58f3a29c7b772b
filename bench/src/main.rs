//! Measures Tessera, and prints what `BENCHMARKS.md` holds. `cargo xtask bench` starts it.

mod build;
mod clock;
mod compare;
mod data;
mod de;
mod interact;
mod pages;
mod peers;
mod questions;
mod table;
mod wasm;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};

use data::Size;

/// Measures Tessera; every command prints tables in Markdown
#[derive(Parser)]
#[command(name = "bench")]
struct Cli {
    /// Where data is made and kept
    #[arg(long, default_value = "target/bench", global = true)]
    folder: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build a made-up dataset, compare sets of its cells by every route, rank its markers
    De {
        #[command(flatten)]
        size: Size,
        /// Take the dataset that an earlier run built
        #[arg(long)]
        reuse: bool,
        /// Also by scanpy, from the Python Package Index
        #[arg(long)]
        peers: bool,
    },
    /// Run the kernels natively and in a headless browser
    Wasm {
        #[command(flatten)]
        size: Size,
        /// What wasm-bindgen made of the kernels, with `--target no-modules`
        #[arg(long)]
        module: PathBuf,
        /// The browser's program
        #[arg(long)]
        browser: PathBuf,
    },
    /// Brush, lasso and color the cells of growing datasets, without a page
    Interact {
        /// Numbers of cells, comma-separated
        #[arg(long, value_delimiter = ',', default_values_t = INTERACT)]
        cells: Vec<usize>,
    },
    /// Drive a headless browser through our page and through others' on the same points
    Pages(pages::Options),
    /// Open files of the user's own in the page, and build their datasets there
    Own(pages::OwnOptions),
    /// Everything, for BENCHMARKS.md
    All {
        /// How large
        #[arg(long, value_enum, default_value_t = Sizes::Small)]
        sizes: Sizes,
        /// As in `wasm`
        #[arg(long)]
        module: PathBuf,
        /// As in `wasm`
        #[arg(long)]
        browser: PathBuf,
    },
    /// Build one file into tiles and print the measures as JSON: the fresh process of the other commands
    #[command(hide = true)]
    Build { input: PathBuf, out: PathBuf },
}

/// Sizes of datasets.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Sizes {
    /// 100 000 cells × 20 000 genes: 4 GB of disk, some minutes
    Small,
    /// Also 483 152 cells × 60 000 genes: 12 GB of disk, about half an hour
    Large,
}

/// Up to the largest atlas there is.
const INTERACT: [usize; 5] = [10_000, 100_000, 1_000_000, 1_500_000, 4_300_000];
const SMALL: Size = Size { cells: 100_000, genes: 20_000 };
const LARGE: Size = Size { cells: 483_152, genes: 60_000 };

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(Cli { folder, command }: Cli) -> Result<()> {
    match command {
        Command::De { size, reuse, peers } => {
            print_machine();
            de::print(&folder, size, reuse, peers)
        }
        Command::Wasm { size, module, browser } => {
            print_machine();
            wasm::print(&data::tiles_of(size, &folder)?, &folder, &module, &browser)
        }
        Command::Interact { cells } => {
            print_machine();
            interact::print(&folder, &cells)
        }
        Command::Pages(options) => {
            print_machine();
            pages::run(&folder, &options)
        }
        Command::Own(options) => {
            print_machine();
            pages::run_own(&folder, &options)
        }
        Command::All { sizes, module, browser } => {
            print_machine();
            de::print(&folder, SMALL, false, true)?;
            wasm::print(&data::tiles_of(SMALL, &folder)?, &folder, &module, &browser)?;
            if sizes == Sizes::Large {
                de::print(&folder, LARGE, false, false)?;
            }
            Ok(())
        }
        Command::Build { input, out } => build::run_and_print(&input, &out),
    }
}

fn print_machine() {
    println!("{}; {} when it began.\n", clock::processor(), clock::load());
}
