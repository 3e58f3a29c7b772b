//! Columns of the user's own as a CSV file: a line a cell, its id first, then its label in each column.

use std::collections::HashMap;

use roaring::RoaringBitmap;

use super::{CellList, OwnColumn, OwnLabel};
use crate::{
    csv::{self, OpenQuote},
    format::plural,
    sorting::set_of,
};

/// The name of the first column.
const CELL_ID: &str = "cell_id";

/// Different values of a column from which on they are no labels.
const MOST_LABELS: usize = 10_000;

/// Names that a message gives.
const MOST_TOLD: usize = 5;

/// Why a file holds no columns.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OwnColumnFileError {
    /// The first line names no column after that of the ids.
    #[error(
        "The file has no column of labels: its first line is to name the column of cell ids, then one or more others, with \
         commas, semicolons or tabs between them."
    )]
    NoColumn,
    /// A column has no name.
    #[error("Column {0} of the file has no name in the first line.")]
    Unnamed(usize),
    /// Two columns have one name.
    #[error("The file has two columns “{0}”.")]
    Twice(String),
    /// A column does not hold labels.
    #[error("Column “{0}” of the file has more than {MOST_LABELS} different values, too many to be labels.")]
    TooMany(String),
    /// No id is one of the dataset's.
    #[error("The file's first column has {0}, and no cell here has such an id.")]
    NoCell(String),
    /// A line has not as many fields as the first.
    #[error(
        "Line {line} of the file has {found} and the first line {expected}: put labels that hold what separates fields in \
         quotation marks, and leave the field of a cell without a label empty."
    )]
    Fields {
        /// The line.
        line: usize,
        /// How many fields it has.
        found: String,
        /// How many the first has.
        expected: usize,
    },
    /// A quotation mark is not closed.
    #[error("The file ends within quotation marks that begin in line {0}.")]
    OpenQuote(usize),
}

/// Columns that were read from a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OwnColumnFile {
    /// The columns.
    pub columns: Vec<OwnColumn>,
    /// Cells that the file gives a label to.
    pub n_cells: usize,
    /// Ids that are no cell's.
    pub unknown: Vec<String>,
    /// Ids that come more than once: the first line counts.
    pub repeated: Vec<String>,
    /// Ids that several cells have: none of these has a label of the file.
    pub ambiguous: Vec<String>,
}

impl OwnColumnFile {
    /// What of the file was left out; `None` where nothing was.
    pub fn left_out(&self) -> Option<String> {
        let some = |ids: &[String], what: &str| {
            let named: Vec<&str> = ids.iter().take(MOST_TOLD).map(String::as_str).collect();
            let more = if ids.len() > MOST_TOLD { ", …" } else { "" };
            (!ids.is_empty())
                .then(|| format!("{} {what} ({}{more}).", plural(ids.len(), "id", "ids"), named.join(", ")))
        };
        let parts = [
            some(&self.unknown, "of the file: no such cell here"),
            some(&self.repeated, "more than once in the file: the first line counts"),
            some(&self.ambiguous, "of several cells here, which get no label"),
        ];
        let told: Vec<String> = parts.into_iter().flatten().collect();
        (!told.is_empty()).then(|| told.join(" "))
    }
}

/// The columns as CSV: a line a cell in the order of `ids`, which is that of the input's rows, under a line that names the
/// columns. A cell without a label has an empty field.
pub fn own_columns_to_csv(columns: &[OwnColumn], ids: &[String]) -> String {
    let mut text = CELL_ID.to_owned();
    for column in columns {
        text.push(',');
        csv::push_field(&mut text, column.name());
    }
    text.push('\n');
    let labels: Vec<Vec<Option<u32>>> = columns.iter().map(|column| labels_by_row(column, ids.len())).collect();
    for (row, id) in ids.iter().enumerate() {
        csv::push_field(&mut text, id);
        for (column, labels) in columns.iter().zip(&labels) {
            text.push(',');
            if let Some(label) = labels[row] {
                csv::push_field(&mut text, &column.labels()[label as usize].name);
            }
        }
        text.push('\n');
    }
    text
}

/// The number of each row's label.
fn labels_by_row(column: &OwnColumn, n_rows: usize) -> Vec<Option<u32>> {
    let mut labels = vec![None; n_rows];
    for (number, label) in (0..).zip(column.labels()) {
        for row in label.cells.rows().range(..n_rows as u32) {
            labels[row as usize] = Some(number);
        }
    }
    labels
}

