//! `tile-server mend`: changes that need no decision.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use builder::{BuildError, Progress as _};
use clap::Args;
use h5ad::RawFile;
use schema::reference::Reference;
use schema::{Options, Report, State, changes, validate};

use super::{
    exit, output,
    progress::TerminalProgress,
    revised, terminal,
    validate::{Reading, lines},
};

/// The arguments of `tile-server mend`.
#[derive(Args)]
#[command(after_help = "\
Changed is only what has one right answer: lists are sorted, blanks and versions of genes removed, identifiers written in
the right case, names of genes replaced by the one identifier that they name, columns that submission writes and
categories without a cell left out, texts made categorical, matrices written as CSR, and numbers as float32 where that
loses nothing. All else stays; what is still wrong afterwards is told.")]
pub struct Arguments {
    /// The .h5ad file
    file: PathBuf,
    /// The copy, where nothing may be
    #[arg(long, value_name = "NEW.h5ad", required_unless_present = "dry_run")]
    out: Option<PathBuf>,
    /// Tell the changes, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Say nothing about progress
    #[arg(long, short)]
    quiet: bool,
}

/// Tells the changes, and writes the copy.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let Arguments { file: path, out, dry_run, quiet } = arguments;
    let out = out.as_ref().filter(|_| !dry_run);
    if let Some(out) = out {
        output::must_be_free(out)?;
    }
    let progress = TerminalProgress::new(*quiet)?;
    let watch = Reading::new(&progress);
    let file = RawFile::open(path)?;
    let reference = Reference::embedded();
    let Ok(report) = validate(&file, &reference, Options::default(), &watch) else {
        return Ok(ExitCode::from(exit::INTERRUPTED));
    };
    let mut changes = changes(&file, &report.fixes())?;
    changes.leave_inexact(&file, &watch)?;
    if progress.is_stopped() {
        return Ok(ExitCode::from(exit::INTERRUPTED));
    }
    terminal::print_lines(changes.lines(&report, *dry_run))?;
    if changes.is_empty() {
        terminal::say(&format!("{}: nothing to change that needs no decision", path.display()));
    }
    let Some(out) = out else { return Ok(ExitCode::SUCCESS) };
    let mut after = None;
    revised::write(
        path,
        out,
        |revision| {
            let mut stage = None;
            changes.apply(revision, &mut |place| {
                stage = None;
                stage = place.map(|place| progress.stage(format!("writing {place}"), 1));
            })?;
            Ok(())
        },
        |copy| {
            let copy = RawFile::open(copy)?;
            let found = validate(&copy, &reference, Options::default(), &watch);
            after = Some(found.map_err(|schema::Stopped| BuildError::Interrupted)?);
            let is_unread = |report: &Report| report.state == State::Unknown;
            // Nobody is helped by a copy that cannot be read where the file can.
            ensure!(
                is_unread(&report) || !after.as_ref().is_some_and(is_unread),
                "the copy could not be read back, so that it was not kept: please tell us of this file"
            );
            Ok(())
        },
    )?;
    if let Some(mut after) = after {
        after.file = out.display().to_string();
        terminal::print_lines(lines(&after))?;
    }
    Ok(ExitCode::SUCCESS)
}
