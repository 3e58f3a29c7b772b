use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::Args;
use explorer_core::{
    data::Categorical,
    statistics::{
        AnswerRecord, Composition, CompositionNames, SampleComparison, cells_of_label, compare_samples,
        composition_to_csv, sample_parts,
    },
};
use tessera::dataset::Dataset;

use super::{
    cells::SomeCells,
    dataset_argument::{DatasetArgument, Freshness},
    de,
    remote_inputs::DATASET_PLACES,
    terminal,
};

/// The arguments of `tile-server composition`.
#[derive(Args)]
#[command(after_help = DATASET_PLACES)]
pub struct Arguments {
    #[command(flatten)]
    dataset: DatasetArgument,
    /// The column whose labels are the parts, such as the cell types
    #[arg(long, value_name = "COLUMN")]
    of: String,
    /// The column whose labels are the groups, such as the conditions
    #[arg(long, value_name = "COLUMN")]
    by: String,
    /// Take the samples of this column for replicates: a t-test of the samples' logit shares, paired where samples have
    /// cells in several groups. Without it, cells are tested, which finds differences of single samples everywhere
    #[arg(long, value_name = "COLUMN")]
    samples: Option<String>,
    #[command(flatten)]
    cells: SomeCells,
    /// Where the table goes [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A column is not there, or has no labels.
#[derive(Debug, thiserror::Error)]
#[error("the dataset has no categorical column `{0}`")]
pub struct NoLabels(String);

/// Counts, tests and writes the table.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let (dataset, _) = arguments.dataset.open(Freshness::Kept)?;
    let (parts, groups) = (labels(&dataset, &arguments.of)?, labels(&dataset, &arguments.by)?);
    let samples = arguments.samples.as_deref().map(|name| labels(&dataset, name)).transpose()?;
    let (cells, name) = arguments.cells.of(&dataset)?;
    let composition = Composition::count(&parts, &groups, &cells);
    let mut by_samples: Vec<Option<SampleComparison>> = Vec::new();
    if let Some(samples) = &samples {
        for (code, label) in (0..).zip(groups.categories.iter()) {
            let group = cells_of_label(&groups, code, &cells);
            let mut others = cells.clone();
            others.and_not(&group);
            if group.count() == 0 {
                by_samples.push(None);
                continue;
            }
            let found = compare_samples(&sample_parts(&parts, samples, [&group, &others]));
            if let Err(error) = &found {
                terminal::say(&format!("warning: {label}: {error}"));
            }
            by_samples.push(found.ok());
        }
    }
    let record = AnswerRecord { dataset: de::title(dataset.manifest()), cells: name, ..AnswerRecord::default() };
    let names = CompositionNames {
        parts: &arguments.of,
        part_labels: &parts.categories,
        groups: &arguments.by,
        group_labels: &groups.categories,
        samples: arguments.samples.as_deref(),
    };
    de::write(&composition_to_csv(&composition, &by_samples, names, &record), arguments.out.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

fn labels(dataset: &Dataset, name: &str) -> Result<Categorical> {
    let column = dataset.manifest().column(name).ok_or_else(|| NoLabels(name.to_owned()))?;
    Ok(dataset.categorical(column)?.ok_or_else(|| NoLabels(name.to_owned()))?)
}
