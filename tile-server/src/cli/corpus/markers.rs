use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};
use corpus::{Dimension, MarkedRow, MarkerQuery, Query, RowMarkers, native::wait};
use expression::{LEAST_SCORE, MarkerOptions, Measure, N_KEPT};

use super::{
    super::{numbers::at_least, remote_inputs::DATASET_PLACES},
    asked::{AnswerOut, CorpusArgument, filter, filters, names, warn_of_unknown},
};

/// The arguments of `tile-server corpus markers`.
#[derive(Args)]
#[command(after_help = DATASET_PLACES)]
pub struct Arguments {
    #[command(flatten)]
    corpus: CorpusArgument,
    /// The id of the tissue whose cell types to tell apart
    #[arg(long, value_name = "ID", required_unless_present = "genes")]
    tissue: Option<String>,
    /// The id of a cell type, for the markers of that one [default: every one of the tissue]
    #[arg(long, value_name = "ID", requires = "tissue")]
    cell_type: Option<String>,
    /// Say of these genes (ids or symbols, with commas between them) which cell types of which tissues they are markers of
    #[arg(long, value_name = "GENES", conflicts_with = "tissue")]
    genes: Vec<String>,
    /// Take only cells that have one of some ids in a dimension, as disease=MONDO:0100096; several ids have commas between
    /// them
    #[arg(long, value_name = "DIMENSION=IDS", value_parser = filter)]
    filter: Vec<(Dimension, String)>,
    /// What cell types are compared by
    #[arg(long, value_enum, default_value_t = MeasureName::CohensD)]
    effect: MeasureName,
    /// The score that markers exceed
    #[arg(long, value_name = "SCORE", default_value_t = LEAST_SCORE)]
    least_score: f64,
    /// Genes of each cell type
    #[arg(long, value_name = "N", default_value_t = N_KEPT, value_parser = at_least::<1>)]
    top: usize,
    #[command(flatten)]
    out: AnswerOut,
}

#[derive(Clone, Copy, ValueEnum)]
enum MeasureName {
    /// Cohen's d over all cells
    CohensD,
    /// t of Welch's test, as in the paper
    WelchT,
}

impl Arguments {
    fn options(&self) -> MarkerOptions {
        let measure = match self.effect {
            MeasureName::CohensD => Measure::CohensD,
            MeasureName::WelchT => Measure::WelchT,
        };
        MarkerOptions { measure, least_score: self.least_score, n_kept: self.top, ..MarkerOptions::default() }
    }
}

/// Finds markers and writes the table.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let out = arguments.corpus.output(&arguments.out)?;
    let (corpus, ontology) = arguments.corpus.open()?;
    let organism = arguments.corpus.organism(corpus.manifest())?;
    let (filters, options) = (filters(&arguments.filter), arguments.options());
    let table = if let Some(tissue) = &arguments.tissue {
        let cell_type = arguments.cell_type.clone();
        let query = MarkerQuery { organism, tissue: tissue.clone(), filters, cell_type, options };
        let rows = wait(corpus.markers(&query, &ontology))?;
        RowMarkers::to_table(&rows, &query, corpus.manifest())
    } else {
        let query = Query { organism, genes: names(&arguments.genes), filters, ..Query::default() };
        let found = wait(corpus.marked_rows(&query, options, &ontology))?;
        warn_of_unknown(&found.unknown, &query.organism);
        MarkedRow::to_table(&found.genes, (&query, options), corpus.manifest())
    };
    out.write(&table)?;
    Ok(ExitCode::SUCCESS)
}
