//! Which rows of a table pass a filter.

use std::{
    cmp::Ordering,
    collections::{BTreeSet, HashSet},
    ops::Range,
    sync::LazyLock,
};

use explorer_core::data::{CellIdx, FileColumn, Numbers};
use roaring::RoaringBitmap;

use crate::{
    ColumnFacts, Comparison, Condition, Filter, FilterError, Literal, Table, Test, ValueKind,
    error::{instead, nearest},
};

/// What joins several labels in one.
const SEPARATOR: &str = " || ";

/// What the column of term ids of a column of labels is called, after its name.
const TERM_IDS: &str = "_ontology_term_id";

/// The terms of ontologies.
pub trait Terms {
    /// The ids of a term and of all terms below it; `None` where the term is not known.
    fn with_descendants(&self, id: &str) -> Option<HashSet<String>>;
}

/// Terms that are read when first asked for, which few filters do.
impl<T: Terms, F: FnOnce() -> T> Terms for LazyLock<T, F> {
    fn with_descendants(&self, id: &str) -> Option<HashSet<String>> {
        T::with_descendants(self, id)
    }
}

/// The rows that pass a filter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selected {
    /// Their places in the table.
    pub rows: RoaringBitmap,
    /// What the writer of the filter may not have meant, a sentence each: labels that the column does not have.
    pub notes: Vec<String>,
    /// The labels that the rows are all those with, in each of some columns; `None` where labels do not tell the rows.
    pub labels: Option<Vec<ChosenLabels>>,
}

/// Labels of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenLabels {
    /// Name of the column.
    pub column: String,
    /// Their codes.
    pub codes: BTreeSet<u32>,
}

/// The rows that pass one test, and the labels that tell them.
struct Passing {
    rows: RoaringBitmap,
    labels: Option<ChosenLabels>,
}

/// Why a filter gives no rows.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SelectError<E> {
    /// It does not suit the columns.
    #[error(transparent)]
    Filter(FilterError),
    /// A column cannot be read.
    #[error(transparent)]
    Read(E),
}

/// A value of a column.
#[derive(Clone, Copy)]
enum Value<'a> {
    Text(&'a str),
    Bool(bool),
    Int(i128),
    Float32(f32),
    Float64(f64),
}

/// A comparison made ready for the values of a column.
enum Matcher {
    IsTrue,
    Equal(Operand),
    Less(Operand),
    LessOrEqual(Operand),
    In(Vec<Operand>),
    InTexts(HashSet<String>),
    Like(Vec<char>),
    Contains(String),
    Terms(HashSet<String>),
}

/// A literal in the type of a column.
#[derive(Clone, Debug)]
enum Operand {
    Text(String),
    Bool(bool),
    Int(i128),
    Float32(f32),
    Float64(f64),
}

impl Filter {
    /// The rows of a table that pass.
    ///
    /// # Errors
    /// [`SelectError`].
    pub async fn select<T: Table>(&self, table: &T, terms: &impl Terms) -> Result<Selected, SelectError<T::Error>> {
        let mut selection = Selection { text: &self.text, table, terms, notes: Vec::new() };
        let mut tests = Vec::new();
        self.root.each_test(&mut |test| tests.push(test));
        let mut passing = Vec::with_capacity(tests.len());
        for test in tests {
            passing.push(selection.rows_of(test).await?);
        }
        let labels = self.root.chosen_labels(&passing);
        let rows = self.root.combined(&mut passing.into_iter().map(|passing| passing.rows));
        Ok(Selected { rows, notes: selection.notes, labels })
    }
}

