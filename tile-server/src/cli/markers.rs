use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};
use explorer_core::{
    de::{CELLXGENE_PERCENTILE, DeOptions, LEAST_EXPRESSING, Marker, MarkerRank, markers_to_csv},
    format,
};
use tessera::markers::markers;
use tile_server::numbers::at_least;

use super::{
    dataset_argument::{DatasetArgument, Freshness},
    de::{self, AdjustmentName, MethodName},
    output::TableOut,
    remote_inputs::DATASET_PLACES,
    terminal,
};

/// How many labels a message names.
const MOST_NAMED: usize = 10;

/// The arguments of `tile-server markers`.
#[derive(Args)]
#[command(after_help = DATASET_PLACES)]
pub struct Arguments {
    #[command(flatten)]
    dataset: DatasetArgument,
    /// The column whose labels to tell apart [default: the column of cell types]
    #[arg(long)]
    column: Option<String>,
    /// The layer: X, raw/X, or layers/KEY; KEY alone where no other layer goes by it [default: the one the page would
    /// take]
    #[arg(long)]
    layer: Option<String>,
    /// The test
    #[arg(long, value_enum, default_value_t = MethodName::Welch)]
    method: MethodName,
    /// The correction of p-values for many genes
    #[arg(long, value_enum, default_value_t = AdjustmentName::Bh)]
    adjust: AdjustmentName,
    /// What to rank genes by
    #[arg(long, value_enum, default_value_t = RankName::Score)]
    rank: RankName,
    /// Genes of each label
    #[arg(long, value_name = "N", default_value = "100", value_parser = at_least::<1>)]
    top: usize,
    #[command(flatten)]
    out: TableOut,
}

/// Names the labels that have no markers since too few cells have them, or all; says so where there is no label at all.
fn warn_of_untested(found: &[(String, Vec<Marker>)], column: &str, rank: MarkerRank) {
    if found.is_empty() {
        terminal::say(&format!("warning: no cell has a label of `{column}`, so there are no markers"));
    }
    let untested: Vec<String> =
        found.iter().filter(|(_, markers)| markers.is_empty()).map(|(label, _)| format!("`{label}`")).collect();
    if !untested.is_empty() {
        let (labels, have) = match untested.len() {
            1 => ("the label", "has"),
            _ => ("the labels", "have"),
        };
        let ranked = match rank {
            MarkerRank::Score => String::new(),
            MarkerRank::EffectPercentile(_) => {
                format!(
                    ", and by effects only genes are ranked that at least {LEAST_EXPRESSING} cells of the label express"
                )
            }
        };
        terminal::say(&format!(
            "warning: {labels} {} {have} no markers: with fewer than two cells, or all but one, nothing can be \
             tested{ranked}",
            format::first_of(&untested, MOST_NAMED)
        ));
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum RankName {
    /// The score, t or z, against all other cells, as scanpy
    Score,
    /// The 10th percentile of effect sizes against each other label, as CELLxGENE's Gene Expression; of genes that at least
    /// 25 cells of the label express
    EffectPercentile,
}

/// Finds markers and writes the table.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let out = arguments.out.open([arguments.dataset.path()])?;
    let (dataset, _) = arguments.dataset.open(Freshness::Kept)?;
    let manifest = dataset.manifest();
    let layer = de::layer(manifest, arguments.layer.as_deref())?;
    let Some(column) = arguments.column.as_deref().or(manifest.main_label.as_deref()) else {
        return Err(de::UsageError::NoMainLabel.into());
    };
    let (method, test) = arguments.method.test();
    let options = DeOptions { method, adjustment: arguments.adjust.into(), ..DeOptions::of_layer(layer) };
    let rank = match arguments.rank {
        RankName::Score => MarkerRank::Score,
        RankName::EffectPercentile => MarkerRank::EffectPercentile(CELLXGENE_PERCENTILE),
    };
    let found = markers(&dataset, layer, column, (options, test), rank, arguments.top)?;
    let names = dataset.gene_names(layer)?;
    let title = de::title(manifest);
    let csv = markers_to_csv(&found, &names, (options, test), rank, [&title, column, &layer.name, ""], &layer.cautions);
    de::warn_of_layer(layer);
    warn_of_untested(&found, column, rank);
    out.write(&csv)?;
    Ok(ExitCode::SUCCESS)
}
