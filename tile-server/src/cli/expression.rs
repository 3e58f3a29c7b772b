use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Result;
use clap::Args;
use corpus::{
    Dimension, DotPlot, DotRow, Manifest, Query, Term, Tissues, dot_plot_csv,
    native::{FileCorpus, open, wait},
    sum,
};
use expression::Ontology;
use serde_json::{Value, json};

use super::{lists, output::TableOut, summarize, terminal};

/// The arguments of `tile-server expression`.
#[derive(Args)]
pub struct Arguments {
    /// The directory of a corpus or of a summary
    corpus: PathBuf,
    /// Genes by id or symbol, with commas between them
    #[arg(long, value_name = "GENES", required = true)]
    genes: Vec<String>,
    /// The id of the organism [default: the only one]
    #[arg(long, value_name = "ID")]
    organism: Option<String>,
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
    /// Print JSON instead of CSV
    #[arg(long, conflicts_with = "out")]
    json: bool,
    #[command(flatten)]
    out: TableOut,
}

/// There is no telling which organism is meant.
#[derive(Debug, thiserror::Error)]
#[error("the corpus has cells of {0}: name one by --organism")]
pub struct SeveralOrganisms(String);

fn dimension(text: &str) -> Result<Dimension, String> {
    text.parse().map_err(|error: corpus::UnknownDimension| error.to_string())
}

fn filter(text: &str) -> Result<(Dimension, String), String> {
    let (name, ids) = text.split_once('=').ok_or("it takes DIMENSION=IDS")?;
    Ok((dimension(name)?, ids.to_owned()))
}

impl Arguments {
    fn query(&self, manifest: &Manifest) -> Result<Query> {
        let organisms: BTreeSet<&str> = manifest.parts.iter().map(|part| part.organism.as_str()).collect();
        let organism = match (&self.organism, organisms.first(), organisms.len()) {
            (Some(organism), ..) => organism.clone(),
            (None, Some(only), 1) => (*only).to_owned(),
            (None, ..) => {
                return Err(SeveralOrganisms(organisms.into_iter().collect::<Vec<_>>().join(", ")).into());
            }
        };
        let ids = |lists: &[String]| lists::names(lists, |_| false);
        let mut filters: BTreeMap<Dimension, BTreeSet<String>> = BTreeMap::new();
        let tissues = self.tissue.iter().map(|list| (Dimension::Tissue, list.clone()));
        for (dimension, list) in self.filter.iter().cloned().chain(tissues) {
            filters.entry(dimension).or_default().extend(ids(&[list]));
        }
        Ok(Query {
            organism,
            genes: ids(&self.genes),
            filters,
            group_by: self.group_by,
            tissues: if self.collapsed { Tissues::Collapsed } else { Tissues::All },
            least_cells: self.least_cells,
        })
    }
}

/// The cell types that a corpus was made with; today's for a summary, which has none.
fn ontology_of(manifest: &Manifest) -> Result<Ontology> {
    if manifest.ontology.is_empty() { summarize::ontology("CL") } else { Ok(corpus::ontology(manifest)) }
}

/// Asks the corpus and writes the answer.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let out = arguments.out.open([arguments.corpus.as_path()])?;
    let corpus: FileCorpus = open(&arguments.corpus)?;
    let query = arguments.query(corpus.manifest())?;
    let ontology = ontology_of(corpus.manifest())?;
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
    for name in &plot.unknown {
        terminal::say(&format!("warning: no dataset has a gene `{name}` of {}", query.organism));
    }
    if arguments.json {
        terminal::print_json(&to_json(&plot, corpus.manifest()))?;
    } else {
        out.write(&dot_plot_csv(&plot, &query, corpus.manifest()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn to_json(plot: &DotPlot, manifest: &Manifest) -> Value {
    let term = |term: &Term| json!({ "id": term.id, "label": term.label });
    let row = |row: &DotRow| {
        json!({
            "tissue": term(&row.tissue),
            "cell_type": row.cell_type.as_ref().map(term),
            "depth": row.depth,
            "option": row.option.as_ref().map(term),
            "n_cells": row.n_cells,
            "n_annotated": row.n_annotated,
            "n_expressing": row.moments.iter().map(|moments| moments.n_nonzero).collect::<Vec<_>>(),
            "sum": row.moments.iter().map(sum).collect::<Vec<_>>(),
            "sum_of_squares": row.moments.iter().map(corpus::sum_sq).collect::<Vec<_>>(),
        })
    };
    json!({
        "corpus": manifest.content_id,
        "version": manifest.version,
        "genes": plot.genes.iter().map(|gene| json!({ "id": gene.id, "symbol": gene.symbol })).collect::<Vec<_>>(),
        "unknown": plot.unknown,
        "rows": plot.rows.iter().map(row).collect::<Vec<_>>(),
    })
}
