//! The genes that some cells express and others do not.

use ::corpus::{Dimension, Least, SpecificQuery, native::FileCorpus, native::wait};
use ::expression::{Ontology, Specificity};
use clap::Args;

use super::{
    Answered, Ask, QuestionError,
    asked::{filter, filters},
};
use crate::numbers::{finite, share};

/// The options of the question.
#[derive(Args)]
pub struct SpecificQuestion {
    /// Which cells express the genes, as cell_type=CL:0000236; several ids have commas between them, several dimensions are
    /// all to be met
    #[arg(long, value_name = "DIMENSION=IDS", value_parser = filter, required = true)]
    here: Vec<(Dimension, String)>,
    /// Which cells do not, each tissue and cell type by itself [default: all others]
    #[arg(long, value_name = "DIMENSION=IDS", value_parser = filter)]
    there: Vec<(Dimension, String)>,
    /// The share of cells here that express a gene, at least, 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = share, default_value_t = Specificity::default().least_share_here)]
    least_share: f64,
    /// The share of cells of any tissue and cell type there that express it, at most, 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = share, default_value_t = Specificity::default().most_share_there)]
    most_share: f64,
    /// Cohen's d against any tissue and cell type there, at least
    #[arg(long, value_name = "D", value_parser = finite, default_value_t = Specificity::default().least_effect)]
    least_effect: f64,
    /// Leave out cell types there with fewer cells
    #[arg(long, value_name = "N", default_value_t = Least::default().cells)]
    least_cells: u64,
}

impl Ask for SpecificQuestion {
    fn ask(&self, corpus: &FileCorpus, ontology: &Ontology, organism: String) -> Result<Answered, QuestionError> {
        let query = SpecificQuery {
            organism,
            here: filters(&self.here),
            there: filters(&self.there),
            least_cells: self.least_cells,
            asked: Specificity {
                least_share_here: self.least_share,
                most_share_there: self.most_share,
                least_effect: self.least_effect,
            },
        };
        let found = wait(corpus.specific_genes(&query, ontology))?;
        Ok(Answered::table(found.to_table(&query, corpus.manifest())))
    }
}
