use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};
use corpus::{CompareQuery, Dimension, Replicates, native::wait};
use explorer_core::{de::caution_of_sizes, format};
use expression::Overlap;

use super::{
    super::{de::warn, remote_inputs::DATASET_PLACES, terminal},
    asked::{AnswerOut, CorpusArgument, filter, filters},
};

/// The arguments of `tile-server corpus compare`.
#[derive(Args)]
#[command(after_help = DATASET_PLACES)]
pub struct Arguments {
    #[command(flatten)]
    corpus: CorpusArgument,
    /// Which cells the group has, as cell_type=CL:0000236; several ids have commas between them, several dimensions are all
    /// to be met
    #[arg(long, value_name = "DIMENSION=IDS", value_parser = filter, required = true)]
    group: Vec<(Dimension, String)>,
    /// Which cells it is compared with [default: all others]
    #[arg(long, value_name = "DIMENSION=IDS", value_parser = filter)]
    reference: Vec<(Dimension, String)>,
    /// Which side has the cells that are in both [default: both; the group, where there is no reference]
    #[arg(long, value_enum)]
    overlap: Option<OverlapName>,
    /// Take donors for replicates, not cells: a t-test over their means, paired where donors have cells on both sides
    #[arg(long)]
    donors: bool,
    #[command(flatten)]
    out: AnswerOut,
}

#[derive(Clone, Copy, ValueEnum)]
enum OverlapName {
    /// Both
    Keep,
    /// The group
    Group,
    /// The reference
    Reference,
}

impl Arguments {
    fn overlap(&self) -> Overlap {
        match (self.overlap, self.reference.is_empty()) {
            (Some(OverlapName::Keep), _) | (None, false) => Overlap::Keep,
            (Some(OverlapName::Group), _) | (None, true) => Overlap::TakeFromSecond,
            (Some(OverlapName::Reference), _) => Overlap::TakeFromFirst,
        }
    }
}

/// Compares and writes the table.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let out = arguments.corpus.output(&arguments.out)?;
    let (corpus, ontology) = arguments.corpus.open()?;
    let query = CompareQuery {
        organism: arguments.corpus.organism(corpus.manifest())?,
        group: filters(&arguments.group),
        reference: filters(&arguments.reference),
        overlap: arguments.overlap(),
        replicates: if arguments.donors { Replicates::Donors } else { Replicates::Cells },
    };
    let found = wait(corpus.compare(&query, &ontology))?;
    match &found.donors {
        Some(Err(error)) => return Err(error.clone().into()),
        Some(Ok(table)) => warn(table.caution()),
        None => {
            let [group, reference] = found.cells.n_cells;
            warn(caution_of_sizes(group, reference));
        }
    }
    if found.n_shared > 0 && query.overlap == Overlap::Keep {
        terminal::say(&format!(
            "warning: {} in both the group and the reference, which the test takes for different cells; --overlap group or \
             --overlap reference leaves them on one side",
            format::plural(found.n_shared as usize, "cell is", "cells are")
        ));
    }
    out.write(&found.to_table(&query, corpus.manifest()))?;
    Ok(ExitCode::SUCCESS)
}
