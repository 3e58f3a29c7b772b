//! Cells as a table: ids, columns as in the file, expression, whether they are selected.

use std::{collections::BTreeSet, fmt::Write as _};

use crate::{
    csv::push_field,
    data::{CellIdx, CellRow, CellRows, Continuous, FileColumn},
    filter::CellMask,
};

/// The head of the column that says whether a cell is selected.
const SELECTED: &str = "selected";

/// What is saved of cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellsToSave {
    /// Which cells.
    pub extent: SaveExtent,
    /// Columns, by name.
    pub columns: BTreeSet<String>,
    /// Whether the listed genes are.
    pub genes: Wanted,
    /// Whether it is told which cells are selected.
    pub flag: Wanted,
}

/// Which cells are saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SaveExtent {
    /// The selected ones.
    #[default]
    Selected,
    /// Those in view.
    InView,
}

/// Whether a part of the table is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// It is not.
    #[default]
    No,
    /// It is.
    Yes,
}

/// A table of cells, all parts in storage order.
#[derive(Debug, Default)]
pub struct CellTable {
    /// The head of the ids.
    pub index_name: String,
    /// The ids; empty where the dataset has none, and rows of the input stand for them.
    pub ids: Vec<Option<String>>,
    /// Columns with their heads.
    pub columns: Vec<(String, FileColumn)>,
    /// Expression with its heads.
    pub genes: Vec<(String, Continuous)>,
    /// The selected cells, where the table is to say so.
    pub selected: Option<CellMask>,
    /// The cells to write; `None` writes all.
    pub written: Option<CellMask>,
}

impl CellTable {
    /// The table as CSV, in the order of the input. What is missing is an empty field; `selected` is `True` or `False`,
    /// as pandas reads and writes them.
    pub fn to_csv(&self, rows: &CellRows) -> String {
        let mut out = String::new();
        push_field(&mut out, &self.index_name);
        let heads = self.columns.iter().map(|(head, _)| head).chain(self.genes.iter().map(|(head, _)| head));
        for head in heads {
            out.push(',');
            push_field(&mut out, head);
        }
        if self.selected.is_some() {
            let _ = write!(out, ",{SELECTED}");
        }
        out.push('\n');
        for cell in (0..).map_while(|row| rows.cell_of(CellRow(row))) {
            if self.written.as_ref().is_some_and(|written| !written.contains(cell)) {
                continue;
            }
            let at = cell.0 as usize;
            self.push_id(&mut out, at, rows);
            for (_, column) in &self.columns {
                out.push(',');
                match column {
                    // A number is no formula, whatever it begins with.
                    FileColumn::Numbers(_) => out.push_str(&column.text(at).unwrap_or_default()),
                    FileColumn::Labels(_) | FileColumn::Text(_) => {
                        push_field(&mut out, &column.text(at).unwrap_or_default());
                    }
                }
            }
            for (_, values) in &self.genes {
                out.push(',');
                if let Some(value) = values.values.get(at).filter(|value| !value.is_nan()) {
                    let _ = write!(out, "{value}");
                }
            }
            if let Some(selected) = &self.selected {
                out.push_str(if selected.contains(cell) { ",True" } else { ",False" });
            }
            out.push('\n');
        }
        out
    }

    /// The ids alone, one a line.
    pub fn to_id_list(&self, rows: &CellRows) -> String {
        let mut out = String::new();
        for cell in (0..).map_while(|row| rows.cell_of(CellRow(row))) {
            if self.written.as_ref().is_none_or(|written| written.contains(cell)) {
                self.push_id(&mut out, cell.0 as usize, rows);
                out.push('\n');
            }
        }
        out
    }

    fn push_id(&self, out: &mut String, at: usize, rows: &CellRows) {
        match self.ids.get(at).and_then(Option::as_deref) {
            Some(id) => push_field(out, id),
            None => {
                let row = rows.row_of(CellIdx(at as u32));
                let _ = write!(out, "{}", row.map_or(0, |CellRow(row)| row));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Categorical, Codes, Numbers};

    fn table() -> (CellTable, CellRows) {
        let kind = Categorical {
            codes: Codes::U8(vec![0, 1, 2]),
            categories: ["B, naive".to_owned(), "=T".to_owned()].into(),
            ordered: false,
        };
        let table = CellTable {
            index_name: "cell".to_owned(),
            ids: ["AAAC", "CCCG", "TTTA"].map(|id| Some(id.to_owned())).to_vec(),
            columns: vec![
                ("kind".to_owned(), FileColumn::Labels(kind)),
                ("score".to_owned(), FileColumn::Numbers(Numbers::Float64(vec![-0.1, 1e9, f64::NAN]))),
            ],
            genes: vec![("CD3D".to_owned(), Continuous { values: vec![0.0, 1.1, f32::NAN] })],
            selected: Some(CellMask::from_bytes(vec![1, 0, 1])),
            written: None,
        };
        (table, CellRows::new(vec![2, 0, 1]).unwrap())
    }

    #[test]
    fn cells_are_written_in_the_order_of_the_input_with_values_in_full() {
        let (table, rows) = table();
        let expected = "cell,kind,score,CD3D,selected\nCCCG,'=T,1000000000,1.1,False\nTTTA,,,,True\n\
                        AAAC,\"B, naive\",-0.1,0,True\n";
        assert_eq!(table.to_csv(&rows), expected);
    }

    #[test]
    fn some_cells_can_be_written_and_ids_alone() {
        let (mut table, rows) = table();
        table.written = table.selected.take();
        assert_eq!(table.to_id_list(&rows), "TTTA\nAAAC\n");
        table.ids = Vec::new();
        assert_eq!(table.to_id_list(&rows), "1\n2\n");
        assert_eq!(table.to_csv(&rows).lines().count(), 3);
    }
}
