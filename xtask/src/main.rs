//! The workshop: everything that is done to this repository is done by `cargo xtask`.
//!
//! It installs what a command needs, says what it does and how long that tends to take, and
//! turns every failure into one sentence that says what to do.

mod bench;
mod ci;
mod codegen;
mod corpus;
mod demo;
mod deploy;
mod dist;
mod front_end;
mod generate;
mod hash;
mod ontology;
mod process;
mod python;
mod reference;
mod server;
mod setup;
mod size;
mod test;
mod tidy;
mod wasm;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use front_end::Page;
use workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, tests and shows Tessera")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Find or install the tools that the other commands need
    Setup {
        /// Also what the tests need: a browser, its driver, a software GPU
        #[arg(long)]
        tests: bool,
    },
    /// Build everything, serve the demo dataset and open the Explorer
    Demo(demo::Options),
    /// Write a realistic, made-up .h5ad of any size
    Generate(generate::Options),
    /// Measure, and print the tables of BENCHMARKS.md
    Bench(bench::Options),
    /// Run every test: native, wasm in a real browser, end to end
    Test(test::Options),
    /// Everything that must pass before a change lands
    Ci {
        /// Leave out what `cargo xtask test` runs
        #[arg(long)]
        no_tests: bool,
    },
    /// Generate Rust from the FlatBuffers schemas
    Codegen {
        /// Only tell whether the generated files fit the schemas
        #[arg(long)]
        check: bool,
    },
    /// Write the table of terms that the catalog's facets roll up by, from a pinned Python package
    Ontology,
    /// Write the tables of terms and genes that the schema is checked against, from two pinned Python packages
    Reference {
        /// Only tell whether the committed tables are what the packages give
        #[arg(long)]
        check: bool,
    },
    /// Build the Python package's wheel, install it into a clean environment and run its tests there
    Python(python::Options),
    /// Check the rules of the repository that no compiler knows
    Tidy,
    /// Build the page into dist/
    FrontEnd {
        /// Build it as the demo does: sooner there, larger, and into target/
        #[arg(long)]
        quick: bool,
    },
    /// Build what is released: one static program with the page inside, packed, with its checksum
    Dist,
    /// Print the size of the built front end and compare it with its budget
    Size {
        /// The folder that holds the built front end
        #[arg(long, default_value = "dist")]
        dist: PathBuf,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    let workspace = Workspace::find()?;
    match command {
        Command::Setup { tests } => setup::run(&workspace, tests),
        Command::Demo(options) => demo::run(&workspace, &options),
        Command::Generate(options) => generate::run(&workspace, &options),
        Command::Bench(options) => bench::run(&workspace, &options),
        Command::Test(options) => test::run(&workspace, &options),
        Command::Ci { no_tests } => ci::run(&workspace, no_tests),
        Command::Codegen { check: true } => codegen::check(&workspace),
        Command::Codegen { check: false } => codegen::generate(&workspace),
        Command::Ontology => ontology::run(&workspace),
        Command::Reference { check } => reference::run(&workspace, check),
        Command::Python(options) => python::run(&workspace, &options),
        Command::Tidy => tidy::run(&workspace),
        Command::FrontEnd { quick } => {
            let page = if quick { Page::Quick } else { Page::Release };
            println!("The page is in {}", page.build_alone(&workspace)?.display());
            Ok(())
        }
        Command::Dist => dist::run(&workspace),
        Command::Size { dist } => size::check(&workspace.path(dist)),
    }
}
