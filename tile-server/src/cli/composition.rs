use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use explorer_core::{
    grouping::GroupingError,
    session::PlotQuestion,
    state::{Plot, PlotKind},
    statistics::{AnswerRecord, NamedComposition, composition_to_csv},
};

use super::{
    cells::SomeCells,
    dataset_argument::{DatasetArgument, Freshness},
    de::{self, UsageError},
    output::FigureOut,
    plot::{self, NoPlot},
    remote_inputs::DATASET_PLACES,
};

/// More shares than this are no table that anybody reads, and take minutes to test.
const MOST_SHARES: usize = 1_000_000;

/// There is more than could be tested.
#[derive(Debug, thiserror::Error)]
#[error("{n_parts} parts in {n_groups} groups are too many to test; choose columns of fewer labels")]
pub struct TooManyShares {
    n_parts: usize,
    n_groups: usize,
}

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
    #[command(flatten)]
    out: FigureOut,
}

/// Counts, tests and writes the table, or draws the bars.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let out = arguments.out.open([arguments.dataset.path()].into_iter().chain(arguments.cells.file()))?;
    let (dataset, _) = arguments.dataset.open(Freshness::Kept)?;
    let Arguments { of, by, samples, .. } = arguments;
    // A column against itself has an answer, and no meaning.
    if of == by {
        return Err(UsageError::no_meaning("--by", "an --of that names the same column").into());
    }
    if samples.as_ref().is_some_and(|samples| [of, by].contains(&samples)) {
        return Err(UsageError::no_meaning("--samples", "an --of or --by that names the same column").into());
    }
    let (cells, within) = arguments.cells.of(&dataset)?;
    if out.is_picture() {
        let plot = Plot {
            kind: PlotKind::Bars,
            by: by.clone(),
            then: Some(of.clone()),
            samples: samples.clone(),
            ..Plot::default()
        };
        let (ground, title) = (arguments.out.ground(), de::title(dataset.manifest()));
        let question = PlotQuestion { plot, ground, dataset: title, within, ..PlotQuestion::default() };
        return plot::write(&dataset, plot::grouped(&dataset, question, Some(&cells))?, out);
    }
    let column = |name: &String| plot::categorical(&dataset, name);
    let replicates = samples.as_ref().map(column).transpose()?;
    let samples = samples.as_deref().zip(replicates.as_ref());
    let named = NamedComposition::count([(of, &column(of)?), (by, &column(by)?)], samples, &cells);
    let n_parts = named.counts.are_there().into_iter().filter(|&is_there| is_there).count();
    let n_groups = named.counts.n_groups();
    if n_parts * n_groups > MOST_SHARES {
        return Err(TooManyShares { n_parts, n_groups }.into());
    }
    let tests = named.tests();
    if tests.is_empty() {
        return Err(NoPlot::from(GroupingError::Empty).into());
    }
    named.cautions(&tests).into_iter().for_each(|caution| de::warn(Some(caution)));
    let record = AnswerRecord { dataset: de::title(dataset.manifest()), cells: within, ..AnswerRecord::default() };
    out.write(&composition_to_csv(&named, &tests, &record))?;
    Ok(ExitCode::SUCCESS)
}