impl Condition {
    /// The labels that rows must have, where that is all that is asked.
    fn chosen_labels(&self, passing: &[Passing]) -> Option<Vec<ChosenLabels>> {
        let is_conjunction = match self {
            Self::Test(_) => true,
            Self::And(conditions) => conditions.iter().all(|condition| matches!(condition, Self::Test(_))),
            Self::Or(_) => false,
        };
        let mut chosen: Vec<ChosenLabels> = Vec::new();
        for labels in passing.iter().map(|passing| passing.labels.as_ref()) {
            let labels = labels.filter(|_| is_conjunction)?;
            match chosen.iter_mut().find(|known| known.column == labels.column) {
                Some(known) => known.codes.retain(|code| labels.codes.contains(code)),
                None => chosen.push(labels.clone()),
            }
        }
        Some(chosen)
    }

    /// The rows that pass, given those that pass each test, in order.
    fn combined(&self, passing: &mut impl Iterator<Item = RoaringBitmap>) -> RoaringBitmap {
        let of = |condition: &Self| condition.combined(passing);
        match self {
            Self::And(conditions) => conditions.iter().map(of).reduce(|a, b| a & b).unwrap_or_default(),
            Self::Or(conditions) => conditions.iter().map(of).reduce(|a, b| a | b).unwrap_or_default(),
            Self::Test(_) => passing.next().unwrap_or_default(),
        }
    }
}

struct Selection<'a, T, O> {
    text: &'a str,
    table: &'a T,
    terms: &'a O,
    notes: Vec<String>,
}

