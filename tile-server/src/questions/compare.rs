//! The difference between two groups of cells over all datasets.

use ::corpus::{CompareQuery, Dimension, Replicates, native::FileCorpus, native::wait};
use ::expression::{Ontology, Overlap};
use clap::{Args, ValueEnum};
use explorer_core::{de::caution_of_sizes, format};

use super::{
    Answered, Ask, QuestionError,
    asked::{filter, filters},
};

/// The options of the question.
#[derive(Args)]
pub struct CompareQuestion {
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

impl CompareQuestion {
    fn overlap(&self) -> Overlap {
        match (self.overlap, self.reference.is_empty()) {
            (Some(OverlapName::Keep), _) | (None, false) => Overlap::Keep,
            (Some(OverlapName::Group), _) | (None, true) => Overlap::TakeFromSecond,
            (Some(OverlapName::Reference), _) => Overlap::TakeFromFirst,
        }
    }
}

impl Ask for CompareQuestion {
    fn ask(&self, corpus: &FileCorpus, ontology: &Ontology, organism: String) -> Result<Answered, QuestionError> {
        let query = CompareQuery {
            organism,
            group: filters(&self.group),
            reference: filters(&self.reference),
            overlap: self.overlap(),
            replicates: if self.donors { Replicates::Donors } else { Replicates::Cells },
        };
        let found = wait(corpus.compare(&query, ontology))?;
        let caution = match &found.donors {
            Some(Err(error)) => return Err(error.clone().into()),
            Some(Ok(table)) => table.caution(),
            None => {
                let [group, reference] = found.cells.n_cells;
                caution_of_sizes(group, reference)
            }
        };
        let shared = (found.n_shared > 0 && query.overlap == Overlap::Keep).then(|| {
            format!(
                "{} in both the group and the reference, which the test takes for different cells; --overlap group or \
                 --overlap reference leaves them on one side",
                format::plural(found.n_shared as usize, "cell is", "cells are")
            )
        });
        let table = found.to_table(&query, corpus.manifest());
        Ok(Answered::table(table).with(caution.into_iter().chain(shared).collect()))
    }
}
