use std::{
    cell::Cell,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use clap::Args;
use explorer_core::{
    filter::CellMask,
    format::{listed, plural},
    session::SubsetAdditions,
};
use subset::{Differences, SubsetError};
use tessera::dataset::{Dataset, DatasetError, wait};

use super::{
    aside,
    cells::{self, CellList},
    dataset_argument::{DatasetArgument, Freshness},
    output,
    progress::TerminalProgress,
    remote_inputs::DATASET_PLACES,
    terminal,
};
use builder::Progress as _;

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

/// Writes cells of a dataset as an AnnData file.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let Arguments { dataset, label, list, out, quiet } = arguments;
    output::check_cells(out)?;
    output::must_be_free(out)?;
    let (dataset, _) = dataset.open(Freshness::Kept)?;
    let mut cells = cells::labeled(&dataset, label)?;
    let mut filter = label.join(" or ");
    if let Some((listed, name)) = list.read(&dataset)? {
        cells.or(&listed);
        let separator = if filter.is_empty() { "" } else { " or " };
        filter.push_str(&format!("{separator}{name}"));
    }
    write_file(&dataset, cells, filter, out, *quiet)
}

/// Writes cells, which `filter` tells in words, as a new file, and says what it has.
pub fn write_file(dataset: &Dataset, cells: CellMask, filter: String, out: &Path, quiet: bool) -> Result<ExitCode> {
    let n_cells = cells.count();
    let additions = SubsetAdditions { filter, own_columns: Vec::new() };
    let file = aside::beside(out, ".h5ad");
    let mut file = file.with_context(|| format!("{} cannot be written", out.display()))?;
    let Differences { changes, floats } = write(dataset, cells, &additions, &mut file, quiet)?;
    file.persist_noclobber(out)
        .map_err(|error| error.error)
        .with_context(|| format!("{} cannot be written", out.display()))?;
    for change in changes {
        terminal::say(&format!("warning: {change}"));
    }
    let floats = if floats.is_empty() { String::new() } else { format!("; {} as 32-bit floats", listed(&floats)) };
    let n_obs = dataset.manifest().n_obs as usize;
    terminal::say(&format!(
        "{}: {} of {}{floats}",
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
) -> Result<Differences> {
    let progress = TerminalProgress::new(quiet)?;
    let n_cells = cells.count() as u64;
    let stage = progress.stage("Reading cells".to_owned(), n_cells);
    let n_told = Cell::new(0);
    let tell = |n_done: u64| stage.advance(n_done.saturating_sub(n_told.replace(n_done)));
    let report = |share: f64| {
        tell((share * n_cells as f64) as u64);
        if progress.is_stopped() { Err(DatasetError::Stopped) } else { Ok(()) }
    };
    let mut file = BufWriter::new(file);
    let written = wait(subset::write(dataset.reader(), cells, additions, &mut file, report));
    let differences = written.map_err(|error| match error {
        SubsetError::Dataset(error) => anyhow::Error::from(error),
        SubsetError::NoCells => cells::CellsError::Empty("subset").into(),
        SubsetError::Write(error) => error.into(),
    })?;
    tell(n_cells);
    file.flush().context("the file cannot be written")?;
    Ok(differences)
}
