//! `tile-server mend`: changes that need no decision.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use builder::{BuildError, Progress as _};
use clap::Args;
use h5ad::RawFile;
use schema::reference::Reference;
use schema::{Options, changes, validate};

use super::{
    exit, output,
    progress::TerminalProgress,
    revised::{Original, code_of, is_unread},
    terminal,
    validate::{Reading, lines},
};

/// The arguments of `tile-server mend`.
#[derive(Args)]
#[command(after_help = "\
Changed is only what has one right answer: lists are sorted, blanks and versions of genes removed, identifiers written in
the right case, names of genes replaced by the one identifier that they name, columns that submission writes and
categories without a cell left out, texts made categorical, matrices written as CSR, and numbers as float32 where that
loses nothing. All else stays; what is still wrong afterwards is told.

Exit codes: 0 the copy follows the schema, or --dry-run has told the changes; 5 the copy is written and does not follow
the schema yet; 3 the file cannot be read, and nothing is written.")]
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
        output::check_cells(out)?;
        output::must_be_free(out)?;
    }
    let progress = TerminalProgress::new(*quiet)?;
    let watch = Reading::new(&progress);
    let original = Original::of(path);
    let file = RawFile::open(path)?;
    let reference = Reference::embedded();
    let Ok(report) = validate(&file, &reference, Options::default(), &watch) else {
        return Ok(ExitCode::from(exit::INTERRUPTED));
    };
    original.must_be_as_before()?;
    if is_unread(&report) {
        terminal::print_lines(lines(&report))?;
        return Ok(ExitCode::from(exit::INPUT));
    }
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
    original.write(
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
            let found = found.map_err(|schema::Stopped| BuildError::Interrupted)?;
            ensure!(
                !is_unread(&found),
                "the copy could not be read back, so that it was not kept: please tell us of this file"
            );
            after = Some(found);
            Ok(())
        },
    )?;
    let Some(mut after) = after else { return Ok(ExitCode::SUCCESS) };
    after.file = out.display().to_string();
    terminal::print_lines(lines(&after))?;
    Ok(ExitCode::from(code_of(&after)))
}
