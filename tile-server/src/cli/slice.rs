use std::{path::PathBuf, process::ExitCode, sync::LazyLock};

use anyhow::Result;
use clap::Args;
use schema::reference::Reference;
use tessera::selection::CellSelection;
use value_filter::{Filter, SelectError, TermTree};

use super::{
    dataset_argument::{DatasetArgument, Freshness},
    output,
    remote_inputs::DATASET_PLACES,
    subset::write_file,
    terminal,
};

/// The arguments of `tile-server slice`.
#[derive(Args)]
#[command(after_help = DATASET_PLACES)]
pub struct Arguments {
    #[command(flatten)]
    dataset: DatasetArgument,
    /// A filter of cells: comparisons of columns with values, as "cell_type == 'B cell' and n_genes > 500", joined by `and`,
    /// `or` and `not`; `in ['a', 'b']`, `like 'T cell%'`, `contains(disease, 'influenza')`,
    /// `descendants(cell_type, 'CL:0000084')`, `== None` for what is missing
    #[arg(long, value_name = "FILTER")]
    obs: String,
    /// The AnnData file to write; must not exist
    #[arg(long, value_name = "NEW.h5ad")]
    out: PathBuf,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

/// Writes the cells that pass a filter as an AnnData file.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let Arguments { dataset, obs, out, quiet } = arguments;
    output::check_cells(out)?;
    output::must_be_free(out)?;
    let filter = Filter::parse(obs)?;
    let (dataset, _) = dataset.open(Freshness::Kept)?;
    let terms = LazyLock::new(|| TermTree::new(Reference::embedded().terms_with_parents()));
    let (selection, notes) = CellSelection::of_filter(&dataset, &filter, &terms).map_err(|error| match error {
        SelectError::Filter(error) => anyhow::Error::from(error),
        SelectError::Read(error) => error.into(),
    })?;
    notes.iter().for_each(|note| terminal::say(&format!("warning: {note}")));
    write_file(&dataset, selection.cells().clone(), obs.clone(), out, *quiet)
}
