//! Columns of the user's own, built for the dataset from what the state says of them.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use roaring::RoaringBitmap;

use super::{
    LabelColumn, Session, Slot,
    own::{Built, colors_of, counts_of, labels_of},
};
use crate::{
    color::{label_colors, opaque},
    data::CellIdx,
    format::{integer, plural},
    state::{CellList, DataKey, LabelColor, OwnColumn, OwnLabel},
};

/// That cells were given a label of a column, as that was before: how many, and how many of them moved from which
/// other label.
pub fn labeled_text(column: &str, label: &str, cells: &CellList, before: Option<&OwnColumn>) -> String {
    let n_cells = plural(cells.rows().len() as usize, "cell", "cells");
    let moved = before.map(|before| before.others(label, cells)).unwrap_or_default();
    let moved: Vec<String> = moved.iter().map(|(other, n)| format!("{} from “{other}”", integer(*n))).collect();
    let moved = if moved.is_empty() { String::new() } else { format!(", {}", moved.join(", ")) };
    format!("{n_cells} labeled “{label}” in “{column}”{moved}.")
}

/// That columns were taken in: how many, with how many labels, for how many cells.
pub fn taken_in_text(columns: &[OwnColumn]) -> String {
    let n_labels = columns.iter().map(|column| column.labels().len()).sum();
    let rows = columns.iter().flat_map(OwnColumn::labels).map(|label| label.cells.rows());
    let n_cells = rows.fold(RoaringBitmap::new(), |all, rows| all | rows).len() as usize;
    let [n_columns, n_labels, n_cells] =
        [(columns.len(), "column", "columns"), (n_labels, "label", "labels"), (n_cells, "cell", "cells")]
            .map(|(n, one, many)| plural(n, one, many));
    format!("{n_columns} with {n_labels} of {n_cells}.")
}

impl Session {
    /// Brings the user's own columns in line with the state: those that are the same stay as they are. Their labels are
    /// known at once, each cell's once the rows are there.
    pub(super) fn take_own_columns(&mut self, asked: &[OwnColumn]) {
        if self.own.columns.iter().map(|built| &built.of).eq(asked) {
            return;
        }
        let is_asked = |name: &str| asked.iter().any(|column| column.name() == name);
        let mut kept = Vec::with_capacity(asked.len());
        for built in std::mem::take(&mut self.own.columns) {
            if is_asked(built.of.name()) {
                kept.push(built);
            } else {
                self.remove_column(built.of.name());
                self.own.former.insert(built.of.name().to_owned());
            }
        }
        for column in asked {
            self.own.former.remove(column.name());
            let known = kept.iter().position(|built| built.of.name() == column.name());
            let built = match known.map(|at| kept.swap_remove(at)) {
                Some(built) if built.of == *column => built,
                Some(_) | None => self.build(column),
            };
            self.own.columns.push(built);
        }
    }

    /// Builds what had to wait for the rows.
    pub(super) fn build_own_columns(&mut self) {
        for at in 0..self.own.columns.len() {
            if !self.own.columns[at].has_codes {
                let column = self.own.columns[at].of.clone();
                self.own.columns[at] = self.build(&column);
            }
        }
    }

    fn build(&mut self, of: &OwnColumn) -> Built {
        let built = |has_codes| Built { of: of.clone(), has_codes };
        // The view is about to be mended where the dataset has a column of that name.
        if self.columns.is_of_dataset(of.name()) {
            return built(true);
        }
        if let Some(rows) = self.loaded.rows() {
            let column = LabelColumn::new(of.name(), labels_of(of, rows)).colored(colors_of(of));
            // The name is free.
            let _ = self.add_column(&column);
            return built(true);
        }
        let categories = counts_of(of, self.manifest.n_obs);
        let _ = self.columns.put_labels(of.name(), &categories);
        let codes = if self.loaded.has_failed(&DataKey::Rows) { Slot::Failed } else { Slot::Loading };
        self.loaded.arrive(DataKey::Column(of.name().to_owned()), codes);
        self.loaded.arrive(DataKey::Categories(of.name().to_owned()), Slot::Ready(categories.into()));
        self.renew(of.name());
        built(false)
    }

    /// A column has other values from now on: what was made of the former ones is made anew.
    pub(super) fn renew(&mut self, column: &str) {
        if self.engine.renew(column) {
            self.painter.repaint();
        }
        self.painter.renew(column);
        self.set_sizes.clear();
        self.own.renewed.insert(column.to_owned());
        self.own.has_news = true;
        self.own.revision += 1;
    }

    /// The own columns that have changed since this was called last: answers that go by one are no longer true.
    pub fn take_renewed(&mut self) -> BTreeSet<String> {
        std::mem::take(&mut self.own.renewed)
    }

    /// Whether data are of a column of the user's own, or of one that was: no dataset has these.
    pub(super) fn is_own(&self, key: &DataKey) -> bool {
        let (DataKey::Column(name) | DataKey::Categories(name)) = key else { return false };
        self.columns.is_own(name) || self.own.former.contains(name)
    }

    /// Whether data are made here, of what the state says and the rows.
    pub fn is_built(&self, key: &DataKey) -> bool {
        let (DataKey::Column(name) | DataKey::Categories(name)) = key else { return false };
        self.columns.is_own(name)
    }

    /// A column of labels as one of the user's own, under another name; `None` while its labels or the rows are not
    /// there.
    pub fn copied_column(&self, column: &str, name: &str) -> Option<OwnColumn> {
        let (labels, rows) = (self.loaded.labels(column)?, self.loaded.rows()?);
        let mut cells = vec![Vec::new(); labels.categories.len()];
        for cell in (0..labels.codes.len() as u32).map(CellIdx) {
            if let Some(cells) = cells.get_mut(labels.codes.get(cell) as usize) {
                cells.push(cell);
            }
        }
        let order = self.label_order(column)?;
        // Those that the file's have, so that the copy looks like what it is of.
        let from_file = self.categories(column).and_then(|categories| categories.colors.clone());
        let colors = label_colors(labels.categories.len(), from_file.as_deref());
        let label = |&code: &u32| OwnLabel {
            name: labels.categories[code as usize].clone(),
            cells: CellList::new(rows.rows_of(cells[code as usize].iter().copied())),
            color: Some(LabelColor(opaque(colors[code as usize]))),
        };
        Some(OwnColumn::new(name, order.iter().map(label)))
    }

    /// The cells that are selected, by their rows; `None` before these are there.
    pub fn selected_cells(&self) -> Option<CellList> {
        let selected = self.selected();
        let cells = (0..).zip(selected.as_bytes()).filter(|(_, is_in)| **is_in != 0).map(|(cell, _)| CellIdx(cell));
        Some(CellList::new(self.loaded.rows()?.rows_of(cells)))
    }
}
