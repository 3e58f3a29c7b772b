use std::{
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use clap::Args;
use explorer_core::{filter::CellMask, format::plural, session::SubsetAdditions};
use subset::SubsetError;
use tessera::dataset::{Dataset, DatasetError, wait};

use super::{
    cells::{self, CellList},
    dataset_argument::{DatasetArgument, Freshness},
    progress::TerminalProgress,
    remote_inputs::DATASET_PLACES,
    terminal,
};
use builder::Progress as _;

/// Steps of the bar.
const STEPS: u64 = 1000;

/// The arguments of `tile-server subset`.
#[derive(Args)]
#[command(after_help = DATASET_PLACES)]
pub struct Arguments {
    #[command(flatten)]
    dataset: DatasetArgument,
    /// A label of the cells, as COLUMN=LABEL; several are taken together
    #[arg(long, value_name = "COLUMN=LABEL", required_unless_present = "cells_file")]
    label: Vec<String>,
    #[command(flatten)]
    list: CellList,
    /// The AnnData file to write; must not exist
    #[arg(long, value_name = "NEW.h5ad")]
    out: PathBuf,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum SubsetFileError {
    /// It is there already.
    #[error("{0} exists; name a new file by --out, or remove it first")]
    Exists(String),
}

/// Writes cells of a dataset as an AnnData file.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let Arguments { dataset, label, list, out, quiet } = arguments;
    if out.symlink_metadata().is_ok() {
        return Err(SubsetFileError::Exists(out.display().to_string()).into());
    }
    let (dataset, _) = dataset.open(Freshness::Kept)?;
    let mut cells = cells::labeled(&dataset, label)?;
    let mut filter = label.join(" or ");
    if let Some((listed, name)) = list.read(&dataset)? {
        cells.or(&listed);
        let separator = if filter.is_empty() { "" } else { " or " };
        filter.push_str(&format!("{separator}{name}"));
    }
    let n_cells = cells.count();
    let additions = SubsetAdditions { filter, own_columns: Vec::new() };
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = tempfile::Builder::new().prefix(".tessera-unfinished-").suffix(".h5ad").tempfile_in(parent);
    let mut file = file.with_context(|| format!("{} cannot be written", out.display()))?;
    write(&dataset, cells, &additions, &mut file, *quiet)?;
    file.persist_noclobber(out)
        .map_err(|error| error.error)
        .with_context(|| format!("{} cannot be written", out.display()))?;
    let n_obs = dataset.manifest().n_obs as usize;
    terminal::say(&format!(
        "{}: {} of {}",
        out.display(),
        plural(n_cells, "cell", "cells"),
        plural(n_obs, "cell", "cells")
    ));
    Ok(ExitCode::SUCCESS)
}

fn write(
    dataset: &Dataset,
    cells: CellMask,
    additions: &SubsetAdditions,
    file: impl std::io::Write,
    quiet: bool,
) -> Result<()> {
    let progress = TerminalProgress::new(quiet)?;
    let stage = progress.stage("Reading cells".to_owned(), STEPS);
    let mut n_told = 0;
    let report = |share: f64| {
        let n_done = (share * STEPS as f64) as u64;
        stage.advance(n_done.saturating_sub(n_told));
        n_told = n_done;
        if progress.is_stopped() { Err(DatasetError::Stopped) } else { Ok(()) }
    };
    let mut file = BufWriter::new(file);
    let written = wait(subset::write(dataset.reader(), cells, additions, &mut file, report));
    written.map_err(|error| match error {
        SubsetError::Dataset(error) => anyhow::Error::from(error),
        SubsetError::NoCells => cells::CellsError::Empty("subset").into(),
        SubsetError::Write(error) => error.into(),
    })?;
    file.flush().context("the file cannot be written")
}
