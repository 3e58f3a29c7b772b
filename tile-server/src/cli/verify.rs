use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use explorer_core::format;
use tessera::{dataset::DatasetError, verify::verify};

use super::{
    dataset_argument::{DatasetArgument, Freshness},
    exit,
    remote_inputs::DATASET_PLACES,
    terminal,
};

/// The arguments of `tile-server verify`.
#[derive(Args)]
#[command(after_help = DATASET_PLACES)]
pub struct Arguments {
    #[command(flatten)]
    dataset: DatasetArgument,
}

/// Checks every tile, and prints what is damaged.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let (dataset, files) = match arguments.dataset.open(Freshness::Anew) {
        // A manifest of another version is whole.
        Err(error) if is_damage(&error) => {
            terminal::print_lines([format!("damaged: {error}")])?;
            return Ok(ExitCode::from(exit::DAMAGE));
        }
        opened => opened?,
    };
    let report = verify(&dataset, &*files);
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

fn is_damage(error: &anyhow::Error) -> bool {
    match error.downcast_ref() {
        Some(error @ DatasetError::Manifest { .. }) => !error.is_of_another_version(),
        Some(_) | None => false,
    }
}
