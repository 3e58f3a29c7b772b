//! `tile-server label`: the columns and keys that submission to CELLxGENE writes.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};
use builder::{BuildError, Progress};
use clap::Args;
use h5ad::{RawFile, UnsValue};
use schema::reference::Reference;
use schema::{LabelValue, Options, Report, Severity, labels, validate};

use super::{
    output,
    progress::TerminalProgress,
    revised::{Original, code_of},
    terminal,
    validate::{Reading, lines},
};

/// The arguments of `tile-server label`.
#[derive(Args)]
#[command(after_help = "\
The file must follow the schema. The copy has the columns of labels in obs, var and raw.var, the keys in uns, and no
categories without a cell; labels that are there already are written anew. Matrices are copied as they are.

Exit codes: 0 the copy is written, 5 the file does not follow the schema, 3 it cannot be read; nothing is written then.")]
pub struct Arguments {
    /// The .h5ad file
    file: PathBuf,
    /// The copy, where nothing may be
    #[arg(long, value_name = "NEW.h5ad")]
    out: PathBuf,
    /// The dataset is before analysis: it has no cell types
    #[arg(long)]
    pre_analysis: bool,
    /// Say nothing about progress
    #[arg(long, short)]
    quiet: bool,
}

/// What became of a file that was to be labeled.
pub enum Labeled {
    /// The copy is there.
    Written {
        /// What the file was found to be, without errors.
        report: Report,
        /// Columns of labels.
        n_columns: usize,
        /// What was left out and why.
        notes: Vec<String>,
    },
    /// The file does not follow the schema, or cannot be read.
    Refused(Report),
}

/// Writes the copy.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let Arguments { file: path, out, pre_analysis, quiet } = arguments;
    output::check_cells(out)?;
    output::must_be_free(out)?;
    let progress = TerminalProgress::new(*quiet)?;
    match label(path, out, *pre_analysis, &progress)? {
        Labeled::Refused(report) => {
            terminal::print_lines(lines(&report))?;
            Ok(ExitCode::from(code_of(&report)))
        }
        Labeled::Written { n_columns, notes, .. } => {
            for note in &notes {
                terminal::say(&format!("note: {note}"));
            }
            terminal::say(&format!("{}: {n_columns} columns of labels", out.display()));
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Writes a copy of the file at `path` with its labels to `out`, where nothing may be, once it has read back valid.
///
/// # Errors
/// When the file cannot be read or changes meanwhile, or the copy not be written, or it was stopped
/// ([`BuildError::Interrupted`]); nothing is left then.
pub fn label(path: &Path, out: &Path, pre_analysis: bool, progress: &dyn Progress) -> Result<Labeled> {
    let original = Original::of(path);
    let file = RawFile::open(path)?;
    let reference = Reference::embedded();
    let options = Options { compat: false, ignore_labels: true, pre_analysis };
    let report = validate(&file, &reference, options, &Reading::new(progress));
    let report = report.map_err(|schema::Stopped| BuildError::Interrupted)?;
    original.must_be_as_before()?;
    if !report.is_valid() {
        return Ok(Labeled::Refused(report));
    }
    let labels = match labels(&file, &reference, pre_analysis) {
        Ok(labels) => labels,
        Err(error) => bail!("{}: {error}", path.display()),
    };
    let raw_var = labels.raw_var.as_deref().unwrap_or_default();
    let columns =
        [("obs", labels.trimmed.as_slice()), ("obs", &labels.obs), ("var", &labels.var), ("raw/var", raw_var)];
    original.write(
        out,
        |revision| {
            for (frame, columns) in columns {
                for (name, column) in columns {
                    revision.set_column(frame, name, column)?;
                }
            }
            for (keys, value) in &labels.uns {
                let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                let value = match value {
                    LabelValue::Text(text) => UnsValue::Text(text.clone()),
                    LabelValue::Boolean(truth) => UnsValue::Boolean(*truth),
                };
                revision.set_uns(&keys, &value)?;
            }
            Ok(())
        },
        |copy| {
            let copy = RawFile::open(copy)?;
            let after = validate(&copy, &reference, options, &Reading::new(progress));
            match after {
                Err(schema::Stopped) => Err(BuildError::Interrupted.into()),
                Ok(after) if after.of(Severity::Error).next().is_none() => Ok(()),
                Ok(_) => {
                    bail!(
                        "{} does not read back as it was written, and was not kept: please report this",
                        out.display()
                    )
                }
            }
        },
    )?;
    let n_columns = labels.obs.len() + labels.var.len() + raw_var.len();
    Ok(Labeled::Written { report, n_columns, notes: labels.notes })
}
