//! The command line.

mod build;
mod de;
mod inspect;
mod markers;
mod progress;
mod serve;
mod verify;

use std::process::ExitCode;

use anyhow::Error;
use builder::BuildError;
use clap::{Parser, Subcommand};
use tessera::{dataset::DatasetError, markers::MarkersError};

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  something else went wrong
  2  the command line is wrong
  3  the input is wrong: not AnnData, broken, or lacking what is needed
  4  a file cannot be read or written
  5  verify found damage
  130  interrupted";

/// Tessera: single-cell datasets as tiles, and the Explorer that shows them
#[derive(Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build a dataset directory from an .h5ad file
    Build(build::Arguments),
    /// Serve datasets and the Explorer; .h5ad files are built into a cache first
    Serve(serve::Arguments),
    /// Say what a dataset holds
    Inspect(inspect::Arguments),
    /// Check every tile of a dataset
    Verify(verify::Arguments),
    /// Compare the expression of two sets of cells (Welch's t-test) and write a table
    De(de::Arguments),
    /// Find the markers of every label of a column and write a table
    Markers(markers::Arguments),
}

/// Runs the command that was asked for.
pub fn run() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Build(arguments) => build::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::De(arguments) => de::run(&arguments),
        Command::Markers(arguments) => markers::run(&arguments),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", chain(&error));
            ExitCode::from(exit_code(&error))
        }
    }
}

/// The error and what lies behind it, each part once.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

fn exit_code(error: &Error) -> u8 {
    use h5ad::H5adError;
    match error.downcast_ref::<BuildError>() {
        Some(BuildError::Input(H5adError::Io { .. }) | BuildError::Output { .. }) => return 4,
        Some(
            BuildError::OutputExists { .. } | BuildError::OutputIsForeign { .. } | BuildError::NoSuchColumn { .. },
        ) => return 2,
        Some(BuildError::Interrupted) => return 130,
        Some(_) => return 3,
        None => {}
    }
    match error.downcast_ref::<DatasetError>() {
        Some(DatasetError::NoManifest { .. } | DatasetError::Read { .. }) => 4,
        Some(_) => 3,
        None if error.is::<std::io::Error>() => 4,
        None if error.is::<de::UsageError>() || error.is::<MarkersError>() => 2,
        None => 1,
    }
}
