//! The donors behind the expression of a gene.

use ::corpus::{Dimension, DonorQuery, native::FileCorpus, native::wait};
use ::expression::Ontology;
use clap::Args;

use super::{
    Answered, Ask, QuestionError,
    asked::{filter, filters},
};

/// The options of the question.
#[derive(Args)]
pub struct DonorsQuestion {
    /// The gene, by id or symbol
    #[arg(long)]
    gene: String,
    /// Which cells, as cell_type=CL:0000236; several ids have commas between them, several dimensions are all to be met
    #[arg(long, value_name = "DIMENSION=IDS", value_parser = filter)]
    filter: Vec<(Dimension, String)>,
}

impl Ask for DonorsQuestion {
    fn ask(&self, corpus: &FileCorpus, ontology: &Ontology, organism: String) -> Result<Answered, QuestionError> {
        let filters = filters(&self.filter);
        let query = DonorQuery { organism, gene: self.gene.clone(), filters, ..DonorQuery::default() };
        let found = wait(corpus.donors_behind(&query, ontology))?;
        Ok(Answered::table(found.to_table(&query, corpus.manifest())))
    }
}
