//! Columns of the user's own: labels that are given to cells, next to those that the file has.

use std::sync::Arc;

use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

use super::{CellList, json::JsonError};
use crate::color::{self, Rgb, css_color};

/// A column of labels of the user's own. A cell has at most one of its labels. Cheap to clone.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "OwnColumnJson", into = "OwnColumnJson")]
pub struct OwnColumn {
    name: String,
    labels: Arc<Vec<OwnLabel>>,
}

/// A label of a column of the user's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnLabel {
    /// Unique in its column, and not empty.
    pub name: String,
    /// The cells that have it.
    pub cells: CellList,
    /// Its color, where it was given one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<LabelColor>,
}

/// A color of a label, as text `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LabelColor(pub Rgb);

impl LabelColor {
    /// The color that a text names; `None` where it names none.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        color::parse(text).map(|color| Self(color::opaque(color)))
    }
}

impl TryFrom<String> for LabelColor {
    type Error = JsonError;

    fn try_from(text: String) -> Result<Self, JsonError> {
        Self::from_text(&text).ok_or(JsonError::Color)
    }
}

impl From<LabelColor> for String {
    fn from(LabelColor(color): LabelColor) -> Self {
        css_color(color)
    }
}

/// The form of an own column.
#[derive(Serialize, Deserialize)]
struct OwnColumnJson {
    name: String,
    #[serde(default)]
    labels: Vec<OwnLabel>,
}

/// Columns that were cloned are known to be equal without a look at their labels.
impl PartialEq for OwnColumn {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && (Arc::ptr_eq(&self.labels, &other.labels) || self.labels == other.labels)
    }
}

impl From<OwnColumnJson> for OwnColumn {
    fn from(OwnColumnJson { name, labels }: OwnColumnJson) -> Self {
        Self::new(name, labels)
    }
}

impl From<OwnColumn> for OwnColumnJson {
    fn from(OwnColumn { name, labels }: OwnColumn) -> Self {
        Self { name, labels: labels.to_vec() }
    }
}

impl OwnColumn {
    /// A column of these labels. Labels of one name become one, those without a name are left out, and a cell that is in
    /// several has the first.
    pub fn new(name: impl Into<String>, labels: impl IntoIterator<Item = OwnLabel>) -> Self {
        let mut column = Self { name: name.into(), labels: Arc::default() };
        let mut labeled = RoaringBitmap::new();
        for OwnLabel { name, cells, color } in labels {
            let free = if labeled.is_disjoint(cells.rows()) { cells } else { CellList::new(cells.rows() - &labeled) };
            labeled |= free.rows();
            column.add(&name, &free);
            column.paint(&name, color);
        }
        column
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its labels, in the order that they were made in.
    pub fn labels(&self) -> &[OwnLabel] {
        &self.labels
    }

    /// The same column under another name.
    #[must_use]
    pub fn named(&self, name: impl Into<String>) -> Self {
        Self { name: name.into(), labels: Arc::clone(&self.labels) }
    }

    /// The cells of a label.
    pub fn cells(&self, label: &str) -> Option<&CellList> {
        self.labels.iter().find(|known| known.name == label).map(|label| &label.cells)
    }

    /// The column with the labels of another of its cells: those that this has none for keep theirs.
    #[must_use]
    pub fn merged(&self, other: &Self) -> Self {
        let mut merged = self.clone();
        for OwnLabel { name, cells, color } in other.labels() {
            merged.give(name, cells);
            merged.paint(name, *color);
        }
        merged
    }

    /// Gives cells a label, which is new unless there is one of the name, and no other one of the column's.
    pub(super) fn give(&mut self, label: &str, cells: &CellList) {
        if !label.is_empty() {
            self.take(cells, Some(label));
            self.add(label, cells);
        }
    }

    /// Takes the labels of cells away, but for one.
    pub(super) fn take(&mut self, cells: &CellList, kept: Option<&str>) {
        let has_some = |label: &OwnLabel| {
            kept.is_none_or(|kept| label.name != kept) && !label.cells.rows().is_disjoint(cells.rows())
        };
        if self.labels.iter().any(has_some) {
            for label in Arc::make_mut(&mut self.labels).iter_mut().filter(|label| has_some(label)) {
                label.cells = CellList::new(label.cells.rows() - cells.rows());
            }
        }
    }

    /// Adds cells to a label, which is new unless there is one of the name.
    pub(super) fn add(&mut self, label: &str, cells: &CellList) {
        let known = self.labels.iter().position(|known| known.name == label);
        if let Some(known) = known {
            if !cells.rows().is_subset(self.labels[known].cells.rows()) {
                let all = self.labels[known].cells.rows() | cells.rows();
                Arc::make_mut(&mut self.labels)[known].cells = CellList::new(all);
            }
        } else if !label.is_empty() {
            let added = OwnLabel { name: label.to_owned(), cells: cells.clone(), color: None };
            Arc::make_mut(&mut self.labels).push(added);
        }
    }

    /// Gives a label a color, unless it has one.
    fn paint(&mut self, label: &str, color: Option<LabelColor>) {
        let at = self.labels.iter().position(|known| known.name == label && known.color.is_none());
        if let (Some(at), Some(_)) = (at, color) {
            Arc::make_mut(&mut self.labels)[at].color = color;
        }
    }

    /// How many of some cells have another label than one, by that other.
    pub fn others(&self, label: &str, cells: &CellList) -> Vec<(&str, u64)> {
        let others = self.labels.iter().filter(|known| known.name != label);
        let moved = others.map(|known| (known.name.as_str(), known.cells.rows().intersection_len(cells.rows())));
        moved.filter(|&(_, n_cells)| n_cells > 0).collect()
    }

    /// Takes a label out, and returns its cells.
    pub(super) fn remove(&mut self, label: &str) -> Option<CellList> {
        let at = self.labels.iter().position(|known| known.name == label)?;
        Some(Arc::make_mut(&mut self.labels).remove(at).cells)
    }

    /// Renames a label; whether there is one, and none of the new name.
    pub(super) fn rename_label(&mut self, from: &str, to: &str) -> bool {
        let at = self.labels.iter().position(|label| label.name == from);
        let Some(at) = at.filter(|_| !to.is_empty() && self.cells(to).is_none()) else { return false };
        to.clone_into(&mut Arc::make_mut(&mut self.labels)[at].name);
        true
    }
}