/// The columns of a CSV file whose first column are ids of cells; `ids` has the dataset's in the order of the input's
/// rows. An empty field is no label.
///
/// # Errors
/// [`OwnColumnFileError`].
pub fn own_columns_from_csv(text: &str, ids: &[String]) -> Result<OwnColumnFile, OwnColumnFileError> {
    let records = csv::numbered_records(text, csv::separator_of(text))
        .map_err(|OpenQuote { line }| OwnColumnFileError::OpenQuote(line))?;
    let mut lines = records.into_iter();
    let (_, head) = lines.next().unwrap_or_default();
    let names = column_names(&head)?;
    let mut drafts: Vec<Draft> = names.iter().map(|_| Draft::default()).collect();
    // The row of an id; `None` where several have it.
    let mut rows: HashMap<&str, Option<u32>> = HashMap::with_capacity(ids.len());
    for (row, id) in (0..).zip(ids) {
        rows.entry(id).and_modify(|row| *row = None).or_insert(Some(row));
    }
    let (mut file, mut n_lines, mut seen) = (OwnColumnFile::default(), 0_usize, RoaringBitmap::new());
    let mut labeled = RoaringBitmap::new();
    for (number, line) in lines {
        if line.len() != head.len() {
            let (found, expected) = (plural(line.len(), "field", "fields"), head.len());
            return Err(OwnColumnFileError::Fields { line: number, found, expected });
        }
        let mut fields = line.iter().map(|field| csv::unguarded(field.trim()));
        let id = fields.next().unwrap_or_default();
        n_lines += 1;
        match rows.get(id.as_ref()) {
            None => file.unknown.push(id.into_owned()),
            Some(None) => file.ambiguous.push(id.into_owned()),
            Some(Some(row)) if !seen.insert(*row) => file.repeated.push(id.into_owned()),
            Some(Some(row)) => {
                for ((draft, label), name) in drafts.iter_mut().zip(fields).zip(&names) {
                    draft.add(&label, *row, name)?;
                    if !label.is_empty() {
                        labeled.insert(*row);
                    }
                }
            }
        }
    }
    if seen.is_empty() && n_lines > 0 {
        return Err(OwnColumnFileError::NoCell(plural(n_lines, "id", "ids")));
    }
    for ids in [&mut file.repeated, &mut file.ambiguous] {
        *ids = set_of(std::mem::take(ids)).into_iter().collect();
    }
    file.n_cells = labeled.len() as usize;
    file.columns = names.into_iter().zip(drafts).map(|(name, draft)| draft.finish(name)).collect();
    Ok(file)
}

/// The names of all columns but the first.
fn column_names(head: &[String]) -> Result<Vec<String>, OwnColumnFileError> {
    let mut names: Vec<String> = Vec::new();
    for (at, field) in head.iter().enumerate().skip(1) {
        let name = csv::unguarded(field.trim()).into_owned();
        if name.is_empty() {
            return Err(OwnColumnFileError::Unnamed(at + 1));
        }
        if names.contains(&name) {
            return Err(OwnColumnFileError::Twice(name));
        }
        names.push(name);
    }
    if names.is_empty() { Err(OwnColumnFileError::NoColumn) } else { Ok(names) }
}

/// A column as far as it has been read: its labels in the order in which they come, with their rows.
#[derive(Default)]
struct Draft {
    numbers: HashMap<String, usize>,
    labels: Vec<(String, RoaringBitmap)>,
}

impl Draft {
    fn add(&mut self, label: &str, row: u32, column: &str) -> Result<(), OwnColumnFileError> {
        if label.is_empty() {
            return Ok(());
        }
        let number = match self.numbers.get(label) {
            Some(number) => *number,
            None if self.labels.len() == MOST_LABELS => return Err(OwnColumnFileError::TooMany(column.to_owned())),
            None => {
                self.numbers.insert(label.to_owned(), self.labels.len());
                self.labels.push((label.to_owned(), RoaringBitmap::new()));
                self.labels.len() - 1
            }
        };
        self.labels[number].1.insert(row);
        Ok(())
    }

    fn finish(self, name: String) -> OwnColumn {
        let label = |(name, rows)| OwnLabel { name, cells: CellList::new(rows), color: None };
        OwnColumn::new(name, self.labels.into_iter().map(label))
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn ids(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|&id| id.to_owned()).collect()
    }

