//! The columns of `obs` as CSV, piece after piece.

use std::sync::Arc;

use explorer_core::{
    csv::{is_guarded, push_field, push_plain_field},
    data::{FileColumn, Number},
};
use shared_fbs::manifest::{CELLS_PER_COLUMN_TILE, Column};

use crate::dataset::{Dataset, DatasetError, wait};

/// A piece is ended by the first row that makes it so long.
const PIECE_BYTES: usize = 64 << 10;

/// The heading of the column of cells' ids, as pandas reads an index.
const INDEX: &str = "index";

/// How text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObsText {
    /// With an apostrophe before what a spreadsheet would run.
    Guarded,
    /// As it is, for programs.
    Plain,
}

/// The columns of `obs` as the file has them, a row for each cell, in storage order; ids first. Missing values are empty.
/// No more cells than those of a tile of a column are in memory at one time.
pub struct ObsCsv {
    dataset: Arc<Dataset>,
    writer: FieldWriter,
    names: Vec<String>,
    next_part: u32,
    rows: Option<Rows>,
    is_begun: bool,
}

/// Writes text, and knows whether any of it has apostrophes, or would have.
#[derive(Clone, Copy)]
struct FieldWriter {
    text: ObsText,
    has_guards: bool,
}

/// The rows of a part that are still to be written.
struct Rows {
    ids: Vec<Option<String>>,
    columns: Vec<FileColumn>,
    next: usize,
    n: usize,
}

impl ObsCsv {
    /// From the heading on.
    pub fn new(dataset: Arc<Dataset>, text: ObsText) -> Self {
        let names = dataset.manifest().columns.iter().map(|column: &Column| column.name.clone()).collect();
        let writer = FieldWriter { text, has_guards: false };
        Self { dataset, writer, names, next_part: 0, rows: None, is_begun: false }
    }

    /// Whether any text so far is another with guards than without.
    pub fn has_guards(&self) -> bool {
        self.writer.has_guards
    }

    fn heading(&mut self) -> String {
        let mut heading = INDEX.to_owned();
        for name in &self.names {
            heading.push(',');
            self.writer.push(&mut heading, name);
        }
        heading + "\n"
    }

    /// Reads the part that follows; `None` after the last.
    fn read_part(&mut self) -> Result<Option<Rows>, DatasetError> {
        let reader = self.dataset.reader();
        let n = reader.part_cells(self.next_part).len();
        if n == 0 {
            return Ok(None);
        }
        let column = |name: &String| wait(reader.file_column_part(name, self.next_part));
        let columns = self.names.iter().map(column).collect::<Result<Vec<_>, _>>()?;
        let ids = wait(reader.cell_ids_part(self.next_part))?;
        self.next_part += 1;
        Ok(Some(Rows { ids, columns, next: 0, n }))
    }

    fn next_piece(&mut self) -> Result<Option<String>, DatasetError> {
        let mut piece = String::new();
        if !self.is_begun {
            self.is_begun = true;
            piece = self.heading();
        }
        while piece.len() < PIECE_BYTES {
            if self.rows.as_ref().is_none_or(|rows| rows.next == rows.n) {
                self.rows = self.read_part()?;
            }
            let Some(rows) = &mut self.rows else { break };
            let first = self.next_part.saturating_sub(1) as usize * CELLS_PER_COLUMN_TILE as usize;
            rows.write(first, &mut piece, &mut self.writer);
        }
        Ok((!piece.is_empty()).then_some(piece))
    }
}

impl FieldWriter {
    fn push(&mut self, out: &mut String, text: &str) {
        self.has_guards |= is_guarded(text);
        match self.text {
            ObsText::Guarded => push_field(out, text),
            ObsText::Plain => push_plain_field(out, text),
        }
    }
}

impl Rows {
    /// Writes rows until the piece is long enough; cells without ids go by their numbers, of which `first` is the first.
    fn write(&mut self, first: usize, piece: &mut String, writer: &mut FieldWriter) {
        while self.next < self.n && piece.len() < PIECE_BYTES {
            match self.ids.get(self.next) {
                Some(id) => writer.push(piece, id.as_deref().unwrap_or_default()),
                None => *piece += &(first + self.next).to_string(),
            }
            for column in &self.columns {
                piece.push(',');
                push_value(piece, column, self.next, writer);
            }
            piece.push('\n');
            self.next += 1;
        }
    }
}

fn push_value(piece: &mut String, column: &FileColumn, at: usize, writer: &mut FieldWriter) {
    match column {
        // A minus sign is no formula.
        FileColumn::Numbers(numbers) => match numbers.get(at) {
            Some(Number::Float32(number)) if number.is_nan() => {}
            Some(Number::Float64(number)) if number.is_nan() => {}
            Some(number) => *piece += &number.to_string(),
            None => {}
        },
        FileColumn::Labels(_) | FileColumn::Text(_) => writer.push(piece, &column.text(at).unwrap_or_default()),
    }
}

impl Iterator for ObsCsv {
    type Item = Result<String, DatasetError>;

    /// A piece of text that ends with a line.
    fn next(&mut self) -> Option<Self::Item> {
        self.next_piece().transpose()
    }
}
