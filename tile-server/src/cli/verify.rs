use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::Args;
use explorer_core::format;
use tessera::{
    dataset::{Dataset, DatasetError},
    verify::verify,
};

use super::terminal;

/// The arguments of `tile-server verify`.
#[derive(Args)]
pub struct Arguments {
    /// The dataset directory
    directory: PathBuf,
}

/// Checks every tile, and prints what is damaged.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let dataset = match Dataset::open(&arguments.directory) {
        // A manifest of another version is whole.
        Err(error @ DatasetError::Manifest { .. }) if !error.is_of_another_version() => {
            terminal::print_lines([format!("damaged: {error}")])?;
            return Ok(ExitCode::from(5));
        }
        opened => opened?,
    };
    let report = verify(&dataset, &arguments.directory);
    let n_tiles = format::integer(report.n_tiles);
    if report.damage.is_empty() {
        terminal::print_lines([format!("{n_tiles} tiles are sound")])?;
        return Ok(ExitCode::SUCCESS);
    }
    let n_problems = format::integer(report.damage.len() as u64);
    let verdict = format!("{n_problems} problems in {n_tiles} tiles; build the dataset again from its .h5ad");
    let damage = report.damage.iter().map(|damage| format!("damaged: {damage}"));
    terminal::print_lines(damage.chain([verdict]))?;
    Ok(ExitCode::from(5))
}
