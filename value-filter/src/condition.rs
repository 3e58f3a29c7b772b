//! What a filter asks.

use std::ops::Range;

use crate::{FilterError, parser};

/// A filter that was read: whether its columns exist is not known yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    pub(crate) text: String,
    pub(crate) root: Condition,
}

/// A condition on cells or genes. Negations stand at the tests.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Every one of these.
    And(Vec<Condition>),
    /// At least one of these.
    Or(Vec<Condition>),
    /// A test of one column.
    Test(Test),
}

/// A test of one column.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// Name of the column.
    pub column: String,
    /// Where the name stands in the text, in bytes.
    pub column_at: Range<usize>,
    /// What is asked.
    pub comparison: Comparison,
    /// Where what it is compared with stands in the text, in bytes.
    pub value_at: Range<usize>,
    /// Whether what does not pass is wanted; missing values are not, either way.
    pub negated: bool,
}

/// What is asked of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Comparison {
    /// It is true.
    IsTrue,
    /// It is missing.
    IsMissing,
    /// It equals.
    Equal(Literal),
    /// It is less.
    Less(Literal),
    /// It is less or equal.
    LessOrEqual(Literal),
    /// It equals one of these.
    In(Vec<Literal>),
    /// It fits a pattern: `%` stands for any text, `_` for any character.
    Like(String),
    /// It is this label, or has it among others joined by ` || `.
    Contains(String),
    /// It is this term, or one below it.
    Descendants(String),
}

/// A value in a filter.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// A whole number.
    Int(i128),
    /// A number.
    Float(f64),
    /// Text.
    Text(String),
    /// `True` or `False`.
    Bool(bool),
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// [`FilterError`], which tells where it cannot be read.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        Ok(Self { text: text.to_owned(), root: parser::parse(text)? })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it asks.
    pub fn condition(&self) -> &Condition {
        &self.root
    }

    /// The columns that it asks of, each once, in the order in which they are named.
    pub fn columns(&self) -> Vec<&str> {
        let mut columns = Vec::new();
        self.root.each_test(&mut |test| {
            if !columns.contains(&test.column.as_str()) {
                columns.push(&test.column);
            }
        });
        columns
    }
}

impl Condition {
    /// The opposite, by De Morgan's laws.
    pub(crate) fn negate(self) -> Self {
        let each = |conditions: Vec<Self>| conditions.into_iter().map(Self::negate).collect();
        match self {
            Self::And(conditions) => Self::Or(each(conditions)),
            Self::Or(conditions) => Self::And(each(conditions)),
            Self::Test(test) => Self::Test(Test { negated: !test.negated, ..test }),
        }
    }

    /// Visits its tests in order.
    pub(crate) fn each_test<'a>(&'a self, visit: &mut impl FnMut(&'a Test)) {
        match self {
            Self::And(conditions) | Self::Or(conditions) => {
                conditions.iter().for_each(|condition| condition.each_test(visit));
            }
            Self::Test(test) => visit(test),
        }
    }
}
