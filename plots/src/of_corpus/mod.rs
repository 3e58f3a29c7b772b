//! Answers of a corpus, drawn and written: its dots, and what is asked beside them.
//!
//! In the HTML a button has `data-view`, what it adds to the [address of a view](View::add_address), or `data-copy`, a text
//! to copy.

mod compared;
mod donors;
mod dots;
mod gene;
mod markers;
mod sources;
mod specific;
mod volcano;

use std::collections::BTreeMap;

use corpus::{
    Corpus, Dimension, Gene, Manifest, Query, QueryError,
    view::{Panel, RowId, Table, View},
};
use explorer_core::{color::Ground, dataset::Tiles, screen::xml_escaped};
use expression::Ontology;
use shared_fbs::dataset_id::name_of;

use crate::Figure;

pub use dots::TooManyDots;

/// An answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CorpusAnswer {
    /// As HTML.
    pub html: String,
    /// A figure, where there is one.
    pub figure: Option<Figure>,
    /// All numbers, with a record of how they were made.
    pub csv: String,
}

/// Why there is no answer; `E` is why a tile cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CorpusAnswerError<E> {
    /// The corpus cannot answer.
    #[error(transparent)]
    Query(#[from] QueryError<E>),
    /// There is more than anybody could read.
    #[error(transparent)]
    TooMany(#[from] TooManyDots),
}

/// What is asked, and of what.
struct Asked<'a, T> {
    corpus: &'a Corpus<T>,
    ontology: &'a Ontology,
    /// The question that the view's filters make.
    query: Query,
    served: &'a Served,
}

/// The addresses of the Explorer on the datasets that can be opened, by their names.
pub type Served = BTreeMap<String, String>;

/// What a view shows beside its dots ([`View::of_panel`]), or the dots themselves ([`View::of_dots`]). The view says what the
/// organism is.
///
/// # Errors
/// [`CorpusAnswerError`].
pub async fn answer<T: Tiles>(
    corpus: &Corpus<T>,
    ontology: &Ontology,
    view: &View,
    ground: Ground,
    served: &Served,
) -> Result<CorpusAnswer, CorpusAnswerError<T::Error>> {
    let asked = Asked { corpus, ontology, query: view.query(""), served };
    if let Some(of) = &view.compared {
        return Ok(asked.compared(of, ground).await?);
    }
    match &view.panel {
        None => {
            let (plot, table) = asked.dots(view).await?;
            let figure = dots::draw(&table, &asked.query, view.scaling, corpus.manifest(), ground)?;
            Ok(CorpusAnswer {
                html: String::new(),
                figure: Some(figure),
                csv: plot.to_table(&asked.query, corpus.manifest()).to_csv(),
            })
        }
        Some(Panel::Table) => {
            let (plot, table) = asked.dots(view).await?;
            let csv = plot.to_table(&asked.query, corpus.manifest()).to_csv();
            Ok(CorpusAnswer { html: dots::html(&table)?, figure: None, csv })
        }
        Some(Panel::Sources) => Ok(asked.sources().await?),
        Some(Panel::Gene(gene)) => Ok(asked.gene(gene).await?),
        Some(Panel::MarkerOf(gene)) => Ok(asked.marker_of(gene).await?),
        Some(Panel::Markers(row)) => Ok(asked.markers(row).await?),
        Some(Panel::Specific(row)) => Ok(asked.specific(row).await?),
        Some(Panel::Donors(row, gene)) => Ok(asked.donors(row, gene).await?),
    }
}

impl<T: Tiles> Asked<'_, T> {
    async fn dots(&self, view: &View) -> Result<(corpus::DotPlot, Table), QueryError<T::Error>> {
        let plot = self.corpus.dot_plot(&self.query, self.ontology).await?;
        let table = Table::new(&plot, view, self.corpus.fixed_point());
        Ok((plot, table))
    }

    fn manifest(&self) -> &Manifest {
        self.corpus.manifest()
    }

    /// What the term of an id is called.
    async fn label(&self, dimension: Dimension, id: &str) -> Result<String, QueryError<T::Error>> {
        for part in self.corpus.parts_of(&self.query.organism) {
            let values = &self.corpus.values(part).await?[dimension as usize];
            if let Some(code) = values.code(id) {
                return Ok(values.terms[code as usize].label.clone());
            }
        }
        Ok(self.ontology.label(id).unwrap_or(id).to_owned())
    }

    /// What a row is called, its tissue last.
    async fn name(&self, row: &RowId) -> Result<String, QueryError<T::Error>> {
        let mut names = Vec::new();
        if let Some((dimension, id)) = &row.option {
            names.push(self.label(*dimension, id).await?);
        }
        if let Some(id) = &row.cell_type {
            names.push(self.label(Dimension::CellType, id).await?);
        }
        names.push(self.label(Dimension::Tissue, &row.tissue).await?);
        Ok(names.join(", "))
    }

    /// What a dataset is called, as a link to the Explorer where it can be opened: on the cells that filters leave, colored by
    /// a gene.
    async fn dataset(&self, id: &str, gene: Option<&Gene>) -> Result<String, QueryError<T::Error>> {
        let source = self.manifest().sources.iter().find(|source| source.id == id);
        let title = xml_escaped(source.and_then(|source| source.title.as_deref()).unwrap_or(id));
        let Some(address) = self.served.get(name_of(id)) else { return Ok(title) };
        let genes = gene.map(|gene| gene.id.clone()).into_iter().collect();
        let query = Query { genes, ..self.query.clone() };
        let link = self.corpus.explorer_link(&query, id, self.ontology).await?;
        let address = xml_escaped(&format!("{address}#{link}"));
        Ok(format!("<a href=\"{address}\" title=\"Open {title} in the Explorer\">{title}</a>"))
    }
}

/// A button that adds to the view.
fn button(adds: &View, title: &str, text: &str) -> String {
    let [adds, title, text] = [&adds.to_address(), title, text].map(xml_escaped);
    format!("<button type=\"button\" data-view=\"{adds}\" title=\"{title}\">{text}</button>")
}

/// A gene, which a press adds to the dots.
fn gene_button(gene: &Gene) -> String {
    let adds = View { genes: vec![gene.id.clone()], ..View::default() };
    button(&adds, &format!("{}: press to add it to the dots", gene.id), &gene.symbol)
}

/// A panel, which a press shows.
fn panel_button(panel: Panel, title: &str, text: &str) -> String {
    button(&View { panel: Some(panel), ..View::default() }, title, text)
}

/// Buttons that take genes together: into the dots, and as a list to paste elsewhere.
fn genes_together<'a>(genes: impl Iterator<Item = &'a Gene> + Clone) -> String {
    let ids: Vec<String> = genes.clone().map(|gene| gene.id.clone()).collect();
    if ids.is_empty() {
        return String::new();
    }
    let symbols: Vec<&str> = genes.map(|gene| gene.symbol.as_str()).collect();
    let text = format!("Add {} to the dots", ids.len());
    let add = button(&View { genes: ids, ..View::default() }, "Adds the genes of the table", &text);
    let copied = xml_escaped(&symbols.join("\n"));
    format!(
        "<p class=\"answer-does\">{add}<button type=\"button\" data-copy=\"{copied}\">Copy their names</button></p>"
    )
}
