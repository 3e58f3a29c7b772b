use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};
use corpus::{Dimension, DonorQuery, Least, Query, Ranking, SpecificQuery, native::wait};
use expression::{Quantity, Specificity};

use super::{
    super::remote_inputs::DATASET_PLACES,
    asked::{AnswerOut, CorpusArgument, filter, filters, names, warn_of_unknown},
};

/// The arguments of `tile-server corpus rank`.
#[derive(Args)]
#[command(after_help = DATASET_PLACES)]
pub struct RankArguments {
    #[command(flatten)]
    corpus: CorpusArgument,
    /// Genes by id or symbol, with commas between them
    #[arg(long, value_name = "GENES", required = true)]
    genes: Vec<String>,
    /// Take only cells that have one of some ids in a dimension, as disease=MONDO:0100096; several ids have commas between
    /// them
    #[arg(long, value_name = "DIMENSION=IDS", value_parser = filter)]
    filter: Vec<(Dimension, String)>,
    /// What to rank by
    #[arg(long, value_enum, default_value_t = QuantityName::Mean)]
    by: QuantityName,
    /// Leave out cell types with fewer cells
    #[arg(long, value_name = "N", default_value_t = Least::default().cells)]
    least_cells: u64,
    /// Leave out cell types of which fewer cells express the gene
    #[arg(long, value_name = "N", default_value_t = Least::default().expressing)]
    least_expressing: u64,
    #[command(flatten)]
    out: AnswerOut,
}

#[derive(Clone, Copy, ValueEnum)]
enum QuantityName {
    /// The mean over all cells
    Mean,
    /// The mean over cells that express the gene
    Expression,
    /// The share of cells that express the gene
    Share,
}

/// Ranks rows and writes the table.
pub fn rank(arguments: &RankArguments) -> Result<ExitCode> {
    let out = arguments.corpus.output(&arguments.out)?;
    let (corpus, ontology) = arguments.corpus.open()?;
    let organism = arguments.corpus.organism(corpus.manifest())?;
    let query =
        Query { organism, genes: names(&arguments.genes), filters: filters(&arguments.filter), ..Query::default() };
    let by = match arguments.by {
        QuantityName::Mean => Quantity::Mean,
        QuantityName::Expression => Quantity::Expression,
        QuantityName::Share => Quantity::Share,
    };
    let least = Least { cells: arguments.least_cells, expressing: arguments.least_expressing };
    let found = wait(corpus.rankings(&query, by, least, &ontology))?;
    warn_of_unknown(&found.unknown, &query.organism);
    out.write(&Ranking::to_table(&found.genes, (&query, by), corpus.manifest()))?;
    Ok(ExitCode::SUCCESS)
}

/// The arguments of `tile-server corpus specific`.
#[derive(Args)]
#[command(after_help = DATASET_PLACES)]
pub struct SpecificArguments {
    #[command(flatten)]
    corpus: CorpusArgument,
    /// Which cells express the genes, as cell_type=CL:0000236; several ids have commas between them, several dimensions are
    /// all to be met
    #[arg(long, value_name = "DIMENSION=IDS", value_parser = filter, required = true)]
    here: Vec<(Dimension, String)>,
    /// Which cells do not, each tissue and cell type by itself [default: all others]
    #[arg(long, value_name = "DIMENSION=IDS", value_parser = filter)]
    there: Vec<(Dimension, String)>,
    /// The share of cells here that express a gene, at least, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = Specificity::default().least_share_here)]
    least_share: f64,
    /// The share of cells of any tissue and cell type there that express it, at most, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = Specificity::default().most_share_there)]
    most_share: f64,
    /// Cohen's d against any tissue and cell type there, at least
    #[arg(long, value_name = "D", default_value_t = Specificity::default().least_effect)]
    least_effect: f64,
    /// Leave out cell types there with fewer cells
    #[arg(long, value_name = "N", default_value_t = Least::default().cells)]
    least_cells: u64,
    #[command(flatten)]
    out: AnswerOut,
}

/// Finds specific genes and writes the table.
pub fn specific(arguments: &SpecificArguments) -> Result<ExitCode> {
    let out = arguments.corpus.output(&arguments.out)?;
    let (corpus, ontology) = arguments.corpus.open()?;
    let query = SpecificQuery {
        organism: arguments.corpus.organism(corpus.manifest())?,
        here: filters(&arguments.here),
        there: filters(&arguments.there),
        least_cells: arguments.least_cells,
        asked: Specificity {
            least_share_here: arguments.least_share,
            most_share_there: arguments.most_share,
            least_effect: arguments.least_effect,
        },
    };
    let found = wait(corpus.specific_genes(&query, &ontology))?;
    out.write(&found.to_table(&query, corpus.manifest()))?;
    Ok(ExitCode::SUCCESS)
}

/// The arguments of `tile-server corpus donors`.
#[derive(Args)]
#[command(after_help = DATASET_PLACES)]
pub struct DonorsArguments {
    #[command(flatten)]
    corpus: CorpusArgument,
    /// The gene, by id or symbol
    #[arg(long)]
    gene: String,
    /// Which cells, as cell_type=CL:0000236; several ids have commas between them, several dimensions are all to be met
    #[arg(long, value_name = "DIMENSION=IDS", value_parser = filter)]
    filter: Vec<(Dimension, String)>,
    #[command(flatten)]
    out: AnswerOut,
}

/// Writes the donors behind a dot.
pub fn donors(arguments: &DonorsArguments) -> Result<ExitCode> {
    let out = arguments.corpus.output(&arguments.out)?;
    let (corpus, ontology) = arguments.corpus.open()?;
    let query = DonorQuery {
        organism: arguments.corpus.organism(corpus.manifest())?,
        gene: arguments.gene.clone(),
        filters: filters(&arguments.filter),
        ..DonorQuery::default()
    };
    let found = wait(corpus.donors_behind(&query, &ontology))?;
    out.write(&found.to_table(&query, corpus.manifest()))?;
    Ok(ExitCode::SUCCESS)
}
