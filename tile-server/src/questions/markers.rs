//! The marker genes of the cell types of a tissue, or the cell types that genes are markers of.

use ::corpus::{Dimension, MarkedRow, MarkerQuery, Query, RowMarkers, native::FileCorpus, native::wait};
use ::expression::{LEAST_SCORE, MarkerOptions, Measure, N_KEPT, Ontology};
use clap::{Args, ValueEnum};

use super::{
    Answered, Ask, QuestionError,
    asked::{filter, filters, genes, unknown_genes},
};
use crate::numbers::{at_least, finite};

/// The options of the question.
#[derive(Args)]
pub struct MarkersQuestion {
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
    #[arg(long, value_name = "SCORE", value_parser = finite, default_value_t = LEAST_SCORE)]
    least_score: f64,
    /// Genes of each cell type
    #[arg(long, value_name = "N", default_value_t = N_KEPT, value_parser = at_least::<1>)]
    top: usize,
}

#[derive(Clone, Copy, ValueEnum)]
enum MeasureName {
    /// Cohen's d over all cells
    CohensD,
    /// t of Welch's test, as in the paper
    WelchT,
}

impl MarkersQuestion {
    fn options(&self) -> MarkerOptions {
        let measure = match self.effect {
            MeasureName::CohensD => Measure::CohensD,
            MeasureName::WelchT => Measure::WelchT,
        };
        MarkerOptions { measure, least_score: self.least_score, n_kept: self.top, ..MarkerOptions::default() }
    }
}

impl Ask for MarkersQuestion {
    fn ask(&self, corpus: &FileCorpus, ontology: &Ontology, organism: String) -> Result<Answered, QuestionError> {
        let (filters, options) = (filters(&self.filter), self.options());
        if let Some(tissue) = &self.tissue {
            let cell_type = self.cell_type.clone();
            let query = MarkerQuery { organism, tissue: tissue.clone(), filters, cell_type, options };
            let rows = wait(corpus.markers(&query, ontology))?;
            return Ok(Answered::table(RowMarkers::to_table(&rows, &query, corpus.manifest())));
        }
        let query = Query { organism, genes: genes(&self.genes)?, filters, ..Query::default() };
        let found = wait(corpus.marked_rows(&query, options, ontology))?;
        let table = MarkedRow::to_table(&found.genes, (&query, options), corpus.manifest());
        Ok(Answered::table(table).with(unknown_genes(&found.unknown, &query.organism)))
    }
}
