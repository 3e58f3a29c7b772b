//! Answers as tables: columns, and what was asked of what.

mod compare;
mod dots;
mod markers;
mod questions;
mod sources;

use explorer_core::csv::{push_comment, push_field, push_number};
use expression::Dot;

use crate::{Dimension, Filters, Gene, Manifest, Term};

pub use sources::ShownSource;

/// A table that answers a question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnswerTable {
    /// What was asked, and of what: names and texts.
    pub facts: Vec<(String, String)>,
    /// The columns, by their names, of equal length.
    pub columns: Vec<(String, Column)>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Texts.
    Texts(Vec<String>),
    /// Whole numbers.
    Integers(Vec<u64>),
    /// Numbers; NaN: none.
    Numbers(Vec<f64>),
}

impl Column {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Integers(numbers) => numbers.len(),
            Self::Numbers(numbers) => numbers.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl AnswerTable {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| column.len())
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// As CSV. Lines that begin with `#` have the facts; `pandas.read_csv(path, comment="#")` reads it.
    pub fn to_csv(&self) -> String {
        let mut out = String::new();
        for (name, text) in &self.facts {
            push_comment(&mut out, name, text);
        }
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        out.push_str(&names.join(","));
        out.push('\n');
        for row in 0..self.len() {
            for (at, (_, column)) in self.columns.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                match column {
                    Column::Texts(texts) => push_field(&mut out, &texts[row]),
                    Column::Integers(numbers) => out.push_str(&numbers[row].to_string()),
                    // What has no value is empty.
                    Column::Numbers(numbers) if numbers[row].is_nan() => {}
                    Column::Numbers(numbers) => push_number(&mut out, numbers[row]),
                }
            }
            out.push('\n');
        }
        out
    }

    /// A table that tells which corpus was asked, and which of its cells.
    fn of(manifest: &Manifest, organism: &str, filters: &[(&str, &Filters)]) -> Self {
        let mut table = Self::default();
        let profile = &manifest.profile;
        table.fact("corpus", &format!("{} (version {})", manifest.content_id, manifest.version));
        table.fact("profile", &profile.name);
        table.fact("values", "ln(1 + counts per ten thousand)");
        table.fact("noise threshold in counts per ten thousand", &profile.least_cptt.to_string());
        table.fact("organism", organism);
        for (name, filters) in filters {
            for (dimension, ids) in *filters {
                let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
                table.fact(&format!("{name} {dimension}"), &ids.join(", "));
            }
        }
        table
    }

    /// Tells the datasets that have cells of an organism.
    fn sources(&mut self, manifest: &Manifest, organism: &str) {
        for source in manifest.sources.iter().filter(|source| source.organism == organism) {
            let about = source.citation.as_deref().or(source.title.as_deref()).unwrap_or(&source.file);
            self.fact(&format!("dataset {}", source.id), &format!("{} cells; {about}", source.n_cells));
        }
    }

    /// Notes a fact; none that does not apply.
    fn fact(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.facts.push((name.to_owned(), text.to_owned()));
        }
    }

    fn texts<'a>(&mut self, name: &str, texts: impl Iterator<Item = &'a str>) {
        self.columns.push((name.to_owned(), Column::Texts(texts.map(str::to_owned).collect())));
    }

    fn integers(&mut self, name: &str, numbers: impl Iterator<Item = u64>) {
        self.columns.push((name.to_owned(), Column::Integers(numbers.collect())));
    }

    fn numbers(&mut self, name: &str, numbers: impl Iterator<Item = f64>) {
        self.columns.push((name.to_owned(), Column::Numbers(numbers.collect())));
    }

    /// Ids and labels.
    fn terms<'a>(&mut self, name: &str, terms: impl Iterator<Item = Option<&'a Term>> + Clone) {
        self.texts(&format!("{name}_id"), terms.clone().map(|term| term.map_or("", |term| &term.id)));
        self.texts(name, terms.map(|term| term.map_or("", |term| &term.label)));
    }

    /// What dots show of genes.
    fn dots(&mut self, dots: &[Dot]) {
        self.cells_of(dots.iter());
        self.known("fraction_of_tissue", dots.iter().map(Dot::tissue_composition));
        self.means_of(dots.iter());
    }

    /// The cells of dots, those that measured the gene, and those that express it.
    fn cells_of<'a>(&mut self, dots: impl Iterator<Item = &'a Dot> + Clone) {
        self.integers("n_cells", dots.clone().map(|dot| dot.n_cells));
        self.integers("n_cells_measured", dots.clone().map(|dot| dot.n_measured));
        self.integers("n_expressing", dots.clone().map(|dot| dot.n_expressing));
        self.known("fraction", dots.map(Dot::share));
    }

    /// Their means, over cells that express the gene and over all that measured it.
    fn means_of<'a>(&mut self, dots: impl Iterator<Item = &'a Dot> + Clone) {
        self.known("mean_expressing", dots.clone().map(Dot::expression));
        self.known("mean", dots.map(Dot::mean));
    }

    /// Numbers that there may not be.
    fn known(&mut self, name: &str, numbers: impl Iterator<Item = Option<f64>>) {
        self.numbers(name, numbers.map(|number| number.unwrap_or(f64::NAN)));
    }

    /// Ids and symbols.
    fn genes<'a>(&mut self, genes: impl Iterator<Item = &'a Gene> + Clone) {
        self.texts("gene_id", genes.clone().map(|gene| gene.id.as_str()));
        self.texts("gene", genes.map(|gene| gene.symbol.as_str()));
    }
}

/// How many genes are left out, since there is nothing to say of them; empty where none is.
fn unmeasured(n_genes: usize, why: &str) -> String {
    if n_genes > 0 { format!("{n_genes} that {why}") } else { String::new() }
}

/// The name of a dimension; empty for none.
fn name_of(dimension: Option<Dimension>) -> &'static str {
    dimension.map_or("", Dimension::name)
}
