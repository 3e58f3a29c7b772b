use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::Args;
use explorer_core::{
    data::{CellIdx, CellRow},
    statistics::{AnswerRecord, KnownSets, ScoreOptions, scores_to_csv},
};
use tessera::gene_passes::{ScoreError, score_genes};
use tile_server::numbers::at_least;

use super::{
    dataset_argument::{DatasetArgument, Freshness},
    de,
    enrich::read_sets,
    output::TableOut,
    remote_inputs::DATASET_PLACES,
    terminal,
};

/// The arguments of `tile-server score`.
#[derive(Args)]
#[command(after_help = DATASET_PLACES)]
pub struct Arguments {
    #[command(flatten)]
    dataset: DatasetArgument,
    /// The gene sets: a GMT file, or a CSV file with the columns gene_set_name and gene_symbol or gene_id
    #[arg(long, value_name = "FILE")]
    sets: PathBuf,
    /// Control genes of each bin of expression that holds a gene of the set
    #[arg(long, value_name = "N", default_value_t = ScoreOptions::default().n_controls, value_parser = at_least::<1>)]
    controls: usize,
    /// Bins of expression
    #[arg(long, value_name = "N", default_value_t = ScoreOptions::default().n_bins, value_parser = at_least::<2>)]
    bins: usize,
    /// Chooses other control genes
    #[arg(long, value_name = "N", default_value_t = ScoreOptions::default().seed)]
    seed: u64,
    /// The layer: X, raw/X, or layers/KEY; KEY alone where no other layer goes by it [default: the one the page would
    /// take]
    #[arg(long)]
    layer: Option<String>,
    #[command(flatten)]
    out: TableOut,
}

/// Scores every cell and writes the table.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let out = arguments.out.open([arguments.dataset.path(), &arguments.sets])?;
    let (dataset, _) = arguments.dataset.open(Freshness::Kept)?;
    let manifest = dataset.manifest();
    let layer = de::layer(manifest, arguments.layer.as_deref())?;
    let KnownSets { sets, genes, .. } = read_sets(&arguments.sets, &dataset.gene_names(layer)?, &layer.name)?;
    let options = ScoreOptions { n_controls: arguments.controls, n_bins: arguments.bins, seed: arguments.seed };
    let mut scored = Vec::with_capacity(sets.len());
    for (set, genes) in sets.iter().zip(&genes).filter(|(_, genes)| !genes.is_empty()) {
        match score_genes(&dataset, layer, genes, options) {
            Ok(columns) => scored.push((set.name.clone(), columns)),
            Err(error @ ScoreError::NoControls(_)) => terminal::say(&format!("warning: {}: {error}", set.name)),
            Err(ScoreError::Dataset(error)) => return Err(error.into()),
        }
    }
    de::warn_of_layer(layer);
    let rows = dataset.rows()?;
    let order: Vec<CellIdx> = (0..rows.n_obs() as u32).filter_map(|row| rows.cell_of(CellRow(row))).collect();
    let record = AnswerRecord::of(manifest, layer, String::new());
    let controls = format!("{} per bin; {} bins; seed {}", options.n_controls, options.n_bins, options.seed);
    let facts =
        [("method", "mean of the set less that of control genes, as scanpy's score_genes"), ("controls", &controls)];
    let csv = scores_to_csv(&dataset.cell_ids()?, &order, &scored, &record, &facts);
    out.write(&csv)?;
    Ok(ExitCode::SUCCESS)
}
