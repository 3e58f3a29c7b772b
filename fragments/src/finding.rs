//! What is wrong with fragments, or with the cells that they are of.

use serde::Serialize;

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The assay of the cells has no fragments, or some have and some have not.
    Assay,
    /// The organism is neither human nor mouse.
    Organism,
    /// Not all cells are primary data.
    Primary,
    /// The file is not gzip, or is damaged.
    Gzip,
    /// The file has no rows.
    Empty,
    /// A row does not have five columns.
    Columns,
    /// A number is none.
    Number,
    /// A number is missing.
    Missing,
    /// A start is below 1.
    Start,
    /// Barcodes and cells are not the same.
    Barcodes,
    /// A chromosome is not one of the organism.
    Chromosome,
    /// A stop is past the end of its chromosome.
    PastEnd,
    /// A stop is not above its start.
    Stop,
    /// A row stands for no reads.
    Support,
    /// Rows repeat.
    Repeated,
}

/// One thing that is wrong, wherever it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is about.
    pub rule: Rule,
    /// What is wrong and what to do.
    pub message: String,
    /// How many rows, or barcodes, or cells it is about.
    pub count: u64,
    /// The first rows that it is about, counted from 1.
    pub first_rows: Vec<u64>,
    /// The first values that it is about.
    pub values: Vec<String>,
    /// What `cellxgene-schema` says of it; nothing where it lets it pass, or where it speaks of something else only.
    pub compat: Option<String>,
}

impl Rule {
    /// Whether it is about the cells alone, so that the fragments were not looked at.
    pub fn is_of_cells(self) -> bool {
        match self {
            Self::Assay | Self::Organism | Self::Primary => true,
            Self::Gzip
            | Self::Empty
            | Self::Columns
            | Self::Number
            | Self::Missing
            | Self::Start
            | Self::Barcodes
            | Self::Chromosome
            | Self::PastEnd
            | Self::Stop
            | Self::Support
            | Self::Repeated => false,
        }
    }

    /// Whether the file cannot be read as fragments, so that nothing else is known of it.
    pub fn is_of_form(self) -> bool {
        matches!(self, Self::Gzip | Self::Empty | Self::Columns | Self::Number)
    }
}

/// How many of the first rows and values are told.
pub(crate) const FIRST: usize = 5;

/// Rows of which the same is wrong.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    pub(crate) count: u64,
    pub(crate) first: Vec<u64>,
    pub(crate) values: Vec<String>,
}

impl Rows {
    /// Counts a row, and keeps the first ones, each with what `value` gives.
    pub(crate) fn add(&mut self, row: u64, value: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < FIRST {
            self.first.push(row);
            self.values.push(value());
        }
    }

    /// The finding, if there is one.
    pub(crate) fn finding(self, rule: Rule, message: &str, compat: Option<String>) -> Option<Finding> {
        let Self { count, first, values } = self;
        let message = message.to_owned();
        (count > 0).then_some(Finding { rule, message, count, first_rows: first, values, compat })
    }
}
