use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::Args;
use explorer_core::{
    data::{Column, Continuous, GeneFinder},
    de::Adjustment,
    statistics::{AnswerRecord, correlations_to_csv},
};
use shared_fbs::manifest::Layer;
use tessera::{dataset::Dataset, gene_passes::correlate};

use super::{
    cells::SomeCells,
    dataset_argument::{DatasetArgument, Freshness},
    de,
    remote_inputs::DATASET_PLACES,
};

/// The arguments of `tile-server correlate`.
#[derive(Args)]
#[command(after_help = DATASET_PLACES)]
pub struct Arguments {
    #[command(flatten)]
    dataset: DatasetArgument,
    /// Correlate all genes with this one, by id or symbol
    #[arg(long, value_name = "GENE", required_unless_present = "column", conflicts_with = "column")]
    gene: Option<String>,
    /// Correlate all genes with this column of numbers
    #[arg(long, value_name = "COLUMN")]
    column: Option<String>,
    #[command(flatten)]
    cells: SomeCells,
    /// The layer: X, raw/X, or layers/KEY; KEY alone where no other layer goes by it [default: the one the page would
    /// take]
    #[arg(long)]
    layer: Option<String>,
    /// Where the table goes [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What is to be correlated with is not there.
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
    #[error("the dataset has no column of numbers `{0}`")]
    Column(String),
}

/// Correlates and writes the table.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let (dataset, _) = arguments.dataset.open(Freshness::Kept)?;
    let manifest = dataset.manifest();
    let layer = de::layer(manifest, arguments.layer.as_deref())?;
    let (numbers, with) = numbers(&dataset, layer, arguments)?;
    let (cells, name) = arguments.cells.of(&dataset)?;
    let table = correlate(&dataset, layer, &numbers, &cells, Adjustment::BenjaminiHochberg)?;
    let record = AnswerRecord::of(manifest, layer, name);
    de::warn_of_layer(layer);
    let csv = correlations_to_csv(&table, &with, &dataset.gene_names(layer)?, &record);
    de::write(&csv, arguments.out.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// The number of each cell, and what it is called.
fn numbers(dataset: &Dataset, layer: &Layer, arguments: &Arguments) -> Result<(Continuous, String)> {
    if let Some(gene) = &arguments.gene {
        let names = dataset.gene_names(layer)?;
        let missing = || NoNumbers::Gene { gene: gene.clone(), layer: layer.name.clone() };
        let found = GeneFinder::new(&names).find(gene).ok_or_else(missing)?;
        return Ok((dataset.gene(layer, found)?.to_continuous(), names.label(found).to_owned()));
    }
    let column = arguments.column.as_deref().unwrap_or_default();
    let missing = || NoNumbers::Column(column.to_owned());
    dataset.manifest().column(column).ok_or_else(missing)?;
    match dataset.column(column)? {
        Column::Continuous(numbers) => Ok((numbers, format!("obs/{column}"))),
        Column::Categorical(_) => Err(missing().into()),
    }
}