impl<T: Table, O: Terms> Selection<'_, T, O> {
    fn error(&self, problem: impl Into<String>, at: &Range<usize>) -> SelectError<T::Error> {
        SelectError::Filter(FilterError::new(problem, self.text, at.clone()))
    }

    /// The rows that pass one test.
    async fn rows_of(&mut self, test: &Test) -> Result<Passing, SelectError<T::Error>> {
        let column = self.column_of(test)?;
        let Some(facts) = self.table.facts(&column) else {
            let names = self.table.names();
            let known = instead(&column, names.iter().copied(), "columns");
            return Err(self.error(format!("there is no column `{column}`{known}"), &test.column_at));
        };
        let Some(matcher) = self.matcher(test, &column, facts)? else {
            return self.missing(&column, facts, test.negated).await;
        };
        if facts.has_labels {
            let labels = self.table.labels(&column).await.map_err(SelectError::Read)?;
            self.note_unknown_labels(test, &column, facts, &labels);
            let codes = self.codes(test, &column, facts, &matcher, &labels)?;
            let rows = self.table.with_labels(&column, &codes).await.map_err(SelectError::Read)?;
            return Ok(Passing { rows, labels: Some(ChosenLabels { column, codes: codes.into_iter().collect() }) });
        }
        let values = self.table.values(&column).await.map_err(SelectError::Read)?;
        Ok(Passing { rows: passing_rows(&values, |value| matcher.passes(value) != test.negated), labels: None })
    }

    /// The column whose values are looked at: for descendants, that of the term ids.
    fn column_of(&self, test: &Test) -> Result<String, SelectError<T::Error>> {
        let column = &test.column;
        let is_of_terms = matches!(test.comparison, Comparison::Descendants(_));
        if !is_of_terms || column.ends_with(TERM_IDS) || self.table.facts(column).is_none() {
            return Ok(column.clone());
        }
        let ids = format!("{column}{TERM_IDS}");
        if self.table.facts(&ids).is_some() {
            return Ok(ids);
        }
        let problem = format!("`{column}` has no terms of an ontology: there is no column `{ids}`");
        Err(self.error(problem, &test.column_at))
    }

    async fn missing(&self, column: &str, facts: ColumnFacts, negated: bool) -> Result<Passing, SelectError<T::Error>> {
        let n_rows = self.table.n_rows() as u32;
        let present = if facts.has_labels {
            let n_labels = self.table.labels(column).await.map_err(SelectError::Read)?.len() as u32;
            let codes: Vec<u32> = (0..n_labels).collect();
            self.table.with_labels(column, &codes).await.map_err(SelectError::Read)?
        } else {
            passing_rows(&self.table.values(column).await.map_err(SelectError::Read)?, |_| true)
        };
        if negated {
            return Ok(Passing { rows: present, labels: None });
        }
        let mut all = RoaringBitmap::new();
        all.insert_range(0..n_rows);
        Ok(Passing { rows: all - present, labels: None })
    }

    /// What the values are asked; `None` where it is whether they are there.
    fn matcher(&self, test: &Test, column: &str, facts: ColumnFacts) -> Result<Option<Matcher>, SelectError<T::Error>> {
        let operand = |literal: &Literal| {
            Operand::of(literal, facts.kind)
                .map_err(|advice| self.error(format!("`{column}` {advice}"), &test.value_at))
        };
        let only_text = |word: &str| match facts.kind {
            ValueKind::Text => Ok(()),
            ValueKind::Bool | ValueKind::Int | ValueKind::Float32 | ValueKind::Float64 => {
                Err(self.error(format!("`{word}` asks of text, and `{column}` has none"), &test.column_at))
            }
        };
        Ok(Some(match &test.comparison {
            Comparison::IsMissing => return Ok(None),
            Comparison::IsTrue => {
                if facts.kind != ValueKind::Bool {
                    let problem = format!(
                        "`{column}` alone is no condition, since it is not true or false; compare it with a value"
                    );
                    return Err(self.error(problem, &test.column_at));
                }
                Matcher::IsTrue
            }
            Comparison::Equal(literal) => Matcher::Equal(operand(literal)?),
            Comparison::Less(literal) => Matcher::Less(operand(literal)?),
            Comparison::LessOrEqual(literal) => Matcher::LessOrEqual(operand(literal)?),
            Comparison::In(literals) => {
                let operands = literals.iter().map(operand).collect::<Result<Vec<_>, _>>()?;
                let texts = operands.iter().map(|operand| match operand {
                    Operand::Text(text) => Some(text.clone()),
                    Operand::Bool(_) | Operand::Int(_) | Operand::Float32(_) | Operand::Float64(_) => None,
                });
                texts.collect::<Option<HashSet<String>>>().map_or(Matcher::In(operands), Matcher::InTexts)
            }
            Comparison::Like(pattern) => {
                only_text("like")?;
                Matcher::Like(pattern.chars().collect())
            }
            Comparison::Contains(label) => {
                only_text("contains")?;
                Matcher::Contains(label.clone())
            }
            Comparison::Descendants(id) => {
                let terms = self.terms.with_descendants(id);
                let unknown = || {
                    self.error(
                        format!("no terms below `{id}` are known; those below terms like 'CL:0000084' and 'UBERON:0000178' are"),
                        &test.value_at,
                    )
                };
                Matcher::Terms(terms.ok_or_else(unknown)?)
            }
        }))
    }

    /// The codes of the labels that pass, ascending.
    fn codes(
        &self,
        test: &Test,
        column: &str,
        facts: ColumnFacts,
        matcher: &Matcher,
        labels: &[String],
    ) -> Result<Vec<u32>, SelectError<T::Error>> {
        let all = (0..).zip(labels);
        let by_order = match matcher {
            Matcher::Less(Operand::Text(wanted)) | Matcher::LessOrEqual(Operand::Text(wanted)) => Some(wanted),
            _ => None,
        };
        let Some(wanted) = by_order.filter(|_| facts.ordered) else {
            let passes = |label: &str| Value::of_label(label, facts.kind).map(|value| matcher.passes(value));
            return Ok(all.filter(|(_, label)| passes(label) == Some(!test.negated)).map(|(code, _)| code).collect());
        };
        let Some(place) = labels.iter().position(|label| label == wanted) else {
            let known = instead(wanted, labels.iter().map(String::as_str), "labels");
            return Err(self.error(format!("`{column}` has no label `{wanted}`{known}"), &test.value_at));
        };
        let passes = |code: u32| match code.cmp(&(place as u32)) {
            Ordering::Less => true,
            Ordering::Equal => matches!(matcher, Matcher::LessOrEqual(_)),
            Ordering::Greater => false,
        };
        Ok(all.map(|(code, _)| code).filter(|&code| passes(code) != test.negated).collect())
    }

    fn note_unknown_labels(&mut self, test: &Test, column: &str, facts: ColumnFacts, labels: &[String]) {
        let wanted: Vec<&Literal> = match &test.comparison {
            Comparison::Equal(literal) => vec![literal],
            Comparison::In(literals) => literals.iter().collect(),
            _ => Vec::new(),
        };
        for literal in wanted {
            let Literal::Text(text) = literal else { continue };
            if facts.kind == ValueKind::Text && !labels.contains(text) {
                let near = nearest(text, labels.iter().map(String::as_str));
                let near = near.map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
                self.notes.push(format!("`{column}` has no label '{text}'{near}"));
            }
        }
    }
}

