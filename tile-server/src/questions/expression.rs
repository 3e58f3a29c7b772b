//! How genes are expressed in the cell types of the tissues of a corpus.

use ::corpus::{Dimension, Query, Term, Tissues, native::FileCorpus, native::wait};
use ::expression::Ontology;
use clap::Args;
use serde_json::{Value, json};

use super::{
    Answer, Answered, Ask, QuestionError,
    asked::{dimension, filter, filters, genes, names, unknown_genes},
};

/// The options of the question.
#[derive(Args)]
pub struct ExpressionQuestion {
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
    #[arg(long, value_name = "DIMENSION", value_parser = grouping)]
    group_by: Option<Dimension>,
    /// Take only cells that have one of some ids in a dimension, as disease=MONDO:0100096; several ids have commas between
    /// them, and an id that has a comma itself is put in quotation marks, as 'ethnicity="A,B"'
    #[arg(long, value_name = "DIMENSION=IDS", value_parser = filter)]
    filter: Vec<(Dimension, String)>,
    /// Leave out rows of cell types with fewer cells
    #[arg(long, value_name = "N", default_value_t = 1)]
    least_cells: u64,
    /// Write which ids each filter may take, with their numbers of cells, instead
    #[arg(long)]
    options: bool,
}

/// What rows of cell types may be divided by.
fn grouping(text: &str) -> Result<Dimension, String> {
    match dimension(text)? {
        Dimension::Tissue | Dimension::CellType => Err("rows are of a tissue and a cell type already".to_owned()),
        by => Ok(by),
    }
}

impl ExpressionQuestion {
    /// Whether each tissue has one row.
    #[cfg(test)]
    pub(super) fn is_collapsed(&self) -> bool {
        self.collapsed
    }
}

impl Ask for ExpressionQuestion {
    fn ask(&self, corpus: &FileCorpus, ontology: &Ontology, organism: String) -> Result<Answered, QuestionError> {
        let mut filters = filters(&self.filter);
        if !self.tissue.is_empty() {
            filters.entry(Dimension::Tissue).or_default().extend(names(&self.tissue));
        }
        let query = Query {
            organism,
            genes: genes(&self.genes)?,
            filters,
            group_by: self.group_by,
            tissues: if self.collapsed { Tissues::Collapsed } else { Tissues::All },
            least_cells: self.least_cells,
        };
        if self.options {
            let options = wait(corpus.options(&query, ontology))?;
            let of_dimension = |(dimension, options): (Dimension, Vec<(Term, u64)>)| {
                let option = |(term, n): (Term, u64)| json!({ "id": term.id, "label": term.label, "n_cells": n });
                (dimension.name().to_owned(), options.into_iter().map(option).collect())
            };
            let options = Value::Object(options.into_iter().map(of_dimension).collect());
            return Ok(Answered { answer: Answer::Options(options), cautions: Vec::new() });
        }
        let plot = wait(corpus.dot_plot(&query, ontology))?;
        let table = plot.to_table(&query, corpus.manifest());
        Ok(Answered::table(table).with(unknown_genes(&plot.unknown, &query.organism)))
    }
}
