//! What actions do with columns of the user's own.

use super::{Analysis, CellList, ColorBy, Label, OwnColumn, OwnLabel, ViewSpec, own_references::Renamed};

/// Adds columns, each in place of the own one of the same name.
pub(super) fn put(analysis: &mut Analysis, columns: Vec<OwnColumn>) {
    for column in columns.into_iter().filter(|column| !column.name().is_empty()) {
        match analysis.own_column_mut(column.name()) {
            Some(old) => *old = column,
            None => analysis.own_columns.push(column),
        }
    }
}

/// Gives cells a label of a column. A column that is new colors the cells.
pub(super) fn label_cells(view: &mut ViewSpec, column: String, label: &str, cells: &CellList) {
    if column.is_empty() || label.is_empty() {
        return;
    }
    if let Some(known) = view.analysis.own_column_mut(&column) {
        known.give(label, cells);
        return;
    }
    let labels = [OwnLabel { name: label.to_owned(), cells: cells.clone(), color: None }];
    view.analysis.own_columns.push(OwnColumn::new(column.clone(), labels));
    view.layout.expanded.insert(column.clone());
    if view.analysis.color != ColorBy::Obs(column.clone()) {
        view.analysis.uncolor();
        view.analysis.color = ColorBy::Obs(column);
    }
}

pub(super) fn unlabel_cells(analysis: &mut Analysis, column: &str, cells: &CellList) {
    if let Some(column) = analysis.own_column_mut(column) {
        column.take(cells, None);
    }
}

/// Renames a label, unless the new name is taken. Filters follow.
pub(super) fn rename_label(view: &mut ViewSpec, column: &str, from: &str, to: &str) {
    if view.analysis.own_column_mut(column).is_some_and(|own| own.rename_label(from, to)) {
        view.rename(&Renamed::Label { column, from, to });
    }
}

/// Gives the cells of a label another label of the column. Filters follow.
pub(super) fn merge_labels(view: &mut ViewSpec, column: &str, from: &str, into: &str) {
    let Some(own) = view.analysis.own_column_mut(column) else { return };
    if from == into || own.cells(into).is_none() {
        return;
    }
    if let Some(cells) = own.remove(from) {
        own.add(into, &cells);
        view.rename(&Renamed::Merged { column, from, into });
    }
}

/// Deletes a label: its cells have none then. The filter on the column lets it go.
pub(super) fn remove_label(analysis: &mut Analysis, column: &str, label: &str) {
    if analysis.own_column_mut(column).and_then(|own| own.remove(label)).is_some() {
        analysis.query.forget_label(column, &Label::named(label));
    }
}

/// Renames a column, unless the new name is taken. What is colored or filtered by it follows.
pub(super) fn rename(view: &mut ViewSpec, from: &str, to: &str) {
    if to.is_empty() || view.analysis.own_column(to).is_some() {
        return;
    }
    if let Some(column) = view.analysis.own_column_mut(from) {
        *column = column.named(to);
        view.rename(&Renamed::Column { from, to });
    }
}

/// Deletes a column, with the filters on it, and the cell sets and comparisons that these define.
pub(super) fn remove(view: &mut ViewSpec, name: &str) {
    if view.analysis.own_column(name).is_some() {
        view.analysis.own_columns.retain(|column| column.name() != name);
        view.forget_column(name);
    }
}