impl Operand {
    /// A literal as the values of a column are; otherwise what the column has, and what to do.
    fn of(literal: &Literal, kind: ValueKind) -> Result<Self, &'static str> {
        Ok(match (kind, literal) {
            (ValueKind::Text, Literal::Text(text)) => Self::Text(text.clone()),
            (ValueKind::Text, _) => return Err("has text; write the value in quotation marks"),
            (ValueKind::Bool, Literal::Bool(truth)) => Self::Bool(*truth),
            (ValueKind::Bool, Literal::Int(0)) => Self::Bool(false),
            (ValueKind::Bool, Literal::Int(1)) => Self::Bool(true),
            (ValueKind::Bool, _) => return Err("is true or false; compare it with True or False"),
            (_, Literal::Text(_)) => return Err("has numbers; write the value without quotation marks"),
            (ValueKind::Int, Literal::Int(number)) => Self::Int(*number),
            (ValueKind::Int, Literal::Bool(truth)) => Self::Int(i128::from(*truth)),
            (ValueKind::Float32, Literal::Int(number)) => Self::Float32(*number as f32),
            (ValueKind::Float32, Literal::Float(number)) => Self::Float32(*number as f32),
            (ValueKind::Float32, Literal::Bool(truth)) => Self::Float32(f32::from(u8::from(*truth))),
            (ValueKind::Float64, Literal::Int(number)) => Self::Float64(*number as f64),
            // A whole number is compared exactly with one that need not be.
            (ValueKind::Int | ValueKind::Float64, Literal::Float(number)) => Self::Float64(*number),
            (ValueKind::Float64, Literal::Bool(truth)) => Self::Float64(f64::from(u8::from(*truth))),
        })
    }
}

impl<'a> Value<'a> {
    /// What a label stands for, in a column whose labels are of this kind in the file.
    fn of_label(label: &'a str, kind: ValueKind) -> Option<Self> {
        match kind {
            ValueKind::Text => Some(Self::Text(label)),
            ValueKind::Bool => Some(Self::Bool(label == "True")),
            ValueKind::Int => label.parse().ok().map(Self::Int),
            ValueKind::Float32 => label.parse().ok().map(Self::Float32),
            ValueKind::Float64 => label.parse().ok().map(Self::Float64),
        }
    }
}

impl Matcher {
    fn passes(&self, value: Value<'_>) -> bool {
        match self {
            Self::IsTrue => matches!(value, Value::Bool(true)),
            Self::Equal(operand) => order(value, operand) == Some(Ordering::Equal),
            Self::Less(operand) => order(value, operand) == Some(Ordering::Less),
            Self::LessOrEqual(operand) => matches!(order(value, operand), Some(Ordering::Less | Ordering::Equal)),
            Self::In(operands) => operands.iter().any(|operand| order(value, operand) == Some(Ordering::Equal)),
            Self::InTexts(texts) => matches!(value, Value::Text(text) if texts.contains(text)),
            Self::Like(pattern) => matches!(value, Value::Text(text) if is_like(text, pattern)),
            Self::Contains(label) => {
                matches!(value, Value::Text(text) if text.split(SEPARATOR).any(|part| part == label))
            }
            Self::Terms(ids) => {
                matches!(value, Value::Text(text) if text.split(SEPARATOR).any(|part| ids.contains(part)))
            }
        }
    }
}

