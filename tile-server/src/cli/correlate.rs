use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use explorer_core::{
    data::{Column, Continuous, GeneFinder, GeneIdx},
    de::Adjustment,
    format,
    statistics::{AnswerRecord, NoCorrelation, correlations_to_csv},
};
use plots::draw_correlations;
use shared_fbs::manifest::{ColumnKind, Layer};
use tessera::{
    dataset::Dataset,
    gene_passes::{CorrelateError, correlate},
};

use super::{
    cells::SomeCells,
    dataset_argument::{DatasetArgument, Freshness},
    de,
    output::FigureOut,
    remote_inputs::DATASET_PLACES,
};

/// The arguments of `tile-server correlate`.
#[derive(Args)]
#[command(after_help = DATASET_PLACES)]
pub struct Arguments {
    #[command(flatten)]
    dataset: DatasetArgument,
    #[command(flatten)]
    with: With,
    #[command(flatten)]
    cells: SomeCells,
    /// The layer: X, raw/X, or layers/KEY; KEY alone where no other layer goes by it [default: the one the page would
    /// take]
    #[arg(long)]
    layer: Option<String>,
    #[command(flatten)]
    out: FigureOut,
}

/// What all genes are correlated with.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct With {
    /// Correlate all other genes with this one, by id or symbol
    #[arg(long, value_name = "GENE")]
    gene: Option<String>,
    /// Correlate all genes with this column of numbers
    #[arg(long, value_name = "COLUMN")]
    column: Option<String>,
}

/// What is to be correlated with is not there, or goes with nothing.
#[derive(Debug, thiserror::Error)]
pub enum NoNumbers {
    /// There is no such gene.
    #[error("layer `{layer}` has no gene `{gene}`")]
    Gene {
        /// What was asked for.
        gene: String,
        /// Where.
        layer: String,
    },
    /// There is no such column, or it holds no numbers.
    #[error("the dataset has no column of numbers `{name}`; it has: {known}")]
    Column {
        /// Its name.
        name: String,
        /// Columns of numbers.
        known: String,
    },
    /// No gene can be correlated with it.
    #[error("{with}: {source}")]
    Nothing {
        /// What it is called.
        with: String,
        /// Why not.
        source: NoCorrelation,
    },
}

/// Correlates and writes the table, or a picture of both its ends.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let out = arguments.out.open([arguments.dataset.path()].into_iter().chain(arguments.cells.file()))?;
    let (dataset, _) = arguments.dataset.open(Freshness::Kept)?;
    let manifest = dataset.manifest();
    let layer = de::layer(manifest, arguments.layer.as_deref())?;
    let Numbers { numbers, gene, with } = numbers(&dataset, layer, &arguments.with)?;
    let (cells, name) = arguments.cells.of(&dataset)?;
    let found = correlate(&dataset, layer, (&numbers, gene), &cells, Adjustment::BenjaminiHochberg);
    let table = found.map_err(|error| match error {
        CorrelateError::Dataset(error) => anyhow::Error::from(error),
        CorrelateError::NoCorrelation(source) => NoNumbers::Nothing { with: with.clone(), source }.into(),
    })?;
    let record = AnswerRecord::of(manifest, layer, name);
    de::warn_of_layer(layer);
    let names = dataset.gene_names(layer)?;
    if out.is_picture() {
        out.write(&draw_correlations(&table, &with, &names, &record, arguments.out.ground()).to_svg())?;
    } else {
        out.write(&correlations_to_csv(&table, &with, &names, &record))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The number of each cell.
struct Numbers {
    numbers: Continuous,
    /// The gene that it is of.
    gene: Option<GeneIdx>,
    /// What it is called.
    with: String,
}

fn numbers(dataset: &Dataset, layer: &Layer, with: &With) -> Result<Numbers> {
    if let Some(gene) = &with.gene {
        let names = dataset.gene_names(layer)?;
        let missing = || NoNumbers::Gene { gene: gene.clone(), layer: layer.name.clone() };
        let found = GeneFinder::new(&names).find(gene).ok_or_else(missing)?;
        let (numbers, with) = (dataset.gene(layer, found)?.to_continuous(), names.label(found).to_owned());
        return Ok(Numbers { numbers, gene: Some(found), with });
    }
    let column = with.column.as_deref().unwrap_or_default();
    let columns = || dataset.manifest().columns.iter().filter(|column| column.kind == ColumnKind::Continuous);
    let missing =
        || NoNumbers::Column { name: column.to_owned(), known: format::listed(columns().map(|column| &column.name)) };
    dataset.manifest().column(column).ok_or_else(missing)?;
    match dataset.column(column)? {
        Column::Continuous(numbers) => Ok(Numbers { numbers, gene: None, with: format!("obs/{column}") }),
        Column::Categorical(_) => Err(missing().into()),
    }
}
