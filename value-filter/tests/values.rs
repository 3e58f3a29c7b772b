//! Which rows pass, over columns of every kind.

#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

use std::{
    convert::Infallible,
    pin::pin,
    sync::LazyLock,
    task::{Context, Poll, Waker},
};

use explorer_core::data::{Categorical, CellIdx, Codes, FileColumn, Numbers};
use roaring::RoaringBitmap;
use value_filter::{ColumnFacts, Filter, SelectError, Selected, Table, TermTree, Terms, ValueKind};

/// A table in memory.
struct Made(Vec<(&'static str, ColumnFacts, FileColumn)>);

impl Made {
    fn column(&self, name: &str) -> &(&'static str, ColumnFacts, FileColumn) {
        self.0.iter().find(|column| column.0 == name).unwrap()
    }
}

impl Table for Made {
    type Error = Infallible;

    fn n_rows(&self) -> usize {
        5
    }

    fn names(&self) -> Vec<&str> {
        self.0.iter().map(|column| column.0).collect()
    }

    fn facts(&self, column: &str) -> Option<ColumnFacts> {
        self.0.iter().find(|known| known.0 == column).map(|known| known.1)
    }

    async fn labels(&self, column: &str) -> Result<Vec<String>, Infallible> {
        let FileColumn::Labels(labels) = &self.column(column).2 else { panic!("{column} has no labels") };
        Ok(labels.categories.to_vec())
    }

    async fn with_labels(&self, column: &str, codes: &[u32]) -> Result<RoaringBitmap, Infallible> {
        let FileColumn::Labels(labels) = &self.column(column).2 else { panic!("{column} has no labels") };
        Ok((0..5).filter(|&row| codes.contains(&labels.codes.get(CellIdx(row)))).collect())
    }

    async fn values(&self, column: &str) -> Result<FileColumn, Infallible> {
        Ok(self.column(column).2.clone())
    }
}

fn labels(codes: [u8; 5], categories: &[&str], kind: ValueKind, ordered: bool) -> (ColumnFacts, FileColumn) {
    let categories = categories.iter().map(|&label| label.to_owned()).collect();
    let column = Categorical { codes: Codes::U8(codes.to_vec()), categories, ordered };
    (ColumnFacts { kind, has_labels: true, ordered }, FileColumn::Labels(column))
}

fn plain(kind: ValueKind, column: FileColumn) -> (ColumnFacts, FileColumn) {
    (ColumnFacts { kind, has_labels: false, ordered: false }, column)
}

fn table() -> Made {
    let texts = ["d1", "d2", "d%", "D1", ""].map(|text| Some(text.to_owned()).filter(|text| !text.is_empty()));
    let wide = (1_i64 << 60) + 1;
    let columns = [
        ("cell_type", labels([0, 1, 3, 2, 0], &["B cell", "T cell", "B cell || T cell"], ValueKind::Text, false)),
        ("cell_type_ontology_term_id", labels([0, 1, 2, 3, 0], &["CL:1", "CL:2", "CL:3"], ValueKind::Text, false)),
        ("grade", labels([0, 1, 2, 3, 1], &["low", "mid", "high"], ValueKind::Text, true)),
        ("cluster", labels([0, 1, 2, 1, 0], &["10", "9", "0"], ValueKind::Int, false)),
        ("flag", labels([0, 1, 2, 1, 0], &["False", "True"], ValueKind::Bool, false)),
        (
            "n",
            plain(
                ValueKind::Int,
                FileColumn::Numbers(Numbers::Int(vec![Some(-1), Some(2), None, Some(3), Some(wide)])),
            ),
        ),
        ("share", plain(ValueKind::Float32, FileColumn::Numbers(Numbers::Float32(vec![0.1, 0.5, f32::NAN, 1.0, 0.3])))),
        ("donor", plain(ValueKind::Text, FileColumn::Text(texts.to_vec()))),
    ];
    Made(columns.map(|(name, (facts, column))| (name, facts, column)).into())
}

/// CL:3 stands below CL:1 by way of CL:4, and CL:2 beside them.
fn terms() -> TermTree {
    let term = |id: &str, parents: &[&str]| (id.to_owned(), parents.iter().map(|&parent| parent.to_owned()).collect());
    TermTree::new([term("CL:3", &["CL:4"]), term("CL:4", &["CL:1"]), term("CL:1", &[]), term("CL:2", &[])])
}

fn select(text: &str) -> Result<Selected, SelectError<Infallible>> {
    select_by(text, &terms())
}

fn select_by(text: &str, terms: &impl Terms) -> Result<Selected, SelectError<Infallible>> {
    let (filter, table) = (Filter::parse(text).unwrap(), table());
    // Nothing in memory is waited for.
    match pin!(filter.select(&table, terms)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(selected) => selected,
        Poll::Pending => panic!("a table in memory is at hand"),
    }
}

fn rows(text: &str) -> Vec<u32> {
    select(text).unwrap().rows.into_iter().collect()
}

fn refusal(text: &str) -> String {
    select(text).unwrap_err().to_string()
}

#[test]
fn missing_values_pass_only_where_they_are_asked_for() {
    assert_eq!(rows("n == None"), [2]);
    assert_eq!(rows("n != None"), [0, 1, 3, 4]);
    assert_eq!(rows("n > 0"), [1, 3, 4]);
    assert_eq!(rows("not n > 0"), [0]);
    assert_eq!(rows("share != 0.5"), [0, 3, 4]);
    assert_eq!(rows("grade == None or flag == None"), [2, 3]);
    assert_eq!(rows("cell_type not in ['B cell']"), [1, 3]);
    assert_eq!(rows("not (cell_type == 'B cell' and n > 0)"), [0, 1, 3]);
    assert_eq!(rows("donor == None"), [4]);
}

#[test]
fn numbers_compare_in_the_type_of_the_column() {
    assert_eq!(rows("share == 0.1"), [0], "as f32");
    assert_eq!(rows("share in [0.3, 1]"), [3, 4]);
    assert_eq!(rows("n > 2.5"), [3, 4]);
    assert_eq!(rows("n == 2.5"), [0_u32; 0]);
    assert_eq!(rows("n <= 2.0"), [0, 1]);
    assert_eq!(rows("n > 1152921504606846976"), [4], "which f64 does not tell from the next");
    assert_eq!(rows("n == 1152921504606846977"), [4]);
    assert_eq!(rows("n < 1e30 and n > -1e30"), [0, 1, 3, 4]);
}

#[test]
fn labels_compare_by_their_order_as_numbers_or_as_text() {
    assert_eq!(rows("grade < 'high'"), [0, 1, 4]);
    assert_eq!(rows("'mid' <= grade"), [1, 2, 4]);
    assert_eq!(rows("cluster < 10"), [1, 2, 3]);
    assert_eq!(rows("cluster in [9, 77]"), [1, 3]);
    assert_eq!(rows("cell_type < 'C'"), [0, 3, 4]);
    assert_eq!(rows("flag"), [1, 3]);
    assert_eq!(rows("not flag"), [0, 4]);
    assert_eq!(rows("flag == 0"), [0, 4]);
    assert_eq!(rows("donor > 'd1'"), [1]);
}

#[test]
fn patterns_joined_labels_and_terms_are_found() {
    assert_eq!(rows("cell_type like '%T cell'"), [1, 3]);
    assert_eq!(rows("cell_type not like '%T cell'"), [0, 4]);
    assert_eq!(rows("like(donor, 'd_')"), [0, 1, 2]);
    assert_eq!(rows("donor like 'd%'"), [0, 1, 2]);
    assert_eq!(rows("donor like '%1%'"), [0, 3]);
    assert_eq!(rows("contains(cell_type, 'T cell')"), [1, 3]);
    assert_eq!(rows("not contains(cell_type, 'T cell')"), [0, 4]);
    assert_eq!(rows("descendants(cell_type, 'CL:1')"), [0, 2, 4]);
    assert_eq!(rows("descendants(cell_type_ontology_term_id, 'CL:1')"), [0, 2, 4]);
}

#[test]
fn labels_tell_the_rows_where_nothing_else_is_asked() {
    let labels = |text: &str| {
        let labels = select(text).unwrap().labels?;
        Some(labels.into_iter().map(|of| (of.column, of.codes.into_iter().collect::<Vec<_>>())).collect::<Vec<_>>())
    };
    let grade = |codes: &[u32]| ("grade".to_owned(), codes.to_vec());
    assert_eq!(labels("grade in ['low', 'mid'] and grade != 'low'"), Some(vec![grade(&[1])]));
    assert_eq!(labels("grade == 'low' and flag"), Some(vec![grade(&[0]), ("flag".to_owned(), vec![1])]));
    for text in ["grade == 'low' or flag", "grade == 'low' and n > 0", "grade == None", "not (grade == 'low' and flag)"]
    {
        assert_eq!(labels(text), None, "{text}");
    }
}

#[test]
fn a_label_that_no_row_has_is_noted() {
    let selected = select("cell_type in ['B cel', 'T cell']").unwrap();
    assert_eq!(selected.notes, ["`cell_type` has no label 'B cel'; did you mean 'B cell'?"]);
    assert_eq!(select("cell_type != 'xyz'").unwrap().notes, ["`cell_type` has no label 'xyz'"]);
    assert!(select("cell_type == 'T cell' and n == 99").unwrap().notes.is_empty());
}

#[test]
fn what_does_not_suit_a_column_is_told_with_what_to_write() {
    for (text, advice) in [
        ("cel_type == 'x'", "did you mean `cell_type`?"),
        ("zzz == 1", "the columns are `cell_type`, "),
        ("cell_type == 1", "quotation marks"),
        ("n == '1'", "without quotation marks"),
        ("flag == 2", "True or False"),
        ("n", "compare it with a value"),
        ("n like '1%'", "`like` asks of text"),
        ("contains(flag, 'x')", "`contains` asks of text"),
        ("grade < 'hgh'", "did you mean `high`?"),
        ("descendants(grade, 'CL:1')", "`grade_ontology_term_id`"),
        ("descendants(cell_type, 'CL:9')", "no terms below `CL:9`"),
    ] {
        let told = refusal(text);
        assert!(told.contains(advice), "{text}: {told}");
    }
}

#[test]
fn terms_are_read_when_a_filter_asks_for_them() {
    let unread = LazyLock::new(|| -> TermTree { panic!("no filter asks for terms") });
    assert_eq!(select_by("n > 0", &unread).unwrap().rows.len(), 3);
    let read = LazyLock::new(terms);
    assert_eq!(select_by("descendants(cell_type, 'CL:1')", &read).unwrap().rows.len(), 3);
}

#[test]
fn the_terms_below_a_term_are_found_through_others() {
    let below = |id: &str| {
        let mut below: Vec<String> = terms().with_descendants(id)?.into_iter().collect();
        below.sort();
        Some(below)
    };
    assert_eq!(below("CL:1").unwrap(), ["CL:1", "CL:3", "CL:4"]);
    assert_eq!(below("CL:2").unwrap(), ["CL:2"]);
    assert_eq!(below("CL:9"), None);
    let circle = TermTree::new([("a".to_owned(), vec!["b".to_owned()]), ("b".to_owned(), vec!["a".to_owned()])]);
    assert_eq!(circle.with_descendants("a").map(|terms| terms.len()), Some(2), "a circle ends");
}
