use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use explorer_core::{
    dataset::label_tiles,
    de::{Effect, caution_of_sizes},
    statistics::{AnswerRecord, portrait_to_csv},
};
use plots::draw_portrait;
use tessera::{markers::MarkersError, portrait::portrait};

use super::{
    cells::SomeCells,
    dataset_argument::{DatasetArgument, Freshness},
    de,
    output::FigureOut,
    remote_inputs::DATASET_PLACES,
};

/// The arguments of `tile-server describe`.
#[derive(Args)]
#[command(after_help = DATASET_PLACES)]
pub struct Arguments {
    #[command(flatten)]
    dataset: DatasetArgument,
    #[command(flatten)]
    cells: SomeCells,
    /// The column whose labels the cells may be like [default: the column of cell types]
    #[arg(long)]
    column: Option<String>,
    /// Labels of each column, markers, and labels that the cells are like, at most
    #[arg(long, value_name = "N", default_value_t = 5)]
    top: usize,
    /// The layer: X, raw/X, or layers/KEY; KEY alone where no other layer goes by it [default: the one the page would
    /// take]
    #[arg(long)]
    layer: Option<String>,
    #[command(flatten)]
    out: FigureOut,
}

/// Describes the cells and writes the table, or a picture of it.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let out = arguments.out.open([arguments.dataset.path()].into_iter().chain(arguments.cells.file()))?;
    let (dataset, _) = arguments.dataset.open(Freshness::Kept)?;
    let manifest = dataset.manifest();
    let layer = de::layer(manifest, arguments.layer.as_deref())?;
    let (cells, name) = arguments.cells.of(&dataset)?;
    if let Some(column) = arguments.column.as_deref().filter(|column| label_tiles(layer, column).is_none()) {
        return Err(MarkersError::no_moments(layer, column).into());
    }
    let nearest_of = arguments.column.as_deref().or(manifest.main_label.as_deref());
    let found = portrait(&dataset, layer, &cells, nearest_of, arguments.top)?;
    let record = AnswerRecord::of(manifest, layer, name);
    de::warn_of_layer(layer);
    let n_others = u64::from(manifest.n_obs).saturating_sub(found.n_cells);
    de::warn(caution_of_sizes(found.n_cells, n_others));
    let names = dataset.gene_names(layer)?;
    if out.is_picture() {
        let effect = Effect::of_layer(layer);
        out.write(&draw_portrait(&found, &names, effect, &record, arguments.out.ground()).to_svg())?;
    } else {
        out.write(&portrait_to_csv(&found, &names, &record))?;
    }
    Ok(ExitCode::SUCCESS)
}
