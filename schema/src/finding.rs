//! What is found in a file.

use crate::bounds::value;
use crate::rule::Rule;

/// How severe a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file does not follow the schema.
    Error,
    /// The original accepts it, against the schema's text or to one's harm.
    Strict,
    /// It is allowed, and worth a look.
    Warning,
}

/// One thing that is found.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// How severe it is.
    pub severity: Severity,
    /// Where: `obs.tissue_type`, `uns.title`, `X`.
    pub place: String,
    /// The column or key as the corpus of the original names it; none where a rule is about no column.
    pub column: Option<String>,
    /// The text of the original; of rules of our own our own.
    pub text: String,
    /// The value that is wrong, if it is one.
    pub value: Option<String>,
    /// The cells or genes that have it.
    pub rows: Rows,
    /// What to put instead.
    pub suggestion: Option<String>,
    /// What `mend` would do.
    pub fix: Option<Fix>,
    /// Whether the original would not tell it, since it stops before.
    pub is_hidden: bool,
    /// How many findings it stands for: itself, or those of its cause beyond the thousand that are listed.
    pub n_findings: usize,
}

/// Cells or genes, by number and the first names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// How many; 0 where a finding is about none.
    pub n: usize,
    /// The names of the first few.
    pub first: Vec<String>,
}

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    /// In this column of `obs`.
    Obs(String),
    /// Under this key of `uns`.
    Uns(String),
}

/// A change that needs no decision.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fix {
    /// Write this instead of a value.
    Replace {
        /// Where it stands.
        at: At,
        /// The value that is there.
        from: String,
        /// The value to write.
        to: String,
    },
    /// Write this instead of the name of a gene.
    RenameGene {
        /// The name that is there.
        from: String,
        /// The name to write.
        to: String,
    },
    /// Leave out a column or key.
    Drop {
        /// `obs`, `var`, `raw/var` or `uns`.
        frame: String,
        /// The column or key.
        name: String,
    },
    /// Leave out categories that no cell has.
    DropCategories {
        /// The column of `obs`.
        column: String,
    },
    /// Flag genes as filtered.
    Flag {
        /// The genes.
        genes: Vec<String>,
    },
    /// Make a column of texts a categorical one.
    Categorize {
        /// The column of `obs`.
        column: String,
    },
    /// Write a matrix as CSR.
    Csr {
        /// Where it lies.
        place: String,
    },
    /// Write a matrix of numbers that fit as `float32`.
    Singles {
        /// Where it lies.
        place: String,
    },
}

impl Finding {
    /// A finding with the text of the original.
    pub(crate) fn new(rule: u16, place: impl Into<String>, text: impl Into<String>) -> Self {
        let rule = Rule(rule);
        Self {
            rule,
            severity: rule.severity(),
            place: place.into(),
            column: None,
            text: text.into(),
            value: None,
            rows: Rows::default(),
            suggestion: None,
            fix: None,
            is_hidden: false,
            n_findings: 1,
        }
    }

    pub(crate) fn column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }

    pub(crate) fn value(mut self, value: impl Into<String>) -> Self {
        self.value = Some(value.into());
        self
    }

    pub(crate) fn rows(mut self, rows: Rows) -> Self {
        self.rows = rows;
        self
    }

    pub(crate) fn suggest(mut self, suggestion: Option<String>) -> Self {
        self.suggestion = suggestion;
        self
    }

    pub(crate) fn fix(mut self, fix: Option<Fix>) -> Self {
        self.set_fix(fix);
        self
    }

    pub(crate) fn set_fix(&mut self, fix: Option<Fix>) {
        // What becomes itself is no change.
        self.fix = fix.filter(|fix| !matches!(fix, Fix::Replace { from, to, .. } if from == to));
    }

    pub(crate) fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// The rule and its column, as the corpus of the original has it: `R46:obs.tissue_type`.
    pub fn key(&self) -> String {
        match &self.column {
            Some(column) => format!("{}:{column}", self.rule.id()),
            None => self.rule.id(),
        }
    }
}

impl Rows {
    /// How many names are kept.
    pub(crate) const N_FIRST: usize = 5;

    /// The rows of these numbers.
    pub(crate) fn of(index: &[String], rows: impl Iterator<Item = usize>) -> Self {
        let mut found = Self::default();
        rows.for_each(|row| found.add(index, row));
        found
    }

    pub(crate) fn add(&mut self, index: &[String], row: usize) {
        if self.n < Self::N_FIRST {
            self.first.extend(index.get(row).cloned());
        }
        self.n += 1;
    }
}

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Obs(column) => write!(f, "obs.{column}"),
            Self::Uns(key) => write!(f, "uns.{key}"),
        }
    }
}

impl std::fmt::Display for Fix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Replace { at, from, to } => write!(f, "{at}: `{}` becomes `{}`", value(from), value(to)),
            Self::RenameGene { from, to } => write!(f, "gene `{}` becomes `{to}`", value(from)),
            Self::Drop { frame, name } => write!(f, "{frame}: `{}` is left out", value(name)),
            Self::DropCategories { column } => write!(f, "obs.{column}: categories without a cell are left out"),
            Self::Flag { genes } => match &genes[..] {
                [gene] => write!(f, "var.feature_is_filtered: becomes True for {gene}"),
                _ => write!(f, "var.feature_is_filtered: becomes True for {} genes", genes.len()),
            },
            Self::Categorize { column } => write!(f, "obs.{column}: becomes categorical"),
            Self::Csr { place } => write!(f, "{place}: becomes CSR"),
            Self::Singles { place } => write!(f, "{place}: becomes float32, exactly"),
        }
    }
}
