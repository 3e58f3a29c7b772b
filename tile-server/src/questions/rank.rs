//! Which cell types of all tissues express genes the most.

use ::corpus::{Dimension, Least, Query, Ranking, native::FileCorpus, native::wait};
use ::expression::{Ontology, Quantity};
use clap::{Args, ValueEnum};

use super::{
    Answered, Ask, QuestionError,
    asked::{filter, filters, genes, unknown_genes},
};

/// The options of the question.
#[derive(Args)]
pub struct RankQuestion {
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

impl Ask for RankQuestion {
    fn ask(&self, corpus: &FileCorpus, ontology: &Ontology, organism: String) -> Result<Answered, QuestionError> {
        let (genes, filters) = (genes(&self.genes)?, filters(&self.filter));
        let query = Query { organism, genes, filters, ..Query::default() };
        let by = match self.by {
            QuantityName::Mean => Quantity::Mean,
            QuantityName::Expression => Quantity::Expression,
            QuantityName::Share => Quantity::Share,
        };
        let least = Least { cells: self.least_cells, expressing: self.least_expressing };
        let found = wait(corpus.rankings(&query, by, least, ontology))?;
        let table = Ranking::to_table(&found.genes, (&query, by), corpus.manifest());
        Ok(Answered::table(table).with(unknown_genes(&found.unknown, &query.organism)))
    }
}
