pub mod ask;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Result;
use builder::native::Existing;
use clap::{Args, Subcommand};
use corpus::native::{self, Added};
use explorer_core::format;
use tile_server::questions::{CompareQuestion, DonorsQuestion, MarkersQuestion, RankQuestion, SpecificQuestion};

use super::{progress::TerminalProgress, summarize::term_of, terminal};

/// The arguments of `tile-server corpus`.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Add up summaries, or corpora, to a new corpus
    Build {
        /// The directories of summaries or corpora
        #[arg(required = true, value_name = "DIR")]
        inputs: Vec<PathBuf>,
        /// The directory to write
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// The sums.parquet that an engine has added up of those of the inputs, of which only genes and groups are then read
        #[arg(long, value_name = "FILE")]
        from_parquet: Option<PathBuf>,
        /// Replace the directory if it exists
        #[arg(long)]
        force: bool,
        /// Print nothing but errors
        #[arg(long)]
        quiet: bool,
    },
    /// Add summaries to a corpus; of what it has, only small parts are written anew
    Add {
        /// The corpus
        corpus: PathBuf,
        /// The directories of summaries
        #[arg(required = true, value_name = "DIR")]
        inputs: Vec<PathBuf>,
        /// Print nothing but errors
        #[arg(long)]
        quiet: bool,
    },
    /// Remove a dataset from a corpus; only the part that has its cells is written anew
    Remove {
        /// The corpus
        corpus: PathBuf,
        /// The id of the dataset
        id: String,
        /// Print nothing but errors
        #[arg(long)]
        quiet: bool,
    },
    /// Find the marker genes of the cell types of a tissue, or the cell types that genes are markers of
    Markers(ask::Arguments<MarkersQuestion>),
    /// Compare the expression of two groups of cells over all datasets
    Compare(ask::Arguments<CompareQuestion>),
    /// Rank the cell types of all tissues by the expression of genes
    Rank(ask::Arguments<RankQuestion>),
    /// Find the genes that some cells express and others do not
    Specific(ask::Arguments<SpecificQuestion>),
    /// Say which donors are behind the expression of a gene
    Donors(ask::Arguments<DonorsQuestion>),
}

/// Makes, changes or asks a corpus.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let (added, is_quiet) = match &arguments.command {
        Command::Build { inputs, out, from_parquet, force, quiet } => {
            let progress = TerminalProgress::new(*quiet)?;
            let existing = if *force { Existing::Replace } else { Existing::Keep };
            let inputs: Vec<&Path> = inputs.iter().map(PathBuf::as_path).collect();
            let place = (out.as_path(), existing);
            (native::build_corpus(&inputs, from_parquet.as_deref(), place, &term_of, &progress)?, *quiet)
        }
        Command::Add { corpus, inputs, quiet } => {
            let inputs: Vec<&Path> = inputs.iter().map(PathBuf::as_path).collect();
            (native::add(corpus, &inputs, &term_of, &TerminalProgress::new(*quiet)?)?, *quiet)
        }
        Command::Remove { corpus, id, quiet } => (native::remove(corpus, id, &TerminalProgress::new(*quiet)?)?, *quiet),
        Command::Markers(arguments) => return ask::run(arguments),
        Command::Compare(arguments) => return ask::run(arguments),
        Command::Rank(arguments) => return ask::run(arguments),
        Command::Specific(arguments) => return ask::run(arguments),
        Command::Donors(arguments) => return ask::run(arguments),
    };
    if !is_quiet {
        say(&added);
    }
    Ok(ExitCode::SUCCESS)
}

fn say(added: &Added) {
    let manifest = &added.manifest;
    let n_cells: u64 = manifest.sources.iter().map(|source| u64::from(source.n_cells)).sum();
    terminal::say(&format!(
        "version {}: {}, {}, in {} of {}; {} written",
        manifest.version,
        format::plural(manifest.sources.len(), "dataset", "datasets"),
        format::plural(n_cells as usize, "cell", "cells"),
        format::plural(manifest.parts.len(), "part", "parts"),
        format::bytes(manifest.parts.iter().map(corpus::Part::n_bytes).sum()),
        format::bytes(added.n_bytes_written),
    ));
}
