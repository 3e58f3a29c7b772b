use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::Args;
use explorer_core::format;
use tessera::{
    dataset::{Dataset, DatasetError},
    verify::verify,
};

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
            println!("damaged: {error}");
            return Ok(ExitCode::from(5));
        }
        opened => opened?,
    };
    let report = verify(&dataset, &arguments.directory);
    for damage in &report.damage {
        println!("damaged: {damage}");
    }
    if report.damage.is_empty() {
        println!("{} tiles are sound", format::integer(report.n_tiles));
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "{} problems in {} tiles; build the dataset again from its .h5ad",
        format::integer(report.damage.len() as u64),
        format::integer(report.n_tiles)
    );
    Ok(ExitCode::from(5))
}
