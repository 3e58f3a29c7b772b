use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::Args;
use explorer_core::format;
use tessera::{
    dataset::{Dataset, DatasetError},
    verify::verify,
};

use super::{exit, terminal};

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
            return Ok(ExitCode::from(exit::DAMAGE));
        }
        opened => opened?,
    };
    let report = verify(&dataset, &arguments.directory);
    let tiles = format::plural(report.n_tiles as usize, "tile", "tiles");
    if report.damage.is_empty() {
        let are = if report.n_tiles == 1 { "is" } else { "are" };
        terminal::print_lines([format!("{tiles} {are} sound")])?;
        return Ok(ExitCode::SUCCESS);
    }
    let problems = format::plural(report.damage.len(), "problem", "problems");
    let verdict = format!("{problems} in {tiles}; build the dataset again from its .h5ad");
    let damage = report.damage.iter().map(|damage| format!("damaged: {damage}"));
    terminal::print_lines(damage.chain([verdict]))?;
    Ok(ExitCode::from(exit::DAMAGE))
}
