//! The columns of `obs`: the dataset's, and the user's own next to them.

use std::sync::Arc;

use shared_fbs::{
    manifest::{Column as ColumnEntry, ColumnKind},
    tile::Categories,
};
use thiserror::Error;

use crate::data::{Categorical, CellIdx, Column};

/// A column of that name exists.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("there is a column “{0}” already")]
pub struct ColumnExists(pub String);

/// A column of labels that no file has, with their counts.
#[derive(Clone, Debug)]
pub struct LabelColumn {
    name: String,
    column: Arc<Column>,
    categories: Arc<Categories>,
}

impl LabelColumn {
    /// A column of these labels, counted.
    pub fn new(name: impl Into<String>, column: Categorical) -> Self {
        let mut counts = vec![0; column.categories.len() + 1];
        for cell in 0..column.codes.len() {
            // A code beyond all labels is a missing one.
            let code = column.codes.get(CellIdx(cell as u32)).min(column.missing_code());
            counts[code as usize] += 1;
        }
        let categories = Categories { labels: column.categories.to_vec(), counts, colors: None };
        Self { name: name.into(), column: Arc::new(Column::Categorical(column)), categories: Arc::new(categories) }
    }

    /// The same with these colors of its labels, 0xRRGGBBAA; `None` for generated ones.
    #[must_use]
    pub fn colored(mut self, colors: Option<Vec<u32>>) -> Self {
        Arc::make_mut(&mut self.categories).colors = colors;
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A label per cell.
    pub fn column(&self) -> &Arc<Column> {
        &self.column
    }

    /// Its labels with their counts.
    pub fn categories(&self) -> &Arc<Categories> {
        &self.categories
    }

    fn entry(&self) -> ColumnEntry {
        entry(&self.name, &self.categories)
    }
}

fn entry(name: &str, categories: &Categories) -> ColumnEntry {
    ColumnEntry {
        name: name.to_owned(),
        kind: ColumnKind::Categorical,
        n_categories: categories.labels.len() as u32,
        n_missing: categories.counts.last().copied().unwrap_or_default(),
        ..ColumnEntry::default()
    }
}

/// Whether all cells have the same value in a column, so that it tells nothing of any.
pub fn is_constant(column: &ColumnEntry) -> bool {
    let is_one = match column.kind {
        ColumnKind::Categorical => column.n_categories <= 1,
        // Text has no bounds.
        _ => column.min == column.max,
    };
    is_one && column.n_missing == 0
}

/// All columns, known by their names, whoever made them.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// The dataset's, then the user's own.
    entries: Vec<ColumnEntry>,
    n_of_dataset: usize,
}

impl Columns {
    /// Those of a dataset.
    pub fn new(of_dataset: Vec<ColumnEntry>) -> Self {
        Self { n_of_dataset: of_dataset.len(), entries: of_dataset }
    }

    /// Adds one of the user's own, in place of the own one of that name.
    ///
    /// # Errors
    /// When the dataset has a column of that name.
    pub fn add(&mut self, own: &LabelColumn) -> Result<(), ColumnExists> {
        self.put(own.entry())
    }

    /// The same, of which the labels are known, but not which cell has which.
    ///
    /// # Errors
    /// When the dataset has a column of that name.
    pub(super) fn put_labels(&mut self, name: &str, categories: &Categories) -> Result<(), ColumnExists> {
        self.put(entry(name, categories))
    }

    fn put(&mut self, entry: ColumnEntry) -> Result<(), ColumnExists> {
        match self.entries.iter().position(|known| known.name == entry.name) {
            Some(at) if at < self.n_of_dataset => Err(ColumnExists(entry.name)),
            Some(at) => {
                self.entries[at] = entry;
                Ok(())
            }
            None => {
                self.entries.push(entry);
                Ok(())
            }
        }
    }

    /// Removes one of the user's own; whether there was one.
    pub fn remove(&mut self, name: &str) -> bool {
        let is_own = self.is_own(name);
        if is_own {
            self.entries.retain(|entry| entry.name != name);
        }
        is_own
    }

    /// The column of a name.
    pub fn get(&self, name: &str) -> Option<&ColumnEntry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Whether the dataset has a column of that name.
    pub fn is_of_dataset(&self, name: &str) -> bool {
        self.entries.iter().take(self.n_of_dataset).any(|entry| entry.name == name)
    }

    /// Whether that is a column of the user's own, which needs no loading.
    pub fn is_own(&self, name: &str) -> bool {
        self.entries.iter().skip(self.n_of_dataset).any(|entry| entry.name == name)
    }

    /// Whether that is a categorical column.
    pub fn is_categorical(&self, name: &str) -> bool {
        self.get(name).is_some_and(|entry| entry.kind == ColumnKind::Categorical)
    }

    /// All columns, the dataset's first.
    pub fn iter(&self) -> impl Iterator<Item = &ColumnEntry> {
        self.entries.iter()
    }

    /// The names of the columns of a kind that are not hidden.
    pub fn names_shown(&self, kind: ColumnKind) -> impl Iterator<Item = &String> {
        self.entries.iter().filter(move |entry| entry.kind == kind && !entry.hidden).map(|entry| &entry.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Codes;

    fn own(name: &str) -> LabelColumn {
        let categories = ["T", "B"].map(str::to_owned).to_vec().into();
        LabelColumn::new(name, Categorical { codes: Codes::U8(vec![0, 1, 1, 2]), categories, ordered: false })
    }

    fn columns() -> Columns {
        Columns::new(vec![ColumnEntry { name: "louvain".to_owned(), ..ColumnEntry::default() }])
    }

    #[test]
    fn a_column_of_ones_own_is_found_like_any_other() {
        let mut columns = columns();
        columns.add(&own("mine")).expect("the name is free");
        let entry = columns.get("mine").expect("it was added");
        assert_eq!((entry.n_categories, entry.n_missing), (2, 1));
        assert!(columns.is_own("mine") && columns.is_categorical("mine") && !columns.is_own("louvain"));
        columns.add(&own("mine")).expect("an own one takes the place of another");
        assert_eq!(columns.iter().count(), 2);
        assert!(columns.remove("mine"));
        assert!(columns.get("mine").is_none());
    }

    #[test]
    fn names_are_unique_and_the_datasets_columns_stay() {
        let mut columns = columns();
        assert_eq!(columns.add(&own("louvain")), Err(ColumnExists("louvain".to_owned())));
        assert!(!columns.remove("louvain"));
        assert!(columns.get("louvain").is_some());
    }

    #[test]
    fn labels_are_counted_the_missing_one_last() {
        assert_eq!(own("mine").categories().counts, [1, 2, 1]);
    }

    #[test]
    fn a_column_with_one_value_and_none_missing_is_constant() {
        let column = |n_categories, n_missing| ColumnEntry { n_categories, n_missing, ..ColumnEntry::default() };
        assert!(is_constant(&column(1, 0)) && !is_constant(&column(1, 3)) && !is_constant(&column(2, 0)));
        let numbers = |max| ColumnEntry { kind: ColumnKind::Continuous, min: 2.0, max, ..ColumnEntry::default() };
        assert!(is_constant(&numbers(2.0)) && !is_constant(&numbers(3.0)));
    }
}