    fn rows(file: &OwnColumnFile, label: &str) -> Vec<u32> {
        file.columns[0].cells(label).map(|cells| cells.rows().iter().collect()).unwrap_or_default()
    }

    #[test]
    fn cells_are_found_by_id_and_what_is_left_out_is_told() {
        let text = "\u{feff}barcode,type\r\nb,T cell\r\na,\r\nnobody,B\r\nb,B\r\ntwin,B\r\nc,\"T, or B\"\r\n";
        let file = own_columns_from_csv(text, &ids(&["a", "b", "c", "twin", "twin"])).unwrap();
        assert_eq!((rows(&file, "T cell"), rows(&file, "T, or B"), rows(&file, "B")), (vec![1], vec![2], vec![]));
        assert_eq!((file.n_cells, file.columns[0].name()), (2, "type"));
        let told = file.left_out().expect("something was left out");
        assert_eq!(
            told,
            "1 id of the file: no such cell here (nobody). 1 id more than once in the file: the first line counts (b). \
             1 id of several cells here, which get no label (twin).",
        );
    }

    #[test]
    fn files_that_hold_no_labels_are_refused() {
        let read = |text: &str| own_columns_from_csv(text, &ids(&["a", "b"])).unwrap_err();
        assert_eq!(read(""), OwnColumnFileError::NoColumn);
        assert_eq!(read("cell_id\na\n"), OwnColumnFileError::NoColumn);
        assert_eq!(read("cell_id,x,\na,1,2\n"), OwnColumnFileError::Unnamed(3));
        assert_eq!(read("cell_id,x,x\n"), OwnColumnFileError::Twice("x".to_owned()));
        assert_eq!(read("cell_id,x\n1,T\n2,B\n"), OwnColumnFileError::NoCell("2 ids".to_owned()));
        assert_eq!(read("cell_id,\"x\na,1\n"), OwnColumnFileError::OpenQuote(1));
        let fields = |line, found: &str| OwnColumnFileError::Fields { line, found: found.to_owned(), expected: 2 };
        assert_eq!(read("# of\n\ncell_id,x\nb,\"T\ncell\"\na,T cell, CD4\n"), fields(6, "3 fields"));
        assert_eq!(read("cell_id,x\na\n"), fields(2, "1 field"));
        let many: Vec<String> = (0..=MOST_LABELS).map(|cell| cell.to_string()).collect();
        let text = many.iter().fold("cell_id,x\n".to_owned(), |text, id| text + &format!("{id},{id}\n"));
        assert_eq!(own_columns_from_csv(&text, &many), Err(OwnColumnFileError::TooMany("x".to_owned())));
    }

    proptest! {
        #[test]
        fn columns_read_back_as_they_were(
            labels in vec(vec("[-a;,\"\t\n'=+@1é]{1,6}", 0..9), 1..3),
            given in vec(vec(0..9_usize, 9), 3),
        ) {
            let ids: Vec<String> = (0..9).map(|cell| format!("=cell, {cell}")).collect();
            let column = |(at, labels): (usize, &Vec<String>)| {
                let label = |(number, name): (usize, &String)| OwnLabel {
                    name: name.trim().to_owned(),
                    cells: CellList::new((0..9_u32).filter(|&row| given[at][row as usize] == number).collect()),
                    color: None,
                };
                let labels: Vec<OwnLabel> = labels.iter().enumerate().map(label).collect();
                // A label that no cell has is in no line.
                let column = OwnColumn::new(format!("column {at}"), labels);
                let has_cells = |label: &&OwnLabel| !label.cells.rows().is_empty();
                OwnColumn::new(column.name(), column.labels().iter().filter(has_cells).cloned().collect::<Vec<_>>())
            };
            let columns: Vec<OwnColumn> = labels.iter().enumerate().map(column).collect();
            let file = own_columns_from_csv(&own_columns_to_csv(&columns, &ids), &ids).unwrap();
            let labels = || columns.iter().flat_map(OwnColumn::labels);
            let has_label = |row: &u32| labels().any(|label| label.cells.rows().contains(*row));
            prop_assert_eq!(file.n_cells, (0..9).filter(has_label).count());
            prop_assert_eq!(file.left_out(), None);
            for (read, written) in file.columns.iter().zip(&columns) {
                prop_assert_eq!(read.name(), written.name());
                for label in written.labels() {
                    prop_assert_eq!(read.cells(&label.name), Some(&label.cells));
                }
                prop_assert_eq!(read.labels().len(), written.labels().len());
            }
        }
    }
}
