use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use corpus::{Dimension, Query, Term, Tissues, native::wait};
use serde_json::{Value, json};

use super::{
    corpus::asked::{AnswerOut, CorpusArgument, dimension, filter, filters, names, warn_of_unknown},
    remote_inputs::DATASET_PLACES,
    terminal,
};

/// The arguments of `tile-server expression`.
#[derive(Args)]
#[command(after_help = DATASET_PLACES)]
pub struct Arguments {
    #[command(flatten)]
    corpus: CorpusArgument,
    /// Genes by id or symbol, with commas between them
    #[arg(long, value_name = "GENES", required = true)]
    genes: Vec<String>,
    /// Take only the tissues of these ids, with commas between them
    #[arg(long, value_name = "IDS")]
    tissue: Vec<String>,
    /// Give each tissue one row, without its cell types
    #[arg(long)]
    collapsed: bool,
    /// Divide the rows of cell types by a dimension: disease, ethnicity, sex, publication, dataset, donor, assay,
    /// development_stage or tissue_original
    #[arg(long, value_name = "DIMENSION", value_parser = dimension)]
    group_by: Option<Dimension>,
    /// Take only cells that have one of some ids in a dimension, as disease=MONDO:0100096; several ids have commas between
    /// them
    #[arg(long, value_name = "DIMENSION=IDS", value_parser = filter)]
    filter: Vec<(Dimension, String)>,
    /// Leave out rows of cell types with fewer cells
    #[arg(long, value_name = "N", default_value_t = 1)]
    least_cells: u64,
    /// Write which ids each filter may take, with their numbers of cells, instead
    #[arg(long)]
    options: bool,
    #[command(flatten)]
    out: AnswerOut,
}

/// Asks the corpus and writes the answer.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let out = arguments.corpus.output(&arguments.out)?;
    let (corpus, ontology) = arguments.corpus.open()?;
    let mut filters = filters(&arguments.filter);
    if !arguments.tissue.is_empty() {
        filters.entry(Dimension::Tissue).or_default().extend(names(&arguments.tissue));
    }
    let query = Query {
        organism: arguments.corpus.organism(corpus.manifest())?,
        genes: names(&arguments.genes),
        filters,
        group_by: arguments.group_by,
        tissues: if arguments.collapsed { Tissues::Collapsed } else { Tissues::All },
        least_cells: arguments.least_cells,
    };
    if arguments.options {
        let options = wait(corpus.options(&query, &ontology))?;
        let of_dimension = |(dimension, options): (Dimension, Vec<(Term, u64)>)| {
            let option = |(term, n): (Term, u64)| json!({ "id": term.id, "label": term.label, "n_cells": n });
            (dimension.name().to_owned(), options.into_iter().map(option).collect())
        };
        terminal::print_json(&Value::Object(options.into_iter().map(of_dimension).collect()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let plot = wait(corpus.dot_plot(&query, &ontology))?;
    warn_of_unknown(&plot.unknown, &query.organism);
    out.write(&plot.to_table(&query, corpus.manifest()))?;
    Ok(ExitCode::SUCCESS)
}