/// How a value compares; `None` where it does not.
fn order(value: Value<'_>, operand: &Operand) -> Option<Ordering> {
    match (value, operand) {
        (Value::Text(value), Operand::Text(operand)) => Some(value.cmp(operand)),
        (Value::Bool(value), Operand::Bool(operand)) => Some(value.cmp(operand)),
        (Value::Int(value), Operand::Int(operand)) => Some(value.cmp(operand)),
        (Value::Int(value), Operand::Float64(operand)) => order_exactly(value, *operand),
        (Value::Float32(value), Operand::Float32(operand)) => value.partial_cmp(operand),
        (Value::Float64(value), Operand::Float64(operand)) => value.partial_cmp(operand),
        (_, _) => None,
    }
}

/// A whole number compared with one that need not be, which may be beyond what `f64` holds exactly.
fn order_exactly(whole: i128, number: f64) -> Option<Ordering> {
    if number.is_nan() {
        return None;
    }
    // A cast saturates, and 64 bits are far from the ends.
    let below = number.floor();
    Some(whole.cmp(&(below as i128)).then(if number > below { Ordering::Less } else { Ordering::Equal }))
}

/// Whether a text fits a pattern, in which `%` is any text and `_` any character.
fn is_like(text: &str, pattern: &[char]) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut in_pattern) = (0, 0);
    // Where the last `%` stood, and the text that it may yet take.
    let mut last_any: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(in_pattern) {
            Some('%') => {
                last_any = Some((in_pattern, at));
                in_pattern += 1;
            }
            Some(&wanted) if wanted == '_' || wanted == text[at] => {
                at += 1;
                in_pattern += 1;
            }
            Some(_) | None => match &mut last_any {
                Some((any, taken_to)) => {
                    *taken_to += 1;
                    (at, in_pattern) = (*taken_to, *any + 1);
                }
                None => return false,
            },
        }
    }
    pattern[in_pattern..].iter().all(|&rest| rest == '%')
}

/// The rows whose values are there and pass.
fn passing_rows(column: &FileColumn, mut passes: impl FnMut(Value<'_>) -> bool) -> RoaringBitmap {
    fn rows(values: impl Iterator<Item = bool>) -> RoaringBitmap {
        RoaringBitmap::from_sorted_iter((0..).zip(values).filter(|(_, is_in)| *is_in).map(|(row, _)| row))
            .expect("rows ascend")
    }
    match column {
        FileColumn::Numbers(Numbers::Int(values)) => {
            rows(values.iter().map(|value| value.is_some_and(|value| passes(Value::Int(value.into())))))
        }
        FileColumn::Numbers(Numbers::Uint(values)) => {
            rows(values.iter().map(|value| value.is_some_and(|value| passes(Value::Int(value.into())))))
        }
        FileColumn::Numbers(Numbers::Float32(values)) => {
            rows(values.iter().map(|&value| !value.is_nan() && passes(Value::Float32(value))))
        }
        FileColumn::Numbers(Numbers::Float64(values)) => {
            rows(values.iter().map(|&value| !value.is_nan() && passes(Value::Float64(value))))
        }
        FileColumn::Text(texts) => {
            rows(texts.iter().map(|text| text.as_deref().is_some_and(|text| passes(Value::Text(text)))))
        }
        FileColumn::Labels(labels) => rows((0..labels.codes.len() as u32).map(|cell| {
            let label = labels.categories.get(labels.codes.get(CellIdx(cell)) as usize);
            label.is_some_and(|label| passes(Value::Text(label)))
        })),
    }
}
